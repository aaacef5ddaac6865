//! The page of one endpoint.

use mxcp_core::definition::{Endpoint, Implementation, Kind, SqlOrigin};
use mxcp_core::schema::Message;
use serde::Serialize;

use super::{Frame, Site};
use crate::example::Example;
use crate::field::{self, Field};
use crate::json::{Token, tokens};
use crate::policy::{self, Rule};
use crate::prose::Prose;
use crate::test::Test;
use crate::{schema, words};

/// What stands on it.
#[derive(Debug, Serialize)]
pub(super) struct EndpointPage<'a> {
    #[serde(flatten)]
    frame: Frame<'a>,
    path: &'a str,
    kind: &'static str,
    name: &'a str,
    title: Option<&'a str>,
    description: Vec<Prose>,
    mime_type: Option<&'a str>,
    tags: &'a [String],
    hints: Vec<Hint>,
    parameters: Vec<Field>,
    returns: Option<Returns>,
    rules: Vec<Rule>,
    /// Whether callers it refuses are not told that it exists.
    hides: bool,
    messages: Vec<Speech<'a>>,
    tests: Vec<Test>,
    example: Example,
    input_schema: Vec<Token>,
    output_schema: Option<Vec<Token>>,
    language: &'static str,
    file: &'a str,
    source_file: Option<String>,
    source: Option<&'a str>,
}

/// A hint about behaviour.
#[derive(Debug, Serialize)]
struct Hint {
    /// Which colour it has: `good`, `bad` or `plain`.
    tone: &'static str,
    label: &'static str,
    explanation: &'static str,
}

/// A result.
#[derive(Debug, Serialize)]
struct Returns {
    kind: String,
    description: Vec<Prose>,
    rules: Vec<Prose>,
    sensitive: bool,
    fields: Vec<Field>,
}

/// A message of a prompt.
#[derive(Debug, Serialize)]
struct Speech<'a> {
    role: &'a str,
    /// What else there is to say of it.
    note: Option<&'static str>,
    /// An image, where the message is one that needs no arguments.
    picture: Option<&'a str>,
    text: &'a str,
}

/// What people call it, if that is not its name.
pub(super) fn title(endpoint: &Endpoint) -> Option<&str> {
    let annotated = endpoint.annotations.as_ref().and_then(|annotations| annotations.title.as_deref());
    endpoint.title.as_deref().or(annotated).filter(|title| !title.is_empty() && *title != endpoint.name)
}

impl Site {
    pub(super) fn endpoint<'a>(&'a self, path: &'a str, endpoint: &'a Endpoint) -> EndpointPage<'a> {
        let (language, source_file, source) = implementation(endpoint);
        EndpointPage {
            frame: self.frame("../"),
            path,
            kind: endpoint.kind.as_str(),
            name: &endpoint.name,
            title: title(endpoint),
            description: endpoint.description.as_deref().map(Prose::paragraphs).unwrap_or_default(),
            mime_type: endpoint.mime_type.as_deref(),
            tags: &endpoint.tags,
            hints: hints(endpoint),
            parameters: field::parameters(&endpoint.parameters),
            // What a prompt gives are its messages.
            returns: endpoint.returns.as_ref().filter(|_| endpoint.kind != Kind::Prompt).map(|ty| Returns {
                kind: words::kind(ty),
                description: ty.description().map(Prose::paragraphs).unwrap_or_default(),
                rules: words::rules(ty),
                sensitive: ty.is_sensitive(),
                fields: field::inside(ty),
            }),
            rules: policy::rules(&endpoint.policies),
            hides: endpoint.policies.hides(),
            messages: messages(endpoint),
            tests: Test::all(endpoint),
            example: Example::of(endpoint),
            input_schema: tokens(&schema::input(endpoint)),
            output_schema: schema::output(endpoint).as_ref().map(tokens),
            language,
            file: endpoint.file.path(),
            source_file,
            source: source.filter(|_| self.options.source),
        }
    }
}

fn implementation(endpoint: &Endpoint) -> (&'static str, Option<String>, Option<&str>) {
    match &endpoint.implementation {
        Implementation::Sql(sql) => {
            let file = match &sql.origin {
                SqlOrigin::File(file) => Some(file.path().to_owned()),
                SqlOrigin::Inline(_) => None,
            };
            ("SQL", file, Some(&sql.text))
        }
        Implementation::Python(source) => ("Python", Some(source.file.clone()), None),
        Implementation::Component(source) => ("WebAssembly component", Some(source.file.clone()), None),
        Implementation::Prompt(_) => ("Prompt template", None, None),
        _ => ("Other", None, None),
    }
}

fn messages(endpoint: &Endpoint) -> Vec<Speech<'_>> {
    let Implementation::Prompt(templates) = &endpoint.implementation else { return Vec::new() };
    templates.messages().iter().map(Speech::of).collect()
}

impl<'a> Speech<'a> {
    fn of(message: &'a Message) -> Self {
        let role = message.role.as_deref().unwrap_or("user");
        let note = match message.kind.as_deref() {
            Some("resource") => Some("the resource of this URI"),
            Some("image") => Some("an image or a sound"),
            // MCP has no such speaker.
            _ if role == "system" => Some("given as the user's"),
            _ => None,
        };
        let text = message.prompt.trim();
        let is_picture = note.is_some() && text.starts_with("data:image/") && !text.contains(['{', '\n']);
        Self { role, note, picture: is_picture.then_some(text), text: &message.prompt }
    }
}

fn hints(endpoint: &Endpoint) -> Vec<Hint> {
    let Some(hints) = &endpoint.annotations else { return Vec::new() };
    let hint = |tone, label, explanation| Hint { tone, label, explanation };
    let read_only = hints.read_only_hint.map(|it| match it {
        true => hint("good", "read-only", "It changes nothing."),
        false => hint("plain", "makes changes", "It may change something."),
    });
    let destructive = hints.destructive_hint.map(|it| match it {
        true => hint("bad", "destructive", "It may overwrite or delete something."),
        false => hint("good", "not destructive", "It overwrites and deletes nothing."),
    });
    let idempotent = hints.idempotent_hint.map(|it| match it {
        true => hint("good", "idempotent", "Calling it again with the same arguments changes nothing more."),
        false => hint("plain", "not idempotent", "Each call may have an effect of its own."),
    });
    let open_world = hints.open_world_hint.map(|it| match it {
        true => hint("plain", "open world", "It reaches beyond this server."),
        false => hint("good", "closed world", "It stays within this server."),
    });
    [read_only, destructive, idempotent, open_world].into_iter().flatten().collect()
}
