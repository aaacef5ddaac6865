//! What is good once: a memory of what was used.

use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mxcp_runtime::ports::BoxFuture;
use mxcp_token::{ReplayError, Replays};

/// Remembers what was used until it expires. Servers that share a memory agree.
pub trait SingleUse: std::fmt::Debug + Send + Sync {
    /// What tells this memory from others: what was used elsewhere is not known here.
    ///
    /// # Errors
    /// Nobody could tell this memory from others.
    fn name(&self) -> Result<&str, UseError>;

    /// Uses something up. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// It was used before, or nobody can tell: then it is not to be acted on.
    fn use_up<'a>(&'a self, item: Item<'a>, now: i64) -> BoxFuture<'a, Result<(), UseError>>;
}

/// Something that is good once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// What it is: the same id means different things for different purposes.
    pub purpose: &'static str,
    /// Its id.
    pub id: &'a str,
    /// When it would be refused anyway, in seconds since 1970.
    pub expires_at: i64,
}

/// Why something is not to be acted on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UseError {
    /// It was used before.
    #[error("it was used before")]
    Used,
    /// Nobody can tell whether it was.
    #[error("{0}")]
    Unknown(String),
}

/// The memory of this process.
#[derive(Debug)]
pub struct UsedHere {
    /// None if there is no randomness to make one of.
    name: Option<String>,
    used: Mutex<Replays>,
}

impl UsedHere {
    /// Remembers up to `most` things at once.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { name: random(), used: Mutex::new(Replays::new(most)) }
    }
}

impl SingleUse for UsedHere {
    fn name(&self) -> Result<&str, UseError> {
        self.name.as_deref().ok_or_else(|| UseError::Unknown("there is no randomness".to_owned()))
    }

    fn use_up<'a>(&'a self, item: Item<'a>, now: i64) -> BoxFuture<'a, Result<(), UseError>> {
        let key = format!("{}:{}", item.purpose, item.id);
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = used.admit(&key, item.expires_at, now).map_err(|error| match error {
            ReplayError::Replayed => UseError::Used,
            ReplayError::Full => UseError::Unknown("more than can be remembered is used at once".to_owned()),
        });
        drop(used);
        Box::pin(async { outcome })
    }
}

/// An id that nobody can guess; none if there is no randomness.
pub(crate) fn random() -> Option<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok().map(|()| URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_thing_is_good_once_for_its_purpose_and_no_more_than_can_be_remembered() {
        let used = UsedHere::new(2);
        let item = |purpose, id| Item { purpose, id, expires_at: 100 };
        assert_eq!(used.use_up(item("a", "1"), 0).await, Ok(()));
        assert_eq!(used.use_up(item("a", "1"), 99).await, Err(UseError::Used));
        assert_eq!(used.use_up(item("b", "1"), 99).await, Ok(()));
        assert!(matches!(used.use_up(item("a", "2"), 99).await, Err(UseError::Unknown(_))));
        assert_eq!(used.use_up(Item { expires_at: 200, ..item("a", "2") }, 100).await, Ok(()));
    }

    #[test]
    fn no_two_memories_have_a_name() {
        assert_ne!(UsedHere::new(1).name(), UsedHere::new(1).name());
    }
}
