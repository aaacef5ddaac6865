//! Work beside the answers to clients.

use std::thread;

use tokio::sync::oneshot;

use crate::compose::STACK;
use crate::failure::Failure;

/// How much less of a busy machine such work gets than a thread that answers clients: about a quarter. With less than that, what
/// was edited would not be there soon.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 6;

/// Does something on a thread of its own, which gives way to those that answer clients.
///
/// # Errors
/// There is no thread to be had, or the work panics.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let (reply, done) = oneshot::channel();
    let thread = thread::Builder::new().name("aside".to_owned()).stack_size(STACK);
    thread.spawn(move || {
        give_way();
        // Nobody may wait any more.
        let _left = reply.send(work());
    })?;
    done.await.map_err(|_panicked| Failure::message("work beside the answers to clients ended abnormally"))
}

/// Has this thread, and no other, get less.
fn give_way() {
    // On Linux a thread has a priority of its own; elsewhere it would be that of the process.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "work beside the answers gets as much of the machine as they do");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn what_is_done_aside_gives_way_and_nothing_else_does() {
        let on_this_thread = || rustix::process::getpriority_process(None).unwrap();
        let before = on_this_thread();
        let aside = aside(on_this_thread).await.unwrap();
        assert_eq!(aside, (before + NICENESS).min(19));
        assert_eq!(on_this_thread(), before);
    }

    #[tokio::test]
    async fn a_panic_aside_is_a_failure() {
        let panicked: Result<(), _> = aside(|| panic!("a defect")).await;
        assert!(panicked.is_err());
    }
}
