//! What the stages of one call cost, without a server around them: time, allocations, and instructions, which are the same each
//! time.

pub(crate) mod allocations;
pub(crate) mod instructions;
mod whole;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use chrono::DateTime;
use mxcp_core::call::{Call, CallContext, Caller, Headers, OutputValidation, Principal, UnknownArguments};
use mxcp_core::definition::Kind;
use mxcp_core::load::{self, Content, DefinitionFile};
use mxcp_core::registry::{Output, Plan, Prepared, Registry, Rows};
use mxcp_core::schema::TextFormat;
use mxcp_core::value::{Object, Value};
use mxcp_duckdb::{Engine, Options as DatabaseOptions};
use mxcp_mcp::wire;
use mxcp_runtime::ports::{NoAudit, SqlEngine, SqlRequest};
use mxcp_runtime::{CallScope, Limits, Link, Pipeline};
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) use self::whole::of_server;
use crate::options::{Options, Repeated};
use crate::performance::GUARDED;
use crate::sample::median;

/// The stages, and what happens in them.
pub(crate) const STAGES: [(&str, &str); 5] = [
    ("prepare", "arguments and input policy: `Registry::prepare`"),
    ("decide", "the same, then output policy and result: `prepare` and `finish`"),
    ("query", "the query alone: `SqlEngine::execute`"),
    ("call", "all of these and what holds them together: `Pipeline::call`"),
    ("write", "the result as MCP and JSON: `wire::success`"),
];

/// Batches that times are taken of, and how often each goes through the stage.
const BATCHES: usize = 21;
const BATCH: usize = 500;

/// What a stage costs.
#[derive(Debug)]
pub(crate) struct Cost {
    /// What it is called.
    pub(crate) name: &'static str,
    /// Microseconds, in the median of batches.
    pub(crate) microseconds: f64,
    /// How often memory is asked for. DuckDB's own is not counted.
    pub(crate) allocations: f64,
    /// Instructions; none where there is no valgrind.
    pub(crate) instructions: Option<f64>,
}

/// Measures all stages.
pub(crate) fn measure(options: &Options) -> Result<Vec<Cost>> {
    let counts =
        |name: &str| instructions::are_counted().then(|| instructions::of_stage(options, name)).transpose();
    STAGES
        .iter()
        .map(|&(name, _)| {
            let mut stage = Stage::new(name)?;
            stage.repeat(BATCH)?;
            let mut times = Vec::with_capacity(BATCHES);
            for _ in 0..BATCHES {
                let begin = Instant::now();
                stage.repeat(BATCH)?;
                times.push(begin.elapsed().as_secs_f64() * 1e6 / BATCH as f64);
            }
            let before = allocations::count();
            stage.repeat(BATCH)?;
            let allocations = (allocations::count() - before) as f64 / BATCH as f64;
            Ok(Cost { name, microseconds: median(&times), allocations, instructions: counts(name)? })
        })
        .collect()
}

/// Goes through a stage so often and measures nothing: for those who count instructions.
pub(crate) fn repeat(Repeated { name, times }: &Repeated) -> Result<()> {
    Stage::new(name)?.repeat(*times)
}

/// A stage, ready to be gone through.
struct Stage {
    name: &'static str,
    pipeline: Pipeline,
    engine: Arc<Engine>,
    runtime: Runtime,
    /// The folder of the database.
    _folder: TempDir,
}

impl Stage {
    fn new(name: &str) -> Result<Self> {
        let Some((name, _)) = STAGES.iter().find(|(known, _)| *known == name) else {
            bail!("no stage `{name}`")
        };
        let folder = tempfile::tempdir()?;
        let engine = Arc::new(Engine::new(DatabaseOptions::new(folder.path().join("stages.duckdb"))));
        let sql: Arc<dyn SqlEngine> = Arc::<Engine>::clone(&engine);
        let pipeline = Pipeline::new(registry()?, sql, Arc::new(NoAudit), Limits::default());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { name, pipeline, engine, runtime, _folder: folder })
    }

    fn repeat(&mut self, times: usize) -> Result<()> {
        match self.name {
            "prepare" => (0..times).try_for_each(|_| self.prepare().map(drop)),
            "decide" => (0..times).try_for_each(|_| {
                let reply = self.prepare()?.finish(Ok(Output::Rows(rows())));
                reply.result().map(drop).map_err(|error| anyhow::anyhow!("{error}"))
            }),
            "query" => {
                let prepared = self.prepare()?;
                self.runtime.block_on(async {
                    for _ in 0..times {
                        self.engine.execute(request(&prepared)?).await?;
                    }
                    Ok(())
                })
            }
            "call" => self.runtime.block_on(async {
                for _ in 0..times {
                    let reply = self.pipeline.call(call(), context()?, Link::default()).await;
                    reply.into_result().map_err(|error| anyhow::anyhow!("{error}"))?;
                }
                Ok(())
            }),
            _ => {
                let reply = self.prepare()?.finish(Ok(Output::Rows(rows())));
                let success = reply.into_result().map_err(|error| anyhow::anyhow!("{error}"))?;
                (0..times).try_for_each(|_| {
                    let written = serde_json::to_vec(&wire::success(&success, TextFormat::Json))?;
                    anyhow::ensure!(!written.is_empty(), "nothing written");
                    Ok(())
                })
            }
        }
    }

    fn prepare(&self) -> Result<Prepared> {
        match self.pipeline.registry().prepare(call(), context()?) {
            Ok(prepared) => Ok(prepared),
            Err(_) => bail!("the call is refused"),
        }
    }
}

/// What the engine is asked for a call.
fn request(prepared: &Prepared) -> Result<SqlRequest> {
    let Plan::Sql { source, arguments } = prepared.plan() else { bail!("the tool is in SQL") };
    Ok(SqlRequest {
        source: Arc::clone(source),
        arguments: Arc::clone(arguments),
        row_tests: Vec::new(),
        scope: Arc::new(CallScope::new(prepared.context(), Link::default())),
        timeout: None,
    })
}

fn registry() -> Result<Registry> {
    let content = Content::Bytes(GUARDED.as_bytes().to_vec());
    let file = DefinitionFile { path: "tools/guarded.yml".to_owned(), kind: Kind::Tool, content };
    let loaded = load::parse(vec![file]).load(&BTreeMap::new());
    match loaded.files.iter().find_map(|file| file.first_error()) {
        Some(error) => bail!(error),
        None => Ok(loaded.registry),
    }
}

fn call() -> Call {
    Call {
        kind: Kind::Tool,
        name: "guarded".to_owned(),
        arguments: Object::from_iter([("n", Value::from_json(json!(41)))]),
        unknown_arguments: UnknownArguments::Drop,
        output_validation: OutputValidation::Check,
    }
}

fn context() -> Result<CallContext> {
    let user = json!({"user_id": "u-7", "username": "ada"});
    Ok(CallContext {
        request_id: "bench".to_owned(),
        now: DateTime::from_timestamp_micros(1_760_000_000_000_000).context("a valid time")?,
        caller: Caller::Http,
        principal: Some(Principal::from_context(Value::from_json(user), "bench")?.into()),
        headers: Headers::none(),
        session_id: None,
        trace: None,
    })
}

/// What the query gives.
fn rows() -> Rows {
    let row = [("answer", json!(42)), ("note", json!(7))];
    let row = row.map(|(name, value)| (name, Value::from_json(value)));
    Rows { columns: vec!["answer".into(), "note".into()], rows: vec![Object::from_iter(row)] }
}
