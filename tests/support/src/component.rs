//! The core as a component, in wasmtime.

mod question;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, ensure};
use mxcp_core::definition::Kind;
use mxcp_core::load;
use serde_json::{Value as Json, json};
use wasmtime::component::{Component, Linker, ResourceAny};
use wasmtime::{Config, Engine, OptLevel, Store, StoreLimits, StoreLimitsBuilder};

use crate::case::{Case, CaseCall, CaseQuestion};
use crate::entry::{ExplanationEntry, Listed, MatchEntry};
use crate::native;
use crate::transcript::{CallEntry, FileEntry, NOW, Surface};

#[allow(missing_debug_implementations, reason = "generated code")]
mod bindings {
    wasmtime::component::bindgen!({ path: "../../wit/core", world: "core" });
}

use bindings::Core;
use bindings::exports::mxcp::core::registry as wit;
use bindings::mxcp::core::types;

/// The component, compiled, of which instances are made.
pub struct Compiled {
    engine: Engine,
    component: Component,
}

/// What an instance may use in its life.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Units of work.
    pub fuel: u64,
    /// Bytes of memory.
    pub memory: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { fuel: u64::MAX, memory: usize::MAX }
    }
}

/// The core as a component: one instance.
pub struct Instance {
    store: Store<StoreLimits>,
    core: Core,
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Compiled")
    }
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Instance")
    }
}

/// Builds the component if it is not up to date, and gives its path.
///
/// # Errors
/// It does not build.
pub fn build() -> anyhow::Result<PathBuf> {
    let root = crate::workspace_root();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let build = ["build", "--quiet", "--package", "mxcp-core-component", "--target", "wasm32-wasip2"];
    let status = Command::new(cargo)
        .args(build)
        .args(["--profile", "component", "--message-format", "short"])
        .current_dir(&root)
        // What the surrounding `cargo test` sets for its own packages must not leak into another build.
        .env_remove("RUSTFLAGS")
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .status()
        .context("cargo can't be started")?;
    ensure!(status.success(), "the component does not build");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("wasm32-wasip2/component/mxcp_core_component.wasm"))
}

impl Compiled {
    /// The component, built if it is not up to date.
    ///
    /// # Errors
    /// It does not build.
    pub fn new() -> anyhow::Result<Self> {
        let mut config = Config::new();
        config.cranelift_opt_level(OptLevel::None).consume_fuel(true);
        let engine = Engine::new(&config)?;
        let component = Component::from_file(&engine, build()?)?;
        Ok(Self { engine, component })
    }

    /// An instance of the component whose every import but the hash seed is a trap: the core runs without
    /// asking its host for anything, and a case that makes it ask fails.
    ///
    /// # Errors
    /// It can't be instantiated within the limits.
    pub fn instance(&self, limits: Limits) -> anyhow::Result<Instance> {
        let mut linker = Linker::<StoreLimits>::new(&self.engine);
        linker.allow_shadowing(true);
        linker.define_unknown_imports_as_traps(&self.component)?;
        let mut seed = linker.instance("wasi:random/insecure-seed@0.2.6")?;
        seed.func_wrap("insecure-seed", |_, ()| Ok(((0_u64, 0_u64),)))?;
        let mut store =
            Store::new(&self.engine, StoreLimitsBuilder::new().memory_size(limits.memory).build());
        store.limiter(|limits| limits);
        store.set_fuel(limits.fuel)?;
        let core = Core::instantiate(&mut store, &self.component, &linker)?;
        Ok(Instance { store, core })
    }
}

impl Instance {
    /// An instance that may use what it likes.
    ///
    /// # Errors
    /// The component can't be compiled or instantiated.
    pub fn new() -> anyhow::Result<Self> {
        Compiled::new()?.instance(Limits::default())
    }

    /// The names of the component's imports, sorted.
    ///
    /// # Errors
    /// The component can't be read.
    pub fn imports() -> anyhow::Result<Vec<String>> {
        let Compiled { engine, component } = Compiled::new()?;
        let ty = component.component_type();
        let mut names: Vec<String> = ty.imports(&engine).map(|(name, _)| name.to_owned()).collect();
        names.sort();
        Ok(names)
    }
}

impl Surface for Instance {
    type Project = ResourceAny;

    fn load(&mut self, case: &Case) -> anyhow::Result<(ResourceAny, Vec<FileEntry>)> {
        let registry = self.core.mxcp_core_registry();
        let content = |text: &String| types::Content::Bytes(text.clone().into_bytes());
        let definitions: Vec<types::DefinitionFile> = case
            .files
            .iter()
            .filter_map(|(path, text)| {
                let kind = wit_kind(native::folder(path)?);
                Some(types::DefinitionFile { path: path.clone(), kind, content: content(text) })
            })
            .collect();
        let parsed = registry.parsed().call_constructor(&mut self.store, &definitions)?;
        let references = registry.parsed().call_references(&mut self.store, parsed)?;
        let sources: Vec<types::SourceFile> = references
            .into_iter()
            .map(|types::Reference { path, is_component }| {
                let content = match case.component(&load::Reference { path: path.clone(), is_component })? {
                    Some(component) => types::Content::Component(serde_json::to_string(&component)?),
                    None => case.files.get(&path).map_or(types::Content::Missing, content),
                };
                Ok(types::SourceFile { path, content })
            })
            .collect::<anyhow::Result<_>>()?;
        let loaded = registry.parsed().call_load(&mut self.store, parsed, &sources)?;
        let files = loaded.files.iter().map(file_entry).collect();
        Ok((loaded.registry, files))
    }

    fn listed(&mut self, project: &ResourceAny) -> anyhow::Result<Listed> {
        self.all_listed(*project)
    }

    fn call(&mut self, project: &ResourceAny, call: &CaseCall) -> anyhow::Result<CallEntry> {
        let registry = self.core.mxcp_core_registry();
        let (kind, name) = match (&call.tool, &call.resource, &call.prompt) {
            (Some(name), ..) => (types::Kind::Tool, name),
            (None, Some(uri), _) => (types::Kind::Resource, uri),
            (None, None, name) => {
                let name = name.as_ref().context("a call names a tool, a resource or a prompt")?;
                (types::Kind::Prompt, name)
            }
        };
        let request = types::Call {
            kind,
            name: name.clone(),
            arguments: serde_json::to_string(&call.arguments)?,
            unknown_arguments: if call.refuse_unknown {
                types::UnknownArguments::Refuse
            } else {
                types::UnknownArguments::Drop
            },
            check_output: !call.skip_output_validation,
        };
        let context = context(call.user.as_ref());
        let step = registry.project().call_prepare(&mut self.store, *project, &request, &context)?;
        let mut asked = None;
        let step = match step.map_err(anyhow::Error::from)? {
            wit::Step::Ask(pending) => {
                let question = registry.pending().call_question(&mut self.store, pending)?;
                let subject = registry.pending().call_subject(&mut self.store, pending)?;
                asked = Some((question, serde_json::from_str(&subject)?));
                self.answered(pending, call.answer.as_deref())?
            }
            step => step,
        };
        let registry = self.core.mxcp_core_registry();
        let (plan, reply) = match step {
            wit::Step::Ask(_) => anyhow::bail!("a call is asked about once"),
            wit::Step::Refused(reply) => (None, reply),
            wit::Step::Run(prepared) => {
                let plan = registry.prepared().call_plan(&mut self.store, prepared)?;
                let outcome = match &plan {
                    types::Plan::Done(outcome) => outcome.clone().map(types::Output::Value),
                    _ => outcome(call)?,
                };
                let plan = plan_entry(plan)?;
                let outcome = outcome.as_ref();
                let reply = registry.prepared().call_finish(&mut self.store, prepared, outcome)?;
                (Some(plan), reply.map_err(anyhow::Error::from)?)
            }
        };
        let audit = serde_json::from_str(&reply.audit)?;
        let (result, error) = match reply.outcome {
            Ok(success) => {
                let value: Json = serde_json::from_str(&success.value)?;
                let mut result = json!({ "value": value, "typed": success.typed });
                if let Some(blocks) = success.content {
                    result["content"] = blocks.into_iter().map(block_entry).collect::<anyhow::Result<_>>()?;
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
        project: &ResourceAny,
        kind: Kind,
        user: Option<&Json>,
    ) -> anyhow::Result<Vec<String>> {
        let listing = self.core.mxcp_core_listing();
        let context = context(user);
        let visible = listing.call_visible(&mut self.store, *project, wit_kind(kind), &context)?;
        visible.map_err(anyhow::Error::from)
    }

    fn explain(
        &mut self,
        project: &ResourceAny,
        question: &CaseQuestion,
    ) -> anyhow::Result<ExplanationEntry> {
        self.explanation(*project, question)
    }

    fn resources_at(&mut self, project: &ResourceAny, uri: &str) -> anyhow::Result<Vec<MatchEntry>> {
        self.matches(*project, uri)
    }

    fn lint(&mut self, project: &ResourceAny, clients: &[String]) -> anyhow::Result<Vec<String>> {
        self.findings(*project, clients)
    }
}

impl Instance {
    /// What comes of a call that a person must approve.
    fn answered(&mut self, pending: ResourceAny, answer: Option<&str>) -> anyhow::Result<wit::Step> {
        let guest = self.core.mxcp_core_registry().pending();
        let approval = match answer {
            Some("person") => Some(wit::Approval::Person),
            Some("beforehand") => Some(wit::Approval::Beforehand),
            _ => None,
        };
        if let Some(approval) = approval {
            return Ok(wit::Step::Run(guest.call_approve(&mut self.store, pending, approval)?));
        }
        let ended = match answer {
            Some("cancelled") => Some(types::ExecutionError::Cancelled),
            Some("awaits") => Some(types::ExecutionError::AwaitsInput),
            _ => None,
        };
        if let Some(ended) = ended {
            return Ok(wit::Step::Refused(guest.call_end(&mut self.store, pending, &ended)?));
        }
        let refused = match answer {
            Some("declined") => wit::Unapproved::Declined,
            Some("dismissed") => wit::Unapproved::Dismissed,
            Some("unsupported") => wit::Unapproved::Unsupported,
            Some(why) => wit::Unapproved::Unanswered(why.to_owned()),
            None => wit::Unapproved::NobodyToAsk,
        };
        Ok(wit::Step::Refused(guest.call_refuse(&mut self.store, pending, &refused)?))
    }
}

fn wit_kind(kind: Kind) -> types::Kind {
    match kind {
        Kind::Tool => types::Kind::Tool,
        Kind::Resource => types::Kind::Resource,
        Kind::Prompt => types::Kind::Prompt,
    }
}

fn context(user: Option<&Json>) -> types::Context {
    types::Context {
        request_id: "case".to_owned(),
        now: NOW,
        caller: types::Caller::Test,
        principal: user.map(|user| ("test".to_owned(), user.to_string())),
        session_id: None,
    }
}

fn outcome(call: &CaseCall) -> anyhow::Result<Result<types::Output, types::ExecutionError>> {
    if let Some(message) = &call.fails {
        return Ok(Err(types::ExecutionError::Failed(message.clone())));
    }
    if let Some(content) = &call.content {
        return Ok(Ok(types::Output::Content(content.to_string())));
    }
    if let Some(value) = &call.value {
        return Ok(Ok(types::Output::Value(value.to_string())));
    }
    if let Some(value) = &call.component {
        let value = (!value.is_null()).then(|| value.to_string());
        return Ok(Ok(types::Output::Component(value)));
    }
    let rows = call.rows.clone().unwrap_or_default();
    let columns = native::columns(&rows);
    Ok(Ok(types::Output::Rows(types::Rows { columns, rows: serde_json::to_string(&rows)? })))
}

fn plan_entry(plan: types::Plan) -> anyhow::Result<Json> {
    Ok(match plan {
        types::Plan::Sql(plan) => {
            let arguments: Json = serde_json::from_str(&plan.arguments)?;
            json!({ "sql": plan.text, "arguments": arguments })
        }
        types::Plan::Python(plan) => json!({
            "python": plan.file, "function": plan.function, "typed": plan.typed,
            "arguments": serde_json::from_str::<Json>(&plan.arguments)?,
        }),
        types::Plan::Component(plan) => json!({
            "component": plan.file, "export": plan.export,
            "arguments": serde_json::from_str::<Json>(&plan.arguments)?,
        }),
        types::Plan::Done(_) => json!("done"),
        types::Plan::Unsupported(what) => json!({ "unsupported": what }),
    })
}

fn block_entry(block: types::Block) -> anyhow::Result<Json> {
    use types::{Block, ResourceBody};
    Ok(match block {
        Block::Plain(value) => json!({ "plain": serde_json::from_str::<Json>(&value)? }),
        Block::Image(image) => json!({ "image": image.data, "mime_type": image.mime_type }),
        Block::Audio(audio) => json!({ "audio": audio.data, "mime_type": audio.mime_type }),
        Block::Embedded(resource) => match resource.body {
            ResourceBody::Text(text) => {
                json!({ "resource": resource.uri, "mime_type": resource.mime_type, "text": text })
            }
            ResourceBody::Blob(blob) => {
                json!({ "resource": resource.uri, "mime_type": resource.mime_type, "blob": blob })
            }
        },
        Block::Link(link) => json!({
            "link": link.uri, "name": link.name, "title": link.title, "description": link.description,
            "mime_type": link.mime_type, "size": link.size,
        }),
    })
}

fn error_entry(error: types::CallError) -> Json {
    use types::CallError;
    let (kind, message) = match error {
        CallError::InvalidArguments(errors) => {
            let errors: Vec<Json> = errors
                .into_iter()
                .map(|error| json!({ "pointer": error.pointer, "message": error.message }))
                .collect();
            return json!({ "invalid-arguments": errors });
        }
        CallError::UnknownEndpoint(message) => ("unknown-endpoint", message),
        CallError::InputDenied(message) => ("input-denied", message),
        CallError::OutputDenied(message) => ("output-denied", message),
        CallError::Execution(message) => ("execution", message),
        CallError::Shape(message) => ("shape", message),
        CallError::InvalidOutput(message) => ("invalid-output", message),
        CallError::TimedOut(message) => ("timed-out", message),
        CallError::Cancelled(message) => ("cancelled", message),
        CallError::AwaitsInput(message) => ("awaits-input", message),
        CallError::Overloaded(message) => ("overloaded", message),
        CallError::Internal(message) => ("internal", message),
    };
    json!({ kind: message })
}

fn file_entry(file: &types::LoadedFile) -> FileEntry {
    let state = match &file.state {
        types::FileState::Endpoint(name) => format!("endpoint {name}"),
        types::FileState::Broken => "broken".to_owned(),
        types::FileState::Disabled => "disabled".to_owned(),
        types::FileState::Foreign => "foreign".to_owned(),
    };
    FileEntry { path: file.path.clone(), state, findings: file.diagnostics.iter().map(finding).collect() }
}

fn finding(finding: &types::Diagnostic) -> String {
    let severity = match finding.severity {
        types::Severity::Info => "info",
        types::Severity::Warning => "warning",
        types::Severity::Error => "error",
    };
    let labels = finding.labels.iter().map(|label| {
        let point = |position: types::Position| (u64::from(position.line), u64::from(position.column));
        native::place(&label.file, point(label.start), point(label.end), &label.text)
    });
    native::finding_line(
        severity,
        &finding.code,
        &finding.path,
        &finding.message,
        labels,
        finding.help.as_deref(),
    )
}
