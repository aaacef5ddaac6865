//! The server behind every transport.

use std::mem;
use std::sync::{Arc, PoisonError, RwLock, Weak};

use mxcp_core::call::CallError;
use mxcp_core::registry::Registry;
use mxcp_core::schema;
use mxcp_runtime::Pipeline;
use mxcp_runtime::ports::Ahead;
use rmcp::model::{Implementation, JsonObject, MetaObject, ServerCapabilities, ServerConfig};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::asking::Seal;
use crate::catalog::Catalog;
use crate::context::RequestIds;
use crate::error::Error;
use crate::session::{Reach, Session};
use crate::single_use::SingleUse;
use crate::sql_tools::SqlTools;
use crate::tasks::Tasks;
use mxcp_mcp::wire;

/// Most clients that listen for news at once, since 2026-07-28.
const LISTENERS: usize = 10_000;

/// Answers the methods of MCP. Clones share everything; each connection has one of its own ([`Server::connected`]).
#[derive(Clone, Debug)]
pub struct Server {
    shared: Arc<Shared>,
    session: Arc<Session>,
    seal: Arc<Seal>,
    admission: Admission,
}

/// Who may make calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Admission {
    /// Whoever the transport lets in.
    Open,
    /// Nobody: callers would have to say who they are, and there is no way to.
    Closed,
}

#[derive(Debug)]
struct Shared {
    pipeline: Arc<Pipeline>,
    sql_tools: Option<SqlTools>,
    /// That of the current generation, and for a moment that of the next one.
    catalogs: RwLock<Vec<Arc<Catalog>>>,
    request_ids: RequestIds,
    config: ServerConfig,
    identity: MetaObject,
    closing: CancellationToken,
    listeners: Semaphore,
    tasks: Tasks,
}

impl Server {
    /// A server for the endpoints of a pipeline. With `sql_tools`, the built-in SQL tools are served too,
    /// described as these settings say; whether they are enabled is the caller's decision.
    #[must_use]
    pub fn new(pipeline: Arc<Pipeline>, sql_tools: Option<&schema::SqlTools>) -> Self {
        let sql_tools = sql_tools.map(SqlTools::new);
        let catalog = catalog(&pipeline, pipeline.registry(), sql_tools.as_ref());
        let implementation = Implementation::new("mxcp", env!("CARGO_PKG_VERSION")).with_title("mxcp");
        let mut capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_resources()
            .enable_resources_list_changed()
            .enable_resources_subscribe()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_completions()
            .build();
        capabilities.logging = Some(JsonObject::new());
        let shared = Shared {
            pipeline,
            sql_tools,
            catalogs: RwLock::new(vec![Arc::new(catalog)]),
            request_ids: RequestIds::new(),
            identity: wire::identity(&implementation),
            config: ServerConfig::new(capabilities).with_server_info(implementation),
            closing: CancellationToken::new(),
            listeners: Semaphore::new(LISTENERS),
            tasks: Tasks::new(),
        };
        let shared = Arc::new(shared);
        let ahead: Weak<dyn Ahead> = Arc::<Shared>::downgrade(&shared);
        shared.pipeline.tell_ahead(ahead);
        let session = Arc::new(Session::new(Reach::Anytime));
        let seal = Arc::new(Seal::random());
        Self { shared, session, seal, admission: Admission::Open }
    }

    /// The same server with a key of its own choice for what clients bring along when they make a call again with answers
    /// to its questions. Servers that share a key continue each other's calls; without one, each has its own.
    ///
    /// # Errors
    /// The key has less than 32 bytes.
    pub fn with_state_key(self, key: &[u8]) -> Result<Self, Error> {
        Ok(Self { seal: Arc::new(Seal::with_key(key)?), ..self })
    }

    /// The same server as one of several that share a key, as [`with_state_key`](Self::with_state_key) has it, and the memory of
    /// what was used: an approval that one of them asked for is good at any of them, and once.
    ///
    /// # Errors
    /// The key has less than 32 bytes.
    pub fn sharing(self, key: &[u8], used: Arc<dyn SingleUse>) -> Result<Self, Error> {
        Ok(Self { seal: Arc::new(Seal::with_key(key)?.with_single_use(used)), ..self })
    }

    /// The same server where callers have to say who they are and can't, as over standard input and output: it says what
    /// there is, and every call fails.
    #[must_use]
    pub fn refusing_calls(self) -> Self {
        Self { admission: Admission::Closed, ..self }
    }

    /// Whether a call may be made at all.
    ///
    /// # Errors
    /// Nobody can say who makes it.
    pub(crate) fn admits_calls(&self) -> Result<(), CallError> {
        match self.admission {
            Admission::Open => Ok(()),
            Admission::Closed => Err(CallError::Execution("401: Authentication required".to_owned())),
        }
    }

    /// The same server for another client, of which nothing is known yet.
    pub(crate) fn connected(&self, reach: Reach) -> Self {
        Self { session: Arc::new(Session::new(reach)), ..self.clone() }
    }

    /// Seals what clients bring along from one round of a call to the next.
    pub(crate) fn seal(&self) -> &Arc<Seal> {
        &self.seal
    }

    /// What the client of this connection asked for.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Cancelled when the server is about to stop, so that requests without an end of their own find one.
    pub(crate) fn closing(&self) -> &CancellationToken {
        &self.shared.closing
    }

    /// The places of those who listen for news.
    pub(crate) fn listeners(&self) -> &Semaphore {
        &self.shared.listeners
    }

    /// Calls that run as tasks.
    pub(crate) fn tasks(&self) -> &Tasks {
        &self.shared.tasks
    }

    pub(crate) fn pipeline(&self) -> &Pipeline {
        &self.shared.pipeline
    }

    pub(crate) fn sql_tools(&self) -> Option<&SqlTools> {
        self.shared.sql_tools.as_ref()
    }

    /// What clients are told of the server when they connect.
    pub(crate) fn config(&self) -> &ServerConfig {
        &self.shared.config
    }

    /// The `_meta` that names the server in every result since 2026-07-28.
    pub(crate) fn identity(&self) -> MetaObject {
        self.shared.identity.clone()
    }

    pub(crate) fn request_ids(&self) -> &RequestIds {
        &self.shared.request_ids
    }

    /// The tools of the current generation, prepared once for all who list them.
    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        let registry = self.pipeline().registry();
        let catalogs = self.shared.catalogs.read().unwrap_or_else(PoisonError::into_inner);
        let known = catalogs.iter().find(|catalog| catalog.describes(&registry)).cloned();
        drop(catalogs);
        // None only if the generation was replaced just now.
        known.unwrap_or_else(|| Arc::new(catalog(self.pipeline(), registry, self.sql_tools())))
    }
}

impl Ahead for Shared {
    fn comes(&self, registry: &Arc<Registry>) {
        let fresh = Arc::new(catalog(&self.pipeline, Arc::clone(registry), self.sql_tools.as_ref()));
        self.catalogs.write().unwrap_or_else(PoisonError::into_inner).push(fresh);
    }

    fn came(&self) {
        let registry = self.pipeline.registry();
        let mut catalogs = self.catalogs.write().unwrap_or_else(PoisonError::into_inner);
        let (kept, gone): (Vec<_>, Vec<_>) =
            mem::take(&mut *catalogs).into_iter().partition(|catalog| catalog.describes(&registry));
        *catalogs = kept;
        drop(catalogs);
        // Not under the lock: it takes a while where there are many.
        drop(gone);
    }
}

/// What a generation serves: with cursors where results are kept.
fn catalog(pipeline: &Pipeline, registry: Arc<Registry>, sql_tools: Option<&SqlTools>) -> Catalog {
    let catalog = Catalog::new(registry, sql_tools);
    if pipeline.results().is_some() { catalog.with_cursors() } else { catalog }
}

#[cfg(test)]
mod tests {
    use mxcp_runtime::Limits;

    use super::*;
    use crate::testing;

    #[test]
    fn the_lists_of_a_generation_are_made_before_it_begins_and_those_before_are_forgotten() {
        let (pipeline, _engine) = testing::pipeline(Limits::default());
        let server = Server::new(Arc::clone(&pipeline), None);
        for _ in 0..2 {
            pipeline.replace(Registry::default());
            let ready = server.shared.catalogs.read().unwrap().clone();
            assert_eq!(ready.len(), 1);
            assert!(ready[0].describes(&pipeline.registry()));
            assert!(Arc::ptr_eq(&ready[0], &server.catalog()));
        }
    }
}
