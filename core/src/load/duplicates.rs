//! Names that two files claim.

use std::collections::BTreeMap;

use super::{FileState, LoadedFile};
use crate::definition::{Endpoint, Kind};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::yaml::{DocPath, Document};

/// Takes out every endpoint whose name another of its kind has too, and marks their files as broken.
///
/// MCP has a name space per kind, so a tool and a prompt may share a name.
pub(super) fn report(endpoints: &mut Vec<(usize, Endpoint)>, files: &mut [LoadedFile]) {
    let mut claims: BTreeMap<(Kind, String), Vec<usize>> = BTreeMap::new();
    for (file, endpoint) in endpoints.iter() {
        claims.entry((endpoint.kind, endpoint.name.clone())).or_default().push(*file);
    }
    claims.retain(|_, claimants| claimants.len() > 1);
    for ((kind, name), claimants) in &claims {
        let paths: Vec<&str> =
            claimants.iter().filter_map(|file| Some(files.get(*file)?.path.as_str())).collect();
        let word = if *kind == Kind::Resource { "URI" } else { "name" };
        let message = format!("Duplicate endpoint {word} '{name}' found in: {}", paths.join(", "));
        let mut problem = Diagnostic::error(Code::DuplicateEndpoint, message);
        for (_, endpoint) in endpoints.iter().filter(|(file, _)| claimants.contains(file)) {
            problem = problem.label(name_span(endpoint), "defined here");
        }
        for file in claimants {
            if let Some(file) = files.get_mut(*file) {
                file.state = FileState::Broken;
                file.findings.push(place_first(problem.clone(), &file.path));
            }
        }
    }
    endpoints.retain(|(_, endpoint)| !claims.contains_key(&(endpoint.kind, endpoint.name.clone())));
}

/// Where the endpoint's file gives its name.
fn name_span(endpoint: &Endpoint) -> Span {
    let key = if endpoint.kind == Kind::Resource { "uri" } else { "name" };
    let path = DocPath::root().key(endpoint.kind.as_str()).key(key);
    let mut ignored = crate::diagnostic::Diagnostics::new();
    match Document::parse(&endpoint.file, &mut ignored) {
        Some(document) => document.span(&path),
        None => Span::new(&endpoint.file, 0..0),
    }
}

/// The label of the file that is told comes first.
fn place_first(mut problem: Diagnostic, path: &str) -> Diagnostic {
    problem.labels.sort_by_key(|label| label.span.file().path() != path);
    problem
}
