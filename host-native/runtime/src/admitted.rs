//! Hearing that a call runs.

use tokio_util::sync::CancellationToken;

/// Hears when a call has been let in: nothing about it is wrong, nobody denies it, and there is a place for it. A call that is
/// refused is never let in.
#[derive(Clone, Debug, Default)]
pub struct Admitted(CancellationToken);

impl Admitted {
    /// Says that the call has been let in.
    pub fn tell(&self) {
        self.0.cancel();
    }

    /// Waits until the call has been let in.
    pub async fn wait(&self) {
        self.0.cancelled().await;
    }

    /// Whether the call has been let in.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.0.is_cancelled()
    }
}
