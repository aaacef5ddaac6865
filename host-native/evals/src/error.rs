//! Why there is no model, and why it gave no answer.

use std::time::Duration;

/// Why a model can't be asked. The texts are those by which users of the reference implementation look for what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The user file tells of no models.
    #[error(
        "No models configuration found in user config: name them under `models`, mostly in ~/.mxcp/config.yml"
    )]
    NoModels,
    /// The user file does not tell of this one.
    #[error("Model '{0}' not configured in user config: add it under `models.models`")]
    Unknown(String),
    /// It has no key.
    #[error("No API key configured for model '{0}'")]
    NoKey(String),
    /// Its address is none.
    #[error("`base_url` of model '{0}' is no URL of HTTP")]
    BadUrl(String),
    /// Nothing was recorded of it.
    #[error("Model '{0}' is neither configured in user config nor recorded")]
    NotRecorded(String),
}

/// Why a model gave no answer. No text has a key, or more of an address than its host and path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// It refuses.
    #[error("HTTP {status} from {url}{}", after(.said))]
    Status {
        /// The status.
        status: u16,
        /// Where it was asked.
        url: String,
        /// What it says, cut; empty if it says nothing.
        said: String,
    },
    /// It wants to be asked much later.
    #[error("HTTP {status} from {url}, which asks to wait for {} s", .wait.as_secs())]
    Busy {
        /// The status.
        status: u16,
        /// Where it was asked.
        url: String,
        /// For how long.
        wait: Duration,
    },
    /// It takes too long.
    #[error("no answer from {url} within {seconds} s")]
    Slow {
        /// Where it was asked.
        url: String,
        /// The limit.
        seconds: u64,
    },
    /// There is no way to it.
    #[error("{url} can't be reached: {why}")]
    Unreachable {
        /// Where it was asked.
        url: String,
        /// Why.
        why: String,
    },
    /// What it says is not what its interface says.
    #[error("the answer from {url} is not of the form that the interface `{interface}` has")]
    Shape {
        /// Where it was asked.
        url: String,
        /// The interface.
        interface: &'static str,
    },
    /// The recording has no answer to this.
    #[error("no answer to this request is recorded (digest {digest}): record again with --record")]
    NotRecorded {
        /// Digest of the request, cut.
        digest: String,
    },
    /// The answer can't be recorded.
    #[error("the answer can't be recorded: {0}")]
    Unrecordable(String),
    /// The user has stopped it.
    #[error("Operation cancelled by user")]
    Cancelled,
}

fn after(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}
