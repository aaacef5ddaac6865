//! The socket that the API is served on.

use std::path::Path;
use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::administered::Administered;
use crate::error::Error;

#[cfg(unix)]
mod bound;

/// The API of a running server, until it is [closed](AdminSocket::close) or dropped. Either removes the socket.
#[derive(Debug)]
pub struct AdminSocket {
    stop: CancellationToken,
    serving: JoinHandle<()>,
    #[cfg(unix)]
    bound: bound::Bound,
}

#[cfg(unix)]
impl AdminSocket {
    /// Makes the socket, with its folder, for nobody but the user of the process, and answers there from now on. A socket
    /// that a server has left behind is replaced.
    ///
    /// # Errors
    /// Another server listens there, something else is there, or it can't be made.
    pub async fn open(path: &Path, server: Arc<dyn Administered>) -> Result<Self, Error> {
        let wanted = path.to_path_buf();
        let bound = tokio::task::spawn_blocking(move || bound::Bound::at(&wanted)).await;
        let failed = |source| Error::Socket { path: path.to_path_buf(), source };
        let (bound, listener) = bound.map_err(|panic| failed(panic.into()))??;
        let listener = tokio::net::UnixListener::from_std(listener).map_err(failed)?;
        let stop = CancellationToken::new();
        let answer = move |request| crate::service::answer(Arc::clone(&server), request);
        let serving = tokio::spawn(crate::connections::serve(listener, answer, stop.clone()));
        Ok(Self { stop, serving, bound })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.bound.path()
    }

    /// Removes the socket, and waits until what was asked is answered.
    pub async fn close(self) {
        drop(self.bound);
        self.stop.cancel();
        // It never panics; if it did, there would be nothing left to wait for.
        let _ended = self.serving.await;
    }
}

#[cfg(not(unix))]
impl AdminSocket {
    /// There are no such sockets.
    ///
    /// # Errors
    /// Always.
    pub async fn open(path: &Path, _server: Arc<dyn Administered>) -> Result<Self, Error> {
        let source = std::io::Error::from(std::io::ErrorKind::Unsupported);
        Err(Error::Socket { path: path.to_path_buf(), source })
    }

    /// Ends it.
    pub async fn close(self) {
        self.stop.cancel();
        let _ended = self.serving.await;
    }
}
