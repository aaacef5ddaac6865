//! Files of rows that are none of a project's database.

use std::error::Error;
use std::path::Path;

use mxcp_runtime::ports::{BoxFuture, ColumnType, ExportColumn, ExportTable, Exporter, TableFormat};

use crate::ffi::{Config, Connection, Database};

/// Memory for one file; what is more goes to its scratch folder.
const MEMORY: &str = "1GB";

/// Bytes that a row may have at least: buffers are made for the largest.
const ROW: u64 = 1 << 20;

/// Makes files with a database of its own, in memory, for each: nothing of a project's database is in reach, and nobody waits for
/// its connections.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileExporter;

impl Exporter for FileExporter {
    fn export(&self, table: ExportTable) -> BoxFuture<'_, Result<(), Box<dyn Error + Send + Sync>>> {
        Box::pin(async move {
            let made = tokio::task::spawn_blocking(move || make(&table)).await?;
            made.map_err(Into::into)
        })
    }
}

fn make(table: &ExportTable) -> Result<(), String> {
    let mut config = Config::new()?;
    config.set("memory_limit", MEMORY)?;
    config.set("threads", "1")?;
    config.set("temp_directory", &table.scratch.to_string_lossy())?;
    config.set("autoinstall_known_extensions", "false")?;
    config.set("preserve_insertion_order", "true")?;
    let connection = Connection::open(&Database::open(":memory:", &config)?)?;
    connection.run(&statement(table))
}

fn statement(table: &ExportTable) -> String {
    let named = |(index, column): (usize, &ExportColumn)| {
        format!("CAST(c{index} AS {}) AS \"{}\"", type_name(column.kind), column.name.replace('"', "\"\""))
    };
    let list = |parts: Vec<String>| parts.join(", ");
    let values = list(table.columns.iter().enumerate().map(named).collect());
    let texts = list((0..table.columns.len()).map(|index| format!("c{index}: 'VARCHAR'")).collect());
    let format = match table.format {
        TableFormat::Csv => "FORMAT csv, HEADER",
        TableFormat::Parquet => "FORMAT parquet",
    };
    let largest = table.longest_row.saturating_add(1).max(ROW);
    format!(
        "COPY (SELECT {values} FROM read_json({}, format = 'newline_delimited', maximum_object_size = {largest}, \
         columns = {{{texts}}})) TO {} ({format}, USE_TMP_FILE false)",
        text(&table.rows),
        text(&table.to)
    )
}

fn type_name(kind: ColumnType) -> String {
    match kind {
        ColumnType::Boolean => "BOOLEAN".to_owned(),
        ColumnType::Integer => "BIGINT".to_owned(),
        ColumnType::Decimal { width, scale } => format!("DECIMAL({width}, {scale})"),
        ColumnType::Number => "DOUBLE".to_owned(),
        ColumnType::Text => "VARCHAR".to_owned(),
        ColumnType::Json => "JSON".to_owned(),
    }
}

/// A path as SQL writes texts.
fn text(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn table(folder: &Path, format: TableFormat) -> ExportTable {
        let columns = [
            ("n", ColumnType::Integer),
            ("say \"n\"", ColumnType::Decimal { width: 21, scale: 2 }),
            ("t", ColumnType::Text),
            ("j", ColumnType::Json),
            ("d", ColumnType::Number),
            ("b", ColumnType::Boolean),
        ];
        let columns = columns.map(|(name, kind)| ExportColumn { name: name.to_owned(), kind }).to_vec();
        ExportTable {
            rows: folder.join("it's.rows"),
            longest_row: 1000,
            columns,
            to: folder.join("to"),
            format,
            scratch: folder.to_owned(),
        }
    }

    #[tokio::test]
    async fn values_of_every_kind_are_what_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let table = table(folder.path(), TableFormat::Csv);
        let rows = concat!(
            r#"{"c0":"-7","c1":"1234567890123456789.50","c2":"a,\"b\"\n=1","c3":"{\"x\": [1]}","c4":"0.1","c5":"true"}"#,
            "\n",
            r#"{"c0":null,"c1":null,"c2":"","c3":null,"c4":null,"c5":null}"#,
            "\n"
        );
        fs::write(&table.rows, rows).unwrap();
        FileExporter.export(table.clone()).await.unwrap();
        let expected = "n,\"say \"\"n\"\"\",t,j,d,b\n-7,1234567890123456789.50,\"a,\"\"b\"\"\n=1\",\"{\"\"x\"\": [1]}\",0.1,true\n,,\"\",,,\n";
        assert_eq!(fs::read_to_string(&table.to).unwrap(), expected);
    }

    #[tokio::test]
    async fn a_row_may_be_long() {
        let folder = tempfile::tempdir().unwrap();
        let row = format!("{{\"c2\":\"{}\"}}\n", "x".repeat(5 << 20));
        let longest_row = row.len() as u64;
        let table = ExportTable { longest_row, ..table(folder.path(), TableFormat::Csv) };
        fs::write(&table.rows, row).unwrap();
        FileExporter.export(table.clone()).await.unwrap();
        assert!(fs::metadata(&table.to).unwrap().len() > 5 << 20);
    }

    #[tokio::test]
    async fn parquet_is_parquet_and_a_failure_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let table = table(folder.path(), TableFormat::Parquet);
        assert!(FileExporter.export(table.clone()).await.unwrap_err().to_string().contains("it's.rows"));
        fs::write(&table.rows, r#"{"c0":"1"}"#).unwrap();
        FileExporter.export(table.clone()).await.unwrap();
        assert!(fs::read(&table.to).unwrap().starts_with(b"PAR1"));
    }
}
