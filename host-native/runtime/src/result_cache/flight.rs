//! One call for which others wait that ask the same.

use std::sync::Arc;

use mxcp_core::definition::Endpoint;
use tokio::sync::watch;

use super::{Epoch, Kept, Key, ResultCache};
use crate::knowledge::Known;

/// What comes of a call for those who wait for it.
#[derive(Clone, Debug)]
pub(crate) enum Landing {
    /// Its result is theirs as well.
    Shared(Arc<Kept>),
    /// Its result may not be theirs: its code has come to know more of the caller than stands in the key. They ask again, as the
    /// endpoint's key is another one from now on.
    Personal,
    /// It has none that anybody could share: each makes a call of its own.
    Nothing,
}

/// A wait for a call that somebody else makes.
#[derive(Debug)]
pub(crate) struct Flight(watch::Receiver<Option<Landing>>);

/// Whoever makes the call. Dropped before it has landed, as when nobody waits for its answer any more, it leaves the call to one
/// of those who wait.
#[derive(Debug)]
pub(crate) struct Leader {
    results: Arc<ResultCache>,
    epoch: Epoch,
    key: Key,
    number: u64,
    tell: watch::Sender<Option<Landing>>,
}

impl Flight {
    pub(super) fn new(landing: watch::Receiver<Option<Landing>>) -> Self {
        Self(landing)
    }

    /// What came of the call; none if whoever made it has gone away.
    pub(crate) async fn landed(mut self) -> Option<Landing> {
        self.0.wait_for(Option::is_some).await.ok().and_then(|landing| landing.clone())
    }
}

impl Leader {
    pub(super) fn new(
        results: Arc<ResultCache>,
        epoch: Epoch,
        key: Key,
        number: u64,
        tell: watch::Sender<Option<Landing>>,
    ) -> Self {
        Self { results, epoch, key, number, tell }
    }

    /// The call gave a result that depends on nothing but what stands in the key.
    pub(crate) fn shares(self, kept: &Arc<Kept>) {
        self.results.keep(self.epoch, self.key, kept, None);
        self.lands(Landing::Shared(Arc::clone(kept)));
    }

    /// The code of the endpoint has come to know more of the caller than stands in the key: `key` is the one in which that stands.
    pub(crate) fn keeps(self, kept: &Arc<Kept>, key: Key, endpoint: &Endpoint, known: Known) {
        self.results.keep(self.epoch, key, kept, Some((endpoint, known)));
        self.lands(Landing::Personal);
    }

    /// The call gave nothing that can be kept.
    pub(crate) fn fails(self) {
        self.lands(Landing::Nothing);
    }

    fn lands(&self, landing: Landing) {
        // First, so that whoever comes from now on finds what is kept or makes a call.
        self.results.landed(&self.key, self.number);
        self.tell.send_replace(Some(landing));
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        self.results.landed(&self.key, self.number);
    }
}
