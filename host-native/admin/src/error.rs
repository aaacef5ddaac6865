//! Why a server can't be looked after.

use std::io;
use std::path::PathBuf;

/// Why it can't be listened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another server answers there.
    #[error("another server listens on the admin socket {}", .path.display())]
    InUse {
        /// The socket.
        path: PathBuf,
    },
    /// What is there is something else.
    #[error("{} is there already, and is no socket", .path.display())]
    NoSocket {
        /// The path.
        path: PathBuf,
    },
    /// The socket can't be made.
    #[error("can't make the admin socket {}", .path.display())]
    Socket {
        /// The socket.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// The port can't be listened on.
    #[error("can't listen on {host}:{port} for health checks and metrics")]
    Port {
        /// The host asked for.
        host: String,
        /// The port asked for.
        port: u16,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
}

/// Why a server can't be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Nobody answers.
    #[error("no server answers on the admin socket {}", .path.display())]
    Nobody {
        /// The socket.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// The connection broke.
    #[error("the server's answer can't be read")]
    Broken(#[from] io::Error),
    /// It is no answer of this API.
    #[error("the server's answer is not understood")]
    Misunderstood,
}
