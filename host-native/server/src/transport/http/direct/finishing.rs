//! Work that ends in its own way.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

/// Work that is taken back when nobody waits for it any more, and then goes on by itself until it has seen that: what it began it
/// undoes, and what became of it is recorded.
#[derive(Debug)]
pub(super) struct Finishing<F: Future<Output: Send> + Send + 'static> {
    /// None once it has ended.
    work: Option<Pin<Box<F>>>,
    cancel: CancellationToken,
}

impl<F: Future<Output: Send> + Send + 'static> Finishing<F> {
    /// `cancel` takes the work back.
    pub(super) fn new(work: Pin<Box<F>>, cancel: CancellationToken) -> Self {
        Self { work: Some(work), cancel }
    }
}

impl<F: Future<Output: Send> + Send + 'static> Future for Finishing<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Some(work) = &mut self.work else { return Poll::Pending };
        let progress = work.as_mut().poll(context);
        if progress.is_ready() {
            self.work = None;
        }
        progress
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for Finishing<F> {
    fn drop(&mut self) {
        let Some(work) = self.work.take() else { return };
        self.cancel.cancel();
        // Without a runtime the process ends.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn work_that_is_let_go_of_hears_so_and_ends() {
        let cancel = CancellationToken::new();
        let (tell, told) = oneshot::channel();
        let heard = cancel.clone();
        let work = async move {
            heard.cancelled().await;
            tell.send("ended").unwrap();
        };
        let waiting = Finishing::new(Box::pin(work), cancel);
        assert!(tokio::time::timeout(Duration::from_millis(1), waiting).await.is_err());
        assert_eq!(told.await, Ok("ended"));
    }

    #[tokio::test]
    async fn work_that_ended_is_not_taken_back() {
        let cancel = CancellationToken::new();
        assert_eq!(Finishing::new(Box::pin(async { 7 }), cancel.clone()).await, 7);
        assert!(!cancel.is_cancelled());
    }
}
