//! The core as a Rust library.

mod question;

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use chrono::DateTime;
use mxcp_core::call::{
    Call, CallContext, CallError, Caller, Headers, OutputValidation, Principal, UnknownArguments,
};
use mxcp_core::definition::Kind;
use mxcp_core::diagnostic::Diagnostic;
use mxcp_core::load::{self, Content, DefinitionFile, FileState, LoadedFile};
use mxcp_core::registry::{
    Approval, ExecutionError, Output, Pending, Plan, Prepared, Registry, Reply, Rows, Unapproved,
};
use mxcp_core::types::{Block, ResourceBody};
use mxcp_core::value::{Object, Value};
use serde_json::{Value as Json, json};

use crate::case::{Case, CaseCall, CaseQuestion};
use crate::entry::{ExplanationEntry, Listed, MatchEntry};
use crate::transcript::{CallEntry, FileEntry, NOW, Surface};

/// The core as a Rust library.
#[derive(Debug, Default)]
pub struct Native;

/// The kind a case's file defines by its folder; none for files that are no definitions.
pub(crate) fn folder(path: &str) -> Option<Kind> {
    let kind = match path.split_once('/')?.0 {
        "tools" => Kind::Tool,
        "resources" => Kind::Resource,
        "prompts" => Kind::Prompt,
        _ => return None,
    };
    path.ends_with(".yml").then_some(kind)
}

impl Surface for Native {
    type Project = Registry;

    fn load(&mut self, case: &Case) -> anyhow::Result<(Registry, Vec<FileEntry>)> {
        let content = |text: &String| Content::Bytes(text.clone().into_bytes());
        let definitions = case.files.iter().filter_map(|(path, text)| {
            Some(DefinitionFile { path: path.clone(), kind: folder(path)?, content: content(text) })
        });
        let parsed = load::parse(definitions.collect());
        let sources: BTreeMap<String, Content> = parsed
            .references()
            .into_iter()
            .map(|reference| {
                let found = match case.component(&reference)? {
                    Some(component) => Content::Component(Box::new(component)),
                    None => case.files.get(&reference.path).map_or(Content::Missing, content),
                };
                Ok((reference.path, found))
            })
            .collect::<anyhow::Result<_>>()?;
        let loaded = parsed.load(&sources);
        let files = loaded.files.iter().map(file_entry).collect();
        Ok((loaded.registry, files))
    }

    fn listed(&mut self, project: &Registry) -> anyhow::Result<Listed> {
        Ok(question::listed(project))
    }

    fn call(&mut self, project: &Registry, call: &CaseCall) -> anyhow::Result<CallEntry> {
        let (kind, name) = match (&call.tool, &call.resource, &call.prompt) {
            (Some(name), None, None) => (Kind::Tool, name),
            (None, Some(uri), None) => (Kind::Resource, uri),
            (None, None, Some(name)) => (Kind::Prompt, name),
            _ => bail!("a call names a tool, a resource or a prompt"),
        };
        let context = context(call.user.as_ref())?;
        let request = Call {
            kind,
            name: name.clone(),
            arguments: Object::from_json(call.arguments.clone()),
            unknown_arguments: if call.refuse_unknown {
                UnknownArguments::Refuse
            } else {
                UnknownArguments::Drop
            },
            output_validation: if call.skip_output_validation {
                OutputValidation::Skip
            } else {
                OutputValidation::Check
            },
        };
        let mut asked = None;
        let prepared = match project.prepare(request, context) {
            Ok(prepared) => Ok(prepared),
            Err(refusal) => match refusal.into_pending() {
                Ok(pending) => {
                    asked = Some((pending.question(), pending.subject().to_json()));
                    answered(pending, call.answer.as_deref())
                }
                Err(reply) => Err(reply),
            },
        };
        let (plan, reply) = match prepared {
            Err(reply) => (None, *reply),
            Ok(prepared) => {
                let plan = plan_entry(prepared.plan());
                let outcome = match prepared.plan() {
                    Plan::Prompt(prompt) => prompt.render().map(Output::Value),
                    _ => outcome(call)?,
                };
                (Some(plan), prepared.finish(outcome))
            }
        };
        let audit = serde_json::to_value(reply.audit())?;
        let (result, error) = match reply.result() {
            Ok(success) => {
                let mut result = json!({ "value": success.value.to_json(), "typed": success.typed });
                if let Some(blocks) = success.blocks() {
                    result["content"] = blocks.into_iter().map(block_entry).collect();
                }
                (Some(result), None)
            }
            Err(error) => (None, Some(error_entry(error))),
        };
        let (question, subject) = asked.unzip();
        Ok(CallEntry { question, subject, plan, result, error, audit })
    }

    fn visible(
        &mut self,
        project: &Registry,
        kind: Kind,
        user: Option<&Json>,
    ) -> anyhow::Result<Vec<String>> {
        let context = context(user)?;
        Ok(project.visible(kind, &context).map(|endpoint| endpoint.name.clone()).collect())
    }

    fn explain(&mut self, project: &Registry, question: &CaseQuestion) -> anyhow::Result<ExplanationEntry> {
        question::explain(project, question, &context(question.user.as_ref())?)
    }

    fn resources_at(&mut self, project: &Registry, uri: &str) -> anyhow::Result<Vec<MatchEntry>> {
        Ok(question::resources_at(project, uri))
    }

    fn lint(&mut self, project: &Registry, clients: &[String]) -> anyhow::Result<Vec<String>> {
        question::lint(project, clients)
    }
}

/// What comes of a call that a person must approve.
fn answered(pending: Pending, answer: Option<&str>) -> Result<Prepared, Box<Reply>> {
    let refused = match answer {
        Some("person") => return Ok(pending.approved(Approval::Person)),
        Some("beforehand") => return Ok(pending.approved(Approval::Beforehand)),
        Some("cancelled") => return Err(Box::new(pending.ended(ExecutionError::Cancelled))),
        Some("awaits") => return Err(Box::new(pending.ended(ExecutionError::AwaitsInput))),
        Some("declined") => Unapproved::Declined,
        Some("dismissed") => Unapproved::Dismissed,
        Some("unsupported") => Unapproved::Unsupported,
        Some(why) => Unapproved::Unanswered(why.to_owned()),
        None => Unapproved::NobodyToAsk,
    };
    Err(Box::new(pending.refused(&refused)))
}

fn context(user: Option<&Json>) -> anyhow::Result<CallContext> {
    let principal = user.map(|user| Principal::from_context(Value::from_json(user.clone()), "test"));
    Ok(CallContext {
        request_id: "case".to_owned(),
        now: DateTime::from_timestamp_micros(NOW).context("a valid time")?,
        caller: Caller::Test,
        principal: principal.transpose()?.map(Into::into),
        headers: Headers::none(),
        session_id: None,
        trace: None,
    })
}

/// What the case says the implementation gives: no rows if it says nothing.
fn outcome(call: &CaseCall) -> anyhow::Result<Result<Output, ExecutionError>> {
    if let Some(message) = &call.fails {
        return Ok(Err(ExecutionError::Failed(message.clone())));
    }
    if let Some(content) = &call.content {
        return Ok(Ok(Output::Content(Value::from_json(content.clone()))));
    }
    if let Some(value) = &call.value {
        return Ok(Ok(Output::Value(Value::from_json(value.clone()))));
    }
    if let Some(value) = &call.component {
        return Ok(Ok(Output::Component(serde_json::from_value(value.clone())?)));
    }
    let rows = call.rows.clone().unwrap_or_default();
    let columns = columns(&rows).into_iter().map(Into::into).collect();
    Ok(Ok(Output::Rows(Rows { columns, rows: rows.into_iter().map(Object::from_json).collect() })))
}

/// The keys of the first row: every row of a query has the same.
pub(crate) fn columns(rows: &[serde_json::Map<String, Json>]) -> Vec<String> {
    rows.first().map(|row| row.keys().cloned().collect()).unwrap_or_default()
}

fn plan_entry(plan: &Plan) -> Json {
    match plan {
        Plan::Sql { source, arguments } => {
            let arguments: Json = Value::Object(Object::clone(arguments)).to_json();
            json!({ "sql": source.text, "arguments": arguments })
        }
        Plan::Prompt(_) => json!("done"),
        Plan::Python { source, arguments, typed } => json!({
            "python": source.file, "function": source.function, "typed": typed,
            "arguments": Value::Object(Object::clone(arguments)).to_json(),
        }),
        Plan::Component { source, arguments } => json!({
            "component": source.file, "export": source.export, "arguments": **arguments,
        }),
        _ => json!({ "unsupported": "this kind of implementation" }),
    }
}

fn block_entry(block: Block<'_>) -> Json {
    match block {
        Block::Plain(value) => json!({ "plain": value.to_json() }),
        Block::Image { data, mime_type } => json!({ "image": data, "mime_type": mime_type }),
        Block::Audio { data, mime_type } => json!({ "audio": data, "mime_type": mime_type }),
        Block::Resource { uri, mime_type, body: ResourceBody::Text(text) } => {
            json!({ "resource": uri, "mime_type": mime_type, "text": text })
        }
        Block::Resource { uri, mime_type, body: ResourceBody::Blob(blob) } => {
            json!({ "resource": uri, "mime_type": mime_type, "blob": blob })
        }
        Block::ResourceLink { uri, name, title, description, mime_type, size } => json!({
            "link": uri, "name": name, "title": title, "description": description, "mime_type": mime_type, "size": size,
        }),
    }
}

fn error_entry(error: &CallError) -> Json {
    let kind = match error {
        CallError::UnknownEndpoint { .. } => "unknown-endpoint",
        CallError::InvalidArguments(errors) => {
            let errors: Vec<Json> = errors
                .iter()
                .map(|error| json!({ "pointer": error.pointer, "message": error.message }))
                .collect();
            return json!({ "invalid-arguments": errors });
        }
        CallError::InputDenied { .. } => "input-denied",
        CallError::OutputDenied { .. } => "output-denied",
        CallError::Execution(_) => "execution",
        CallError::Shape(_) => "shape",
        CallError::InvalidOutput(_) => "invalid-output",
        CallError::TimedOut { .. } => "timed-out",
        CallError::Cancelled => "cancelled",
        CallError::AwaitsInput => "awaits-input",
        CallError::Overloaded | CallError::LimitExceeded { .. } => "overloaded",
        _ => "internal",
    };
    json!({ kind: error.to_string() })
}

fn file_entry(file: &LoadedFile) -> FileEntry {
    let state = match &file.state {
        FileState::Endpoint { name, .. } => format!("endpoint {name}"),
        FileState::Broken => "broken".to_owned(),
        FileState::Disabled => "disabled".to_owned(),
        FileState::Foreign => "foreign".to_owned(),
    };
    FileEntry { path: file.path.clone(), state, findings: file.findings.iter().map(finding).collect() }
}

fn finding(finding: &Diagnostic) -> String {
    let severity = format!("{:?}", finding.severity).to_lowercase();
    let labels = finding.labels.iter().map(|label| {
        let (start, end) = (label.span.start(), label.span.end());
        place(
            label.span.file().path(),
            (start.line as u64, start.column as u64),
            (end.line as u64, end.column as u64),
            &label.text,
        )
    });
    finding_line(
        &severity,
        finding.code.as_str(),
        &finding.path,
        &finding.message,
        labels,
        finding.help.as_deref(),
    )
}

pub(crate) fn place(file: &str, start: (u64, u64), end: (u64, u64), text: &str) -> String {
    let text = if text.is_empty() { String::new() } else { format!(" {text}") };
    format!("{file}:{}:{}-{}:{}{text}", start.0, start.1, end.0, end.1)
}

pub(crate) fn finding_line(
    severity: &str,
    code: &str,
    path: &str,
    message: &str,
    labels: impl Iterator<Item = String>,
    help: Option<&str>,
) -> String {
    let labels = labels.collect::<Vec<_>>().join("; ");
    let help = help.map(|help| format!(" help: {help}")).unwrap_or_default();
    format!("{severity}[{code}] {path}: {message} ({labels}){help}")
}
