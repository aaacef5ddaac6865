//! Files of complete results.

use std::io::{BufWriter, Write as _};
use std::path::Path;

use mxcp_core::schema::Export;
use mxcp_runtime::ports::{ExportTable, Exporter, TableFormat};
use tempfile::{NamedTempFile, TempPath};

use crate::error::{Doing as _, Error};
use crate::file::Kept;

/// Makes a file of a result, in a folder. It is the caller's to give it its name.
pub(crate) async fn make(kept: Kept, folder: &Path, exporter: &dyn Exporter) -> Result<TempPath, Error> {
    let format = match kept.header.export {
        Export::Csv => TableFormat::Csv,
        Export::Parquet => TableFormat::Parquet,
        Export::Json | Export::None => return in_thread(folder, |file| json(kept, file)).await,
    };
    let columns = kept.header.columns.exported();
    let rows = in_thread(folder, |file| texts(kept, file)).await?;
    let to = NamedTempFile::new_in(folder).doing("exporting a result")?.into_temp_path();
    let table = ExportTable {
        rows: rows.to_path_buf(),
        columns,
        to: to.to_path_buf(),
        format,
        scratch: folder.to_owned(),
    };
    exporter.export(table).await.map_err(Error::Export)?;
    Ok(to)
}

async fn in_thread(
    folder: &Path,
    write: impl FnOnce(&mut BufWriter<NamedTempFile>) -> Result<(), Error> + Send + 'static,
) -> Result<TempPath, Error> {
    let file = NamedTempFile::new_in(folder).doing("exporting a result")?;
    let work = tokio::task::spawn_blocking(move || {
        let mut file = BufWriter::new(file);
        write(&mut file)?;
        let file = file.into_inner().map_err(std::io::IntoInnerError::into_error);
        Ok(file.doing("exporting a result")?.into_temp_path())
    });
    work.await.map_err(Error::Ended)?
}

/// The rows as one list of JSON; what is no list as it is.
fn json(kept: Kept, file: &mut BufWriter<NamedTempFile>) -> Result<(), Error> {
    let is_list = kept.header.outline.rows.is_some();
    let (mut before, after) = if is_list { ("[\n", "\n]\n") } else { ("", "\n") };
    for line in kept.lines() {
        write!(file, "{before}{}", line?).doing("exporting a result")?;
        before = ",\n";
    }
    file.write_all(after.as_bytes()).doing("exporting a result")
}

/// The rows as an exporter takes them.
fn texts(kept: Kept, file: &mut BufWriter<NamedTempFile>) -> Result<(), Error> {
    let columns = kept.header.columns.clone();
    for line in kept.lines() {
        let row = serde_json::from_str(&line?).map_err(Error::Broken)?;
        writeln!(file, "{}", columns.texts(&row)).doing("exporting a result")?;
    }
    Ok(())
}
