//! The engine as the runtime sees it.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use mxcp_core::definition::SqlText;
use mxcp_core::registry::Rows;
use mxcp_core::secret::Secrets;
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{BoxFuture, SqlCheck, SqlEngine, SqlError, SqlFunction, SqlRequest, SqlSession};
use tokio::sync::oneshot;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::Options;
use crate::call_session::CallSession;
use crate::control::{CancelOnDrop, Control};
use crate::gate::closed;
use crate::pool::{Job, Pool, Work};
use crate::stock::Stock;

/// One database file, opened when it is first used.
///
/// Dropping it takes back what runs, and blocks until all connections are closed; [`Engine::close`] does so without
/// blocking. A second engine on the same file is refused, unless both only read.
#[derive(Debug)]
pub struct Engine {
    pool: Arc<Pool>,
    stock: Arc<Stock>,
}

impl Engine {
    /// An engine that has opened nothing and started no thread.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let connections = options.connections;
        let stock = Arc::new(Stock::new(options));
        Self { pool: Arc::new(Pool::new(Arc::clone(&stock), connections)), stock }
    }

    /// Opens the database now, for those who would rather fail early.
    ///
    /// # Errors
    /// [`SqlError::Unavailable`]: it can't be opened, or an extension can't be loaded.
    pub async fn open(&self) -> Result<(), SqlError> {
        self.ask(None, &CancellationToken::new(), |reply| Work::Open { reply }).await
    }

    /// Opens the file with other options from the next time on, which is after [`SqlEngine::release`]. How many queries
    /// run at a time stays as it is.
    pub fn reconfigure(&self, options: Options) {
        self.stock.store().reconfigure(options);
    }

    /// Takes back what runs, refuses what comes, and closes the file. Changes are safe without it.
    pub async fn close(&self) {
        let pool = Arc::clone(&self.pool);
        // Fails only when the runtime is going down, and then dropping the engine does the same.
        let _ = tokio::task::spawn_blocking(move || pool.close()).await;
    }

    /// Has a thread do something, and takes it back when the answer is no longer wanted.
    async fn ask<T>(
        &self,
        timeout: Option<Duration>,
        cancel: &CancellationToken,
        work: impl FnOnce(oneshot::Sender<Result<T, SqlError>>) -> Work,
    ) -> Result<T, SqlError> {
        let control = Arc::<Control>::default();
        let (reply, answer) = oneshot::channel();
        let _cancel = CancelOnDrop(Arc::clone(&control));
        self.pool.submit(Job { control, work: work(reply) }).map_err(|error| SqlError::Unavailable {
            message: format!("can't start a database thread: {error}"),
        })?;
        tokio::select! {
            biased;
            answer = answer => answer.unwrap_or_else(|_| Err(closed())),
            () = cancel.cancelled() => Err(SqlError::Cancelled),
            elapsed = sleep(timeout) => Err(SqlError::TimedOut(elapsed)),
        }
    }
}

impl Engine {
    /// The scope for what functions of the project do in a query. It is taken back with the query, even if the call goes
    /// on; dropping the guard does so.
    fn within(&self, scope: Arc<CallScope>) -> (Arc<CallScope>, Option<DropGuard>) {
        if !self.stock.store().has_functions() {
            return (scope, None);
        }
        let cancel = scope.cancel.child_token();
        (
            Arc::new(CallScope { cancel: cancel.clone(), ..CallScope::clone(&scope) }),
            Some(cancel.drop_guard()),
        )
    }
}

impl SqlEngine for Engine {
    fn execute(&self, request: SqlRequest) -> BoxFuture<'_, Result<Rows, SqlError>> {
        Box::pin(async move {
            let SqlRequest { source, arguments, row_tests, scope, timeout } = request;
            if scope.cancel.is_cancelled() {
                return Err(SqlError::Cancelled);
            }
            let cancel = scope.cancel.clone();
            let (scope, _over) = self.within(scope);
            let work = |reply| Work::Execute { source, arguments, row_tests, scope, reply };
            self.ask(timeout, &cancel, work).await
        })
    }

    fn check(&self, source: Arc<SqlText>) -> BoxFuture<'_, Result<SqlCheck, SqlError>> {
        Box::pin(async move {
            self.ask(None, &CancellationToken::new(), |reply| Work::Check { source, reply }).await
        })
    }

    fn define(&self, functions: Vec<Arc<dyn SqlFunction>>) -> BoxFuture<'_, Result<(), SqlError>> {
        Box::pin(async move {
            self.ask(None, &CancellationToken::new(), |reply| Work::Define { functions, reply }).await
        })
    }

    fn session(&self, scope: Arc<CallScope>) -> Arc<dyn SqlSession> {
        Arc::new(CallSession::new(Arc::clone(&self.stock), scope))
    }

    fn release(&self) -> BoxFuture<'_, Result<(), SqlError>> {
        Box::pin(async move {
            let quiet = self.stock.quiet().await;
            let stock = Arc::clone(&self.stock);
            // Closing writes what isn't in the file yet, and goes on should nobody wait for it any more.
            let released = tokio::task::spawn_blocking(move || stock.release(quiet)).await;
            released.map_err(|error| SqlError::Internal(error.into()))
        })
    }

    fn changes(&self) -> u64 {
        self.stock.store().version().data
    }

    fn replace_secrets(&self, secrets: Secrets) -> BoxFuture<'_, Result<(), SqlError>> {
        Box::pin(async move {
            self.ask(None, &CancellationToken::new(), |reply| Work::ReplaceSecrets { secrets, reply }).await
        })
    }
}

/// Waits, forever without a timeout, and gives the time waited.
async fn sleep(timeout: Option<Duration>) -> Duration {
    match timeout {
        Some(timeout) => {
            tokio::time::sleep(timeout).await;
            timeout
        }
        None => pending().await,
    }
}

#[cfg(test)]
mod tests;
