//! Calls that take longer than a turn.

use std::future::{Future, poll_fn};
use std::panic::resume_unwind;
use std::task::Poll;

use mxcp_runtime::ports::ComponentError;
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;

/// Begins a call where it is asked for, which is where most end at once. If it has to wait, or computes for longer than a
/// turn, it goes on in `runtime`, so that those who talk with clients on this thread are not kept waiting turn after turn.
///
/// # Errors
/// As the call; it is cancelled if the runtime ends.
pub(crate) async fn go_on<T: Send + 'static>(
    call: impl Future<Output = Result<T, ComponentError>> + Send + 'static,
    runtime: Option<&Handle>,
) -> Result<T, ComponentError> {
    let mut call = Box::pin(call);
    if let Poll::Ready(done) = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await {
        return done;
    }
    let Some(runtime) = runtime.filter(|runtime| runtime.id() != Handle::current().id()) else {
        return call.await;
    };
    match AbortOnDropHandle::new(runtime.spawn(call)).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => Err(ComponentError::Cancelled),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use tokio::runtime::Builder;
    use tokio::sync::oneshot;
    use tokio::task::yield_now;

    use super::*;

    #[test]
    fn what_takes_longer_goes_on_elsewhere_and_ends_with_its_caller() {
        let here = Builder::new_current_thread().build().unwrap();
        let elsewhere = Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let runtime = Some(elsewhere.handle());
        here.block_on(async {
            let this = thread::current().id();
            assert_eq!(go_on(async { Ok(thread::current().id()) }, runtime).await.unwrap(), this);
            let longer = async {
                yield_now().await;
                Ok(thread::current().id())
            };
            assert_ne!(go_on(longer, runtime).await.unwrap(), this);

            let (held, dropped) = oneshot::channel::<()>();
            let endless = async move {
                let _held = held;
                loop {
                    yield_now().await;
                }
            };
            let mut call = Box::pin(go_on::<()>(endless, runtime));
            assert!(poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await.is_pending());
            drop(call);
            // It is the end of the channel that is told.
            dropped.await.unwrap_err();
        });
    }
}
