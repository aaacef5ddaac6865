//! The link between a running call and its caller.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::ports::{Ask, Notify};

/// Connects a call with its caller while it runs. A token alone is a link to someone who neither listens nor answers.
#[derive(Clone, Debug, Default)]
pub struct Link {
    /// Takes the call back.
    pub cancel: CancellationToken,
    /// Hears how the call goes.
    pub notify: Option<Arc<dyn Notify>>,
    /// Answers questions.
    pub ask: Option<Arc<dyn Ask>>,
}

impl From<CancellationToken> for Link {
    fn from(cancel: CancellationToken) -> Self {
        Self { cancel, notify: None, ask: None }
    }
}
