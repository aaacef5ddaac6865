//! Defects that show as panics, kept to the call they happen in.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;

/// The work panicked; the panic hook has told the operator where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Panicked;

/// Runs a future to its end or its panic. Without this, the task that answers the client would die and the client wait
/// for ever.
///
/// It comes in a box since calls are large: each function that is given one by value has room for it twice, and all of that is
/// copied whenever a future around it is moved.
pub(crate) async fn caught<F: Future + ?Sized>(mut future: Pin<Box<F>>) -> Result<F::Output, Panicked> {
    // The future is dropped right after a panic, so nobody sees what it left half done.
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(progress) => progress.map(Ok),
        Err(_) => std::task::Poll::Ready(Err(Panicked)),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_after_a_wait_is_caught() {
        let work = async {
            tokio::task::yield_now().await;
            panic!("a defect");
        };
        let work: Pin<Box<dyn Future<Output = ()>>> = Box::pin(work);
        assert_eq!(caught(work).await, Err(Panicked));
    }

    #[tokio::test]
    async fn a_result_passes_through() {
        assert_eq!(caught(Box::pin(async { 7 })).await, Ok(7));
    }
}
