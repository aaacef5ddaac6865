//! Reading a snapshot.

use serde_json::Value as Json;

use super::definition::RETURN;
use super::{Snapshot, VERSION};
use crate::definition::Kind;
use crate::diagnostic::{Code, Diagnostics};
use crate::source::SourceFile;
use crate::yaml::{DocPath, Document, Report, Shape};

/// Why a text is no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// It is no JSON.
    #[error("{0}")]
    NotJson(#[from] serde_json::Error),
    /// It is of another version of the format.
    #[error("Unsupported snapshot version: {0}")]
    Version(Json),
    /// Keys are missing, unknown or of the wrong type.
    #[error("Invalid drift snapshot")]
    Invalid(Diagnostics),
}

impl Snapshot {
    /// Reads a snapshot, of this program or of the reference implementation; `path` is the file that messages name.
    ///
    /// # Errors
    /// The text is none.
    pub fn parse(path: &str, text: &str) -> Result<Self, Unusable> {
        let mut value: Json = serde_json::from_str(text)?;
        if let Some(version) = value.get("version")
            && version.as_f64() != Some(1.0)
        {
            return Err(Unusable::Version(version.clone()));
        }
        as_in_files(&mut value);
        let document = Document::of_value(&SourceFile::new(path, ""), value);
        let mut findings = Diagnostics::new();
        let mut report = Report::new(&document, &mut findings);
        Shape::of::<Self>().check(&mut report);
        if !report.has_errors() {
            match document.deserialize::<Self>() {
                Ok(snapshot) => return Ok(Self { version: VERSION, ..snapshot }),
                Err(problem) => report.error(Code::WrongType, &DocPath::root(), problem.to_string()),
            }
        }
        Err(Unusable::Invalid(findings))
    }
}

/// Gives definitions what they have in definition files only: the key of return types, and null as the value of an argument
/// of a test.
fn as_in_files(snapshot: &mut Json) {
    let resources = snapshot.get_mut("resources").and_then(Json::as_array_mut);
    for resource in resources.into_iter().flatten() {
        for kind in Kind::ALL {
            let endpoint = resource.get_mut("definition").and_then(|it| it.get_mut(kind.as_str()));
            let Some(Json::Object(endpoint)) = endpoint else { continue };
            if let Some(returns) = endpoint.remove(RETURN) {
                endpoint.insert("return".to_owned(), returns);
            }
            let tests = endpoint.get_mut("tests").and_then(Json::as_array_mut);
            let lists =
                tests.into_iter().flatten().filter_map(|test| test.get_mut("arguments")?.as_array_mut());
            for argument in lists.flatten().filter_map(Json::as_object_mut) {
                argument.entry("value").or_insert(Json::Null);
            }
        }
    }
}
