//! Records for other programs.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use mxcp_audit::{AuditReader, Csv, Filter, Record, ocsf};
use serde::Serialize;

use super::warn;
use crate::compose::{self, RecordFile};
use crate::failure::{Failure, Outcome};
use crate::ui::{Output, ResultDocument, Ui};

/// Where records are exported to.
#[derive(Debug, clap::Args)]
pub(super) struct Export {
    /// Write all records that are asked for to a CSV file
    #[arg(long, value_name = "FILE")]
    export_csv: Option<PathBuf>,
    /// Write them to the table `audit_logs` of a DuckDB database, replacing it
    #[arg(long, value_name = "FILE")]
    export_duckdb: Option<PathBuf>,
    /// Write them to a Parquet file
    #[arg(long, value_name = "FILE")]
    export_parquet: Option<PathBuf>,
    /// Write them as events of OCSF 1.3, one JSON object in each line
    #[arg(long, value_name = "FILE")]
    export_ocsf: Option<PathBuf>,
}

/// What records are exported as.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    Csv,
    DuckDb,
    Parquet,
    Ocsf,
}

#[derive(Debug, Serialize)]
struct Exported<'a> {
    exported: u64,
    format: Format,
    path: &'a Path,
}

impl Export {
    /// Where to, and as what. DuckDB wins, as it does in the reference implementation.
    pub(super) fn target(&self) -> Option<(&Path, Format)> {
        let targets = [
            (&self.export_duckdb, Format::DuckDb),
            (&self.export_parquet, Format::Parquet),
            (&self.export_csv, Format::Csv),
            (&self.export_ocsf, Format::Ocsf),
        ];
        targets.into_iter().find_map(|(path, format)| Some((path.as_deref()?, format)))
    }
}

/// Exports all records that a filter wants, newest first.
pub(super) fn run(
    reader: &AuditReader,
    filter: &Filter,
    path: &Path,
    format: Format,
    ui: &mut Ui,
) -> Result<Outcome, Failure> {
    let exported = match format {
        Format::Csv => {
            let mut csv = Csv::begin(create(path)?)?;
            let exported = each(reader, filter, ui, |record| csv.record(record))?;
            csv.end()?;
            exported
        }
        Format::Ocsf => {
            let mut out = create(path)?;
            let exported = each(reader, filter, ui, |record| write_line(&mut out, &ocsf(record)))?;
            out.flush()?;
            exported
        }
        Format::DuckDb | Format::Parquet => {
            folder_exists(path)?;
            let lines = tempfile::NamedTempFile::new()?;
            let mut out = BufWriter::new(lines.as_file());
            let exported = each(reader, filter, ui, |record| write_line(&mut out, record))?;
            out.flush()?;
            let file =
                if matches!(format, Format::DuckDb) { RecordFile::Database } else { RecordFile::Parquet };
            compose::export_records(lines.path(), path, file)?;
            exported
        }
    };
    match ui.output() {
        Output::Json => ui.document(&ResultDocument::new(Exported { exported, format, path }))?,
        Output::Human => ui.line(format_args!("Exported {exported} records to {}", path.display()))?,
    }
    Ok(Outcome::Fine)
}

fn create(path: &Path) -> Result<BufWriter<File>, Failure> {
    Ok(BufWriter::new(File::create(path).map_err(unwritable(path))?))
}

/// Sees that a file has a folder to be in: a database would have it made.
fn folder_exists(path: &Path) -> Result<(), Failure> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => fs::metadata(folder).map(drop).map_err(unwritable(path)),
        None => Ok(()),
    }
}

fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> Failure {
    move |error| Failure::message(format!("{} can't be written: {error}", path.display()))
}

fn write_line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

/// Does something with each record, and says how many there were.
fn each(
    reader: &AuditReader,
    filter: &Filter,
    ui: &mut Ui,
    mut take: impl FnMut(&Record) -> io::Result<()>,
) -> Result<u64, Failure> {
    let mut count = 0;
    let mut ended = Ok(());
    let malformed = reader.each(filter, |record| {
        ended = take(&record);
        count += 1;
        ended.is_ok()
    })?;
    ended?;
    warn(&malformed, ui)?;
    Ok(count)
}
