//! A server on an engine that plays along, without a project but for endpoints that ask their client.

pub(crate) mod asking;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use mxcp_core::audit::AuditRecord;
use mxcp_core::definition::{Kind, SqlText};
use mxcp_core::load::{self, Content, DefinitionFile};
use mxcp_core::registry::{Registry, Rows};
use mxcp_core::schema;
use mxcp_core::secret::Secrets;
use mxcp_core::value::{Object, Value};
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{
    AuditEvent, AuditSink, BoxFuture, CallFacts, Kept, Limiter, LogLevel, LogMessage, NoAudit, Progress,
    SqlCheck, SqlEngine, SqlError, SqlFunction, SqlRequest, SqlSession,
};
use mxcp_runtime::{Limits, Pipeline};
use tokio::sync::Semaphore;

use crate::server::Server;

/// An engine that understands a few words: `wait` runs until it is released or cancelled, `fail` fails, `speak`
/// tells of progress and logs, `crash` is a defect it knows of, `panic` one it doesn't, an empty text is rejected. Anything else gives one row: the text and the values bound.
#[derive(Debug)]
pub(crate) struct FakeEngine {
    /// A permit for each `wait` that has begun.
    pub(crate) begun: Semaphore,
    /// A permit for each `wait` that may end.
    pub(crate) released: Semaphore,
    /// A permit for each `wait` that was cancelled.
    pub(crate) cancelled: Semaphore,
}

impl FakeEngine {
    fn new() -> Arc<Self> {
        let none = || Semaphore::new(0);
        Arc::new(Self { begun: none(), released: none(), cancelled: none() })
    }

    async fn run(&self, request: SqlRequest) -> Result<Rows, SqlError> {
        match request.source.text.trim() {
            "" => return Err(SqlError::Rejected("No statement to execute".to_owned())),
            "fail" => return Err(SqlError::Rejected("Parser Error: no".to_owned())),
            "speak" => {
                let progress = |done| Progress { done, total: Some(2.0), message: None };
                request.scope.notify.progress(progress(1.0));
                for (level, text) in
                    [(LogLevel::Debug, "detail"), (LogLevel::Info, "half"), (LogLevel::Error, "oops")]
                {
                    request.scope.notify.log(LogMessage { level, logger: None, data: Value::string(text) });
                }
                request.scope.notify.progress(progress(2.0));
            }
            "crash" => return Err(SqlError::Internal("details of the defect".into())),
            "panic" => panic!("a defect"),
            "wait" => {
                self.begun.add_permits(1);
                tokio::select! {
                    permit = self.released.acquire() => permit.unwrap().forget(),
                    () = request.scope.cancel.cancelled() => {
                        self.cancelled.add_permits(1);
                        return Err(SqlError::Cancelled);
                    }
                }
            }
            _ => {}
        }
        let row = Object::from_iter([
            ("sql", Value::string(request.source.text.clone())),
            ("bound", Value::Object(Object::clone(&request.arguments))),
        ]);
        Ok(Rows { columns: vec!["sql".into(), "bound".into()], rows: vec![row] })
    }
}

impl SqlEngine for FakeEngine {
    fn execute(&self, request: SqlRequest) -> BoxFuture<'_, Result<Rows, SqlError>> {
        Box::pin(self.run(request))
    }

    fn check(&self, source: Arc<SqlText>) -> BoxFuture<'_, Result<SqlCheck, SqlError>> {
        let statements = usize::from(!source.text.trim().is_empty());
        Box::pin(async move { Ok(SqlCheck { statements, ..SqlCheck::default() }) })
    }

    fn replace_secrets(&self, _secrets: Secrets) -> BoxFuture<'_, Result<(), SqlError>> {
        Box::pin(async { Ok(()) })
    }

    fn define(&self, _functions: Vec<Arc<dyn SqlFunction>>) -> BoxFuture<'_, Result<(), SqlError>> {
        Box::pin(async { Ok(()) })
    }

    fn session(&self, _scope: Arc<CallScope>) -> Arc<dyn SqlSession> {
        unreachable!("no test of the server runs code")
    }

    fn release(&self) -> BoxFuture<'_, Result<(), SqlError>> {
        Box::pin(async { Ok(()) })
    }
}

/// Keeps every record.
#[derive(Debug, Default)]
pub(crate) struct Records(pub(crate) Mutex<Vec<AuditRecord>>);

impl AuditSink for Records {
    fn enabled(&self) -> bool {
        true
    }

    fn record(&self, record: AuditRecord, _facts: CallFacts) -> Kept {
        self.0.lock().unwrap().push(record);
        Kept::now()
    }

    fn event(&self, event: AuditEvent) {
        unreachable!("no test has {event:?}")
    }
}

/// A pipeline over the fake engine.
pub(crate) fn pipeline(limits: Limits) -> (Arc<Pipeline>, Arc<FakeEngine>) {
    audited(limits, Arc::new(NoAudit))
}

/// A pipeline over the fake engine whose calls are recorded.
pub(crate) fn audited(limits: Limits, audit: Arc<dyn AuditSink>) -> (Arc<Pipeline>, Arc<FakeEngine>) {
    let engine = FakeEngine::new();
    let sql: Arc<dyn SqlEngine> = Arc::<FakeEngine>::clone(&engine);
    (Arc::new(Pipeline::new(Registry::default(), sql, audit, limits)), engine)
}

/// A server over the fake engine.
pub(crate) fn server(limits: Limits) -> (Server, Arc<FakeEngine>) {
    let (pipeline, engine) = pipeline(limits);
    (Server::new(pipeline, Some(&schema::SqlTools::default())), engine)
}

/// A server over the fake engine where somebody counts requests.
pub(crate) fn limited_server(
    limiter: Arc<dyn Limiter>,
    limits: Option<mxcp_core::limits::Limits>,
) -> (Server, Arc<FakeEngine>) {
    let engine = FakeEngine::new();
    let sql: Arc<dyn SqlEngine> = Arc::<FakeEngine>::clone(&engine);
    let pipeline = Pipeline::new(Registry::default(), sql, Arc::new(NoAudit), Limits::default());
    let pipeline = pipeline.with_limiter(limiter);
    pipeline.limit_requests(limits.unwrap_or_default());
    (Server::new(Arc::new(pipeline), Some(&schema::SqlTools::default())), engine)
}

/// A server over the fake engine for the tools and resources of definitions.
pub(crate) fn project_server(definitions: &[(Kind, &str)]) -> Server {
    let file = |(index, (kind, text)): (usize, &(Kind, &str))| DefinitionFile {
        path: format!("{kind}s/d{index}.yml"),
        kind: *kind,
        content: Content::Bytes(text.as_bytes().to_vec()),
    };
    let files = definitions.iter().enumerate().map(file).collect();
    let registry = load::parse(files).load(&BTreeMap::new()).registry;
    assert_eq!(registry.endpoints().count(), definitions.len());
    let pipeline = Pipeline::new(registry, FakeEngine::new(), Arc::new(NoAudit), Limits::default());
    Server::new(Arc::new(pipeline), None)
}

/// A server over the fake engine for the tools of definitions, where somebody counts requests.
pub(crate) fn tools_server(
    definitions: &[&str],
    limits: mxcp_core::limits::Limits,
) -> (Server, Arc<FakeEngine>) {
    let file = |(index, text): (usize, &&str)| DefinitionFile {
        path: format!("tools/d{index}.yml"),
        kind: Kind::Tool,
        content: Content::Bytes(text.as_bytes().to_vec()),
    };
    let loaded = load::parse(definitions.iter().enumerate().map(file).collect()).load(&BTreeMap::new());
    assert_eq!(loaded.registry.endpoints().count(), definitions.len(), "{:?}", loaded.files);
    let engine = FakeEngine::new();
    let sql: Arc<dyn SqlEngine> = Arc::<FakeEngine>::clone(&engine);
    let pipeline = Pipeline::new(loaded.registry, sql, Arc::new(NoAudit), Limits::default());
    let pipeline = pipeline.with_limiter(Arc::new(mxcp_runtime::ProcessLimiter::new()));
    pipeline.limit_requests(limits);
    (Server::new(Arc::new(pipeline), None), engine)
}

/// A server over the fake engine with endpoints in Python that ask what they are told to ([`asking`]).
pub(crate) fn asking_server(limits: Limits) -> (Server, Arc<FakeEngine>) {
    let engine = FakeEngine::new();
    let sql: Arc<dyn SqlEngine> = Arc::<FakeEngine>::clone(&engine);
    let pipeline = Pipeline::new(asking::registry(), sql, Arc::new(NoAudit), limits);
    let pipeline = pipeline.with_python(Arc::new(asking::AskingEngine));
    (Server::new(Arc::new(pipeline), None), engine)
}
