//! Files of a project, and what there is to say about them.

use mxcp_core::diagnostic::{Diagnostic, Label, Severity};
use mxcp_core::load;
use mxcp_core::source::Position;

use super::call::{kind, wit_kind};
use crate::bindings::mxcp::core::types as wit;

pub(crate) fn content(content: wit::Content) -> load::Content {
    match content {
        wit::Content::Bytes(bytes) => load::Content::Bytes(bytes),
        wit::Content::Missing => load::Content::Missing,
        wit::Content::Unreadable(why) => load::Content::Unreadable(why),
        wit::Content::Outside(bytes) => load::Content::Outside(bytes),
        wit::Content::TooLarge(limit) => load::Content::TooLarge { limit },
        wit::Content::Component(description) => match serde_json::from_str(&description) {
            Ok(component) => load::Content::Component(component),
            Err(error) => load::Content::Unreadable(format!("its description is none: {error}")),
        },
    }
}

pub(crate) fn reference(reference: load::Reference) -> wit::Reference {
    wit::Reference { path: reference.path, is_component: reference.is_component }
}

pub(crate) fn definition_file(file: wit::DefinitionFile) -> load::DefinitionFile {
    load::DefinitionFile { path: file.path, kind: kind(file.kind), content: content(file.content) }
}

pub(crate) fn loaded_file(file: &load::LoadedFile) -> wit::LoadedFile {
    let state = match &file.state {
        load::FileState::Endpoint { name, .. } => wit::FileState::Endpoint(name.clone()),
        load::FileState::Broken => wit::FileState::Broken,
        load::FileState::Disabled => wit::FileState::Disabled,
        load::FileState::Foreign => wit::FileState::Foreign,
    };
    let diagnostics = file.findings.iter().map(diagnostic).collect();
    wit::LoadedFile { path: file.path.clone(), kind: wit_kind(file.folder), state, diagnostics }
}

fn diagnostic(diagnostic: &Diagnostic) -> wit::Diagnostic {
    wit::Diagnostic {
        code: diagnostic.code.as_str().to_owned(),
        severity: severity(diagnostic.severity),
        message: diagnostic.message.clone(),
        path: diagnostic.path.clone(),
        labels: diagnostic.labels.iter().map(label).collect(),
        help: diagnostic.help.clone(),
    }
}

fn label(label: &Label) -> wit::Label {
    wit::Label {
        file: label.span.file().path().to_owned(),
        start: position(label.span.start()),
        end: position(label.span.end()),
        text: label.text.clone(),
    }
}

pub(crate) fn severity(severity: Severity) -> wit::Severity {
    match severity {
        Severity::Info => wit::Severity::Info,
        Severity::Warning => wit::Severity::Warning,
        Severity::Error => wit::Severity::Error,
    }
}

pub(crate) fn position(position: Position) -> wit::Position {
    wit::Position {
        line: u32::try_from(position.line).unwrap_or(u32::MAX),
        column: u32::try_from(position.column).unwrap_or(u32::MAX),
    }
}
