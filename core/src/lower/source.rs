//! Implementations: which file, which language, is it there.

use std::sync::Arc;

use super::{Lowering, component};
use crate::definition::{Implementation, PythonSource, SqlOrigin, SqlText};
use crate::diagnostic::{Code, Diagnostic};
use crate::load::{self, Content, Reference};
use crate::schema::{EndpointFile, EndpointLimits, Language, Permissions, Source};
use crate::source::SourceFile;
use crate::types::{Parameters, Type};
use crate::yaml::{self, DocPath, Report};

/// The file a definition's implementation is in.
pub(crate) fn reference(definition_path: &str, definition: &EndpointFile) -> Option<Reference> {
    let tool = definition.tool.as_ref().map(|tool| (tool.language, &tool.source));
    let resource = definition.resource.as_ref().map(|resource| (resource.language, &resource.source));
    let (written, source) = tool.or(resource)?;
    let file = source.file.as_deref().filter(|file| !file.is_empty())?;
    let is_component = language(written, source) == Language::Component;
    Some(Reference { path: resolve(definition_path, file), is_component })
}

/// What an implementation is written in: as the endpoint says, or its source, or else by the name of the file.
fn language(written: Option<Language>, source: &Source) -> Language {
    let by_extension = || match source.file.as_deref()?.rsplit_once('.')?.1 {
        "py" => Some(Language::Python),
        "wasm" => Some(Language::Component),
        _ => None,
    };
    written.or(source.language).or_else(by_extension).unwrap_or(Language::Sql)
}

/// `file` as seen from the folder of the definition; `/` at its start is the project root.
fn resolve(definition_path: &str, file: &str) -> String {
    let folder = definition_path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let joined = match file.strip_prefix('/') {
        Some(rooted) => rooted.to_owned(),
        None => format!("{folder}/{file}"),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The file by way of the definition's folder.
fn shown(definition_path: &str, file: &str) -> String {
    match (file.strip_prefix('/'), definition_path.rsplit_once('/')) {
        (Some(rooted), _) => rooted.to_owned(),
        (None, Some((folder, _))) => format!("{folder}/{file}"),
        (None, None) => file.to_owned(),
    }
}

/// What a definition says of its implementation.
pub(super) struct Written<'a> {
    pub(super) source: &'a Source,
    pub(super) language: Option<Language>,
    pub(super) permissions: Option<&'a Permissions>,
    pub(super) limits: Option<&'a EndpointLimits>,
}

/// Where an implementation is.
pub(super) enum Place<'a> {
    /// In the definition itself.
    Code(&'a str),
    /// In a file.
    File(&'a str),
}

/// What the endpoint at `path` is implemented in, and where; none if that is wrong. No file is looked at.
pub(super) fn place<'a>(
    written: &Written<'a>,
    path: &DocPath,
    report: &mut Report<'_>,
) -> Option<(Language, Place<'a>)> {
    let source = written.source;
    let source_path = path.key("source");
    let code = source.code.as_deref().filter(|code| !code.is_empty());
    let file = source.file.as_deref().filter(|file| !file.is_empty());
    let language = language(written.language, source);
    if language != Language::Component {
        component::refuse_keys(written, path, report);
    }
    match (code, file) {
        (Some(_), Some(_)) | (None, None) => {
            let problem = "Value error, Source must provide exactly one of 'code' or 'file'";
            report.error(Code::InvalidValue, &source_path, problem);
            None
        }
        (Some(_), None) if language == Language::Python => {
            let problem = "Python endpoints must specify source.file";
            report.error(Code::InvalidValue, &source_path.key("code"), problem);
            None
        }
        (Some(_), None) if language == Language::Component => {
            let problem = "component endpoints must specify source.file";
            report.error(Code::InvalidValue, &source_path.key("code"), problem);
            None
        }
        (Some(code), None) => Some((language, Place::Code(code))),
        (None, Some(file)) => Some((language, Place::File(file))),
    }
}

/// Finds the implementation of the endpoint at `path`. `function` is the name it has in Python, if it must have one.
pub(super) fn lower(
    lowering: &Lowering<'_>,
    written: &Written<'_>,
    path: &DocPath,
    (parameters, returns): (&Parameters, Option<&Type>),
    function: Option<&str>,
    report: &mut Report<'_>,
) -> Option<Implementation> {
    let source_path = path.key("source");
    match place(written, path, report)? {
        (_, Place::Code(code)) => {
            let code_path = source_path.key("code");
            let origin = SqlOrigin::Inline(report.document().span(&code_path));
            sql(code.to_owned(), origin, parameters, &code_path, report)
        }
        (language, Place::File(file)) => {
            let file_path = source_path.key("file");
            let target = resolve(lowering.path, file);
            match language {
                Language::Sql => {
                    let text = read(lowering, &target, &file_path, "Error resolving source code: ", report)?;
                    let file = SourceFile::new(target, text.clone());
                    sql(text, SqlOrigin::File(file), parameters, &file_path, report)
                }
                Language::Component => {
                    component::lower(lowering, written, target, path, (parameters, returns), report)
                }
                Language::Python => {
                    let text = read(lowering, &target, &file_path, "Python source file not found: ", report)?;
                    Some(Implementation::Python(Arc::new(PythonSource {
                        text: SourceFile::new(target.clone(), text),
                        shown: shown(lowering.path, file),
                        function: function.map(str::to_owned),
                        place: report.document().span(&file_path),
                        file: target,
                    })))
                }
            }
        }
    }
}

fn sql(
    text: String,
    origin: SqlOrigin,
    parameters: &Parameters,
    path: &DocPath,
    report: &mut Report<'_>,
) -> Option<Implementation> {
    if text.trim().is_empty() {
        report.error(Code::InvalidValue, path, "No SQL query found");
        return None;
    }
    let parameters_declared = parameters.is_declared();
    Some(Implementation::Sql(Arc::new(SqlText { text, origin, parameters_declared })))
}

/// The text of a referenced file; `problem` begins the message when there is none.
fn read(
    lowering: &Lowering<'_>,
    target: &str,
    path: &DocPath,
    problem: &str,
    report: &mut Report<'_>,
) -> Option<String> {
    let content = lowering.sources.get(target);
    if matches!(content, Some(Content::Outside(_))) {
        let problem = format!("'{target}' lies outside of the project's folder");
        report.add(path, Diagnostic::warning(Code::OutsideProject, problem).help(load::OUTSIDE_HELP));
    }
    let (code, why) = match content {
        Some(Content::Bytes(bytes) | Content::Outside(bytes)) => match yaml::decode(bytes) {
            Ok(text) => return Some(text),
            Err(diagnostic) => (Code::UnreadableFile, diagnostic.message),
        },
        Some(Content::Unreadable(why)) => (Code::UnreadableFile, why.clone()),
        Some(Content::TooLarge { limit }) => (Code::TooLarge, load::too_large(*limit)),
        Some(Content::Component(_)) => (Code::UnreadableFile, "it is a component, not text".to_owned()),
        Some(Content::Missing) | None => (Code::MissingSource, "No such file or directory".to_owned()),
    };
    let help = "a relative path starts at the folder of this definition, `/` at the project root";
    report.add(path, Diagnostic::error(code, format!("{problem}'{target}': {why}")).help(help));
    None
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn resolves_paths_from_the_definition_and_from_the_root() {
        assert_eq!(resolve("tools/a.yml", "../sql/a.sql"), "sql/a.sql");
        assert_eq!(resolve("tools/deep/a.yml", "./a.sql"), "tools/deep/a.sql");
        assert_eq!(resolve("tools/a.yml", "/sql/a.sql"), "sql/a.sql");
        assert_eq!(resolve("tools/a.yml", "../../shared/a.sql"), "../shared/a.sql");
    }
}
