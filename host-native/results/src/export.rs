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
        Export::Json | Export::None => {
            return in_thread(folder, |file| json(kept, file)).await.map(|(made, ())| made);
        }
    };
    let columns = kept.header.columns.exported();
    let (rows, longest_row) = in_thread(folder, |file| texts(kept, file)).await?;
    let to = NamedTempFile::new_in(folder).doing("exporting a result")?.into_temp_path();
    let table = ExportTable {
        rows: rows.to_path_buf(),
        longest_row,
        columns,
        to: to.to_path_buf(),
        format,
        scratch: folder.to_owned(),
    };
    exporter.export(table).await.map_err(Error::Export)?;
    Ok(to)
}

async fn in_thread<T: Send + 'static>(
    folder: &Path,
    write: impl FnOnce(&mut BufWriter<NamedTempFile>) -> Result<T, Error> + Send + 'static,
) -> Result<(TempPath, T), Error> {
    let file = NamedTempFile::new_in(folder).doing("exporting a result")?;
    let work = tokio::task::spawn_blocking(move || {
        let mut file = BufWriter::new(file);
        let written = write(&mut file)?;
        let file = file.into_inner().map_err(std::io::IntoInnerError::into_error);
        Ok((file.doing("exporting a result")?.into_temp_path(), written))
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

/// The rows as an exporter takes them; gives the bytes of the longest one.
fn texts(kept: Kept, file: &mut BufWriter<NamedTempFile>) -> Result<u64, Error> {
    let columns = kept.header.columns.clone();
    let mut longest = 0;
    for line in kept.lines() {
        let row = serde_json::from_str(&line?).map_err(Error::Broken)?;
        let texts = columns.texts(&row).to_string();
        longest = longest.max(texts.len() as u64);
        writeln!(file, "{texts}").doing("exporting a result")?;
    }
    Ok(longest)
}
