//! Letting those go on whose records are written.

use std::sync::{Arc, OnceLock};

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

/// Those who wait for one write.
type Waiting = Vec<oneshot::Sender<()>>;

/// Wakes many who wait at once. Another thread wakes one task of the runtime only, which wakes the others: that is what it is
/// there for, since each wake from outside costs a lock and a call of the system. Clones are one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers(Arc<OnceLock<mpsc::UnboundedSender<Waiting>>>);

impl Answers {
    /// Has the runtime of this thread wake those who wait, if there is one.
    pub(crate) fn settle(&self) {
        if self.0.get().is_some() {
            return;
        }
        let Ok(runtime) = Handle::try_current() else { return };
        self.0.get_or_init(|| {
            let (sender, mut receiver) = mpsc::unbounded_channel::<Waiting>();
            runtime.spawn(async move {
                while let Some(waiting) = receiver.recv().await {
                    wake(waiting);
                }
            });
            sender
        });
    }

    /// Lets them all go on.
    pub(crate) fn give(&self, waiting: Waiting) {
        match self.0.get() {
            // The runtime may have ended, and others come after it.
            Some(sender) if waiting.len() > 1 && Handle::try_current().is_err() => {
                if let Err(mpsc::error::SendError(waiting)) = sender.send(waiting) {
                    wake(waiting);
                }
            }
            _ => wake(waiting),
        }
    }
}

fn wake(waiting: Waiting) {
    for waiting in waiting {
        let _ = waiting.send(());
    }
}
