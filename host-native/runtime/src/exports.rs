//! Reading complete results that are kept, each reading recorded.

use std::time::Instant;

use mxcp_core::audit::AuditRecord;
use mxcp_core::call::{CallContext, CallError};
use mxcp_core::definition::Kind;
use mxcp_core::schema::Export;
use mxcp_core::value::{Object, Value};
use percent_encoding::percent_decode_str;

use crate::owner::Owner;
use crate::pipeline::Pipeline;
use crate::ports::{CallFacts, ExportedFile, ResultError};
use crate::showing::Chain;

/// What begins the URIs of complete results.
pub const RESULTS: &str = "mxcp://results/";

/// A complete result that is read.
#[derive(Debug)]
pub struct Read {
    /// The file.
    pub exported: ExportedFile,
    /// Its name.
    pub name: String,
    /// What it is.
    pub mime_type: &'static str,
}

/// What the path of a complete result says: `<token>/<tool>.<format>`.
struct Path {
    token: String,
    tool: String,
    format: Export,
}

impl Path {
    fn parse(path: &str) -> Option<Self> {
        let (token, file) = path.split_once('/')?;
        let (tool, suffix) = file.rsplit_once('.')?;
        let format = [Export::Csv, Export::Json, Export::Parquet];
        let format = format.into_iter().find(|format| file_type(*format).0 == suffix)?;
        let tool = percent_decode_str(tool).decode_utf8().ok()?.into_owned();
        Some(Self { token: token.to_owned(), tool, format })
    }
}

/// The end of the names of files of a format, and their type.
#[must_use]
pub fn file_type(format: Export) -> (&'static str, &'static str) {
    match format {
        Export::Csv => ("csv", "text/csv"),
        Export::Json | Export::None => ("json", "application/json"),
        Export::Parquet => ("parquet", "application/vnd.apache.parquet"),
    }
}

impl Pipeline {
    /// Reads a complete result; `path` is what follows [`RESULTS`] in its URI. None if there is none there for who asks.
    ///
    /// # Errors
    /// It can't be read.
    pub async fn read_result(&self, path: &str, context: &CallContext) -> Option<Result<Read, CallError>> {
        let begun = Instant::now();
        let store = self.results()?;
        let Path { token, tool, format } = Path::parse(path)?;
        let registry = self.registry();
        let endpoint = registry.get(Kind::Tool, &tool)?;
        let owner = Owner::of_reader(endpoint, context.principal.as_ref());
        let found = store.export(&token, format, &owner).await;
        let (suffix, mime_type) = file_type(format);
        let name = format!("{tool}.{suffix}");
        let read = match found {
            Ok(exported) => Ok(Read { exported, name: name.clone(), mime_type }),
            Err(ResultError::Unknown) => Err(None),
            Err(error) => {
                let request_id = context.request_id.clone();
                tracing::error!(request_id, error = %Chain(&error), "a complete result can't be read");
                Err(Some(CallError::Internal { request_id }))
            }
        };
        if self.audit().enabled() {
            let unknown = CallError::Execution(ResultError::Unknown.to_string());
            let error = read.as_ref().err().map(|error| error.as_ref().unwrap_or(&unknown));
            let mut asked = Object::new();
            asked.insert("file", Value::string(&name));
            if let Ok(Read { exported, .. }) = &read {
                asked.insert("result_id", Value::string(&exported.id));
                asked.insert("bytes", Value::Int(i64::try_from(exported.bytes).unwrap_or(i64::MAX)));
            }
            let mut record = AuditRecord::of_built_in(RESULTS, asked, error, context);
            record.operation_type = Kind::Resource;
            record.definition_digest = Some(endpoint.digest().to_owned());
            let facts = CallFacts { duration: begun.elapsed(), ..CallFacts::default() };
            self.audit().record(record, facts).await;
        }
        match read {
            Ok(read) => Some(Ok(read)),
            Err(None) => None,
            Err(Some(error)) => Some(Err(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_the_tool_and_the_format() {
        let path = Path::parse("t0k/a%20b.c.parquet").unwrap();
        assert_eq!((path.token.as_str(), path.tool.as_str(), path.format), ("t0k", "a b.c", Export::Parquet));
        for other in ["", "t0k", "t0k/", "t0k/a", "t0k/a.exe", "t0k/%ff.csv"] {
            assert!(Path::parse(other).is_none(), "{other}");
        }
    }
}
