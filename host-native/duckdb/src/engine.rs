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
use tokio_util::sync::CancellationToken;

use crate::Options;
use crate::control::{CancelOnDrop, Control};
use crate::identity::Caller;
use crate::pool::{Job, Pool, Work};
use crate::store::Store;

/// One database file, opened when it is first used.
///
/// Dropping it takes back what runs, and blocks until all connections are closed; [`Engine::close`] does so without
/// blocking. A second engine on the same file is refused, unless both only read.
#[derive(Debug)]
pub struct Engine {
    pool: Arc<Pool>,
}

impl Engine {
    /// An engine that has opened nothing and started no thread.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let connections = options.connections;
        Self { pool: Arc::new(Pool::new(Arc::new(Store::new(options)), connections)) }
    }

    /// Opens the database now, for those who would rather fail early.
    ///
    /// # Errors
    /// [`SqlError::Unavailable`]: it can't be opened, or an extension can't be loaded.
    pub async fn open(&self) -> Result<(), SqlError> {
        self.ask(None, &CancellationToken::new(), |reply| Work::Open { reply }).await
    }

    /// Closes the file as `release` does, and opens it in another way the next time.
    ///
    /// # Errors
    /// None yet.
    pub async fn reconfigure(&self, _options: Options) -> Result<(), SqlError> {
        Ok(())
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

impl SqlEngine for Engine {
    fn execute(&self, request: SqlRequest) -> BoxFuture<'_, Result<Rows, SqlError>> {
        Box::pin(async move {
            let SqlRequest { source, arguments, scope, timeout } = request;
            if scope.cancel.is_cancelled() {
                return Err(SqlError::Cancelled);
            }
            let caller = Caller {
                principal: scope.principal.clone(),
                headers: scope.headers.clone(),
                notify: Some(Arc::clone(&scope.notify)),
            };
            self.ask(timeout, &scope.cancel, |reply| Work::Execute { source, arguments, caller, reply }).await
        })
    }

    fn check(&self, source: Arc<SqlText>) -> BoxFuture<'_, Result<SqlCheck, SqlError>> {
        Box::pin(async move {
            self.ask(None, &CancellationToken::new(), |reply| Work::Check { source, reply }).await
        })
    }

    fn define(&self, _functions: Vec<Arc<dyn SqlFunction>>) -> BoxFuture<'_, Result<(), SqlError>> {
        Box::pin(async { Ok(()) })
    }

    fn session(&self, _scope: Arc<CallScope>) -> Arc<dyn SqlSession> {
        todo!()
    }

    fn release(&self) -> BoxFuture<'_, Result<(), SqlError>> {
        Box::pin(async { Ok(()) })
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

fn closed() -> SqlError {
    SqlError::Unavailable { message: "the database is closed".to_owned() }
}

#[cfg(test)]
mod tests;
