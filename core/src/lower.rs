//! From what is written to what is meant: one file per part, all problems reported, none thrown.

mod body;
mod component;
mod delivery;
mod prompt;
mod resource;
mod source;
mod tests;
mod time;
mod tool;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::definition::{Endpoint, Kind};
use crate::diagnostic::{Code, Diagnostic};
use crate::load::Content;
use crate::policy;
use crate::schema::EndpointFile;
use crate::yaml::{DocPath, Report};

pub(crate) use source::reference;

/// What lowering a file needs beside the file.
pub(crate) struct Lowering<'a> {
    /// The CEL environment all rules of a generation share.
    pub(crate) environment: &'a Arc<policy::Environment>,
    /// Files that implementations are in, by path relative to the project root.
    pub(crate) sources: &'a BTreeMap<String, Content>,
    /// Path of the definition file.
    pub(crate) path: &'a str,
}

/// What came of a file.
pub(crate) enum Outcome {
    /// An endpoint; unusable if errors were reported.
    Endpoint(Box<Endpoint>),
    /// Not enough is right to make one.
    Broken,
    /// `enabled: false`; broken if errors were reported.
    Disabled,
    /// Of another kind than its folder's.
    Foreign,
}

/// Gives a definition file its meaning.
pub(crate) fn lower(
    lowering: &Lowering<'_>,
    folder: Kind,
    definition: &EndpointFile,
    report: &mut Report<'_>,
) -> Outcome {
    let kinds = [
        (Kind::Tool, definition.tool.is_some()),
        (Kind::Resource, definition.resource.is_some()),
        (Kind::Prompt, definition.prompt.is_some()),
    ];
    let mut defined = kinds.iter().filter(|(_, present)| *present).map(|(kind, _)| *kind);
    let kind = match (defined.next(), defined.next()) {
        (Some(kind), None) => kind,
        (Some(_), Some(second)) => {
            let problem = "Endpoint definition must contain exactly one endpoint type";
            let diagnostic = Diagnostic::error(Code::EndpointCount, problem)
                .help("one file defines one endpoint; put the other into a file of its own");
            report.add_at_key(&DocPath::root().key(second.as_str()), diagnostic);
            return Outcome::Broken;
        }
        (None, _) => {
            let problem = "Endpoint definition must include a tool, resource, or prompt definition";
            let help = format!("begin with `{folder}:`, and indent everything else below it");
            report.add(&DocPath::root(), Diagnostic::error(Code::EndpointCount, problem).help(help));
            return Outcome::Broken;
        }
    };
    if kind != folder {
        let problem = format!("a {kind} in the folder of {folder}s is passed over");
        let help = format!("move the file into the folder of {kind}s");
        let path = DocPath::root().key(kind.as_str());
        report.add_at_key(&path, Diagnostic::warning(Code::ForeignKind, problem).help(help));
        return Outcome::Foreign;
    }
    let endpoint = match definition {
        EndpointFile { tool: Some(tool), .. } => tool::lower(lowering, tool, report),
        EndpointFile { resource: Some(resource), .. } => resource::lower(lowering, resource, report),
        EndpointFile { prompt: Some(prompt), .. } => prompt::lower(lowering, prompt, report),
        _ => return Outcome::Broken,
    };
    // Tests speak of parameters and results: those have to be right first.
    if let Some(Outcome::Endpoint(endpoint)) = &endpoint
        && !report.has_errors()
    {
        tests::check(endpoint, report);
    }
    endpoint.unwrap_or(Outcome::Broken)
}
