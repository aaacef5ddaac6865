//! What goes wrong when a project is built into a component, or such a component is served.

use std::path::PathBuf;

/// Any error beneath ours.
pub(crate) type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Why a component was not built or is not served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// This binary was made without the front end.
    #[error("this binary was built without the front end for the edge")]
    NoFrontEnd,
    /// A file can't be read or written.
    #[error("can't {action} `{}`", .path.display())]
    File {
        /// `read` or `write`.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The front end is not as this version expects it.
    #[error("the front end for the edge is not usable: {0}")]
    FrontEnd(String),
    /// The front end did not take the project.
    #[error("the front end did not take the project: {0}")]
    Setup(String),
    /// A tool's component can't be a part.
    #[error("component `{file}` can't be built in: {message}")]
    Tool {
        /// The component's file as definitions name it.
        file: String,
        /// Why.
        message: String,
    },
    /// The file is no component that answers HTTP.
    #[error("`{}` is no component that answers HTTP requests", .path.display())]
    NoHandler {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Fault,
    },
    /// The address can't be listened on.
    #[error("can't listen on {address}")]
    Listen {
        /// Host and port.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Something that can't be.
    #[error("{what}")]
    Defect {
        /// What failed.
        what: &'static str,
        /// Why.
        #[source]
        source: Fault,
    },
}

impl Error {
    pub(crate) fn defect(what: &'static str, source: impl Into<Fault>) -> Self {
        Error::Defect { what, source: source.into() }
    }
}
