//! Work on large results, which would keep others waiting where calls are answered.

use std::future::pending;
use std::panic::resume_unwind;

use mxcp_core::registry::{ExecutionError, Output};
use mxcp_core::value::Value;
use mxcp_core::wit;
use tokio::task::spawn_blocking;

/// Rows or items above which a result is large. To check and to write so many takes about a millisecond.
const MANY: usize = 1000;

/// Does work on a thread for what takes long. A panic goes on where this is waited for. It needs a runtime of tokio.
pub async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime ends, and with it whoever waits here.
            Err(_) => pending().await,
        },
    }
}

/// Whether a value is a long list.
#[must_use]
pub fn is_long(value: &Value) -> bool {
    matches!(value, Value::Array(items) if items.len() > MANY)
}

/// Whether there is so much in what an engine gave that it is better finished apart.
pub(crate) fn is_much(outcome: &Result<Output, ExecutionError>) -> bool {
    match outcome {
        Ok(Output::Rows(rows)) => rows.rows.len() > MANY,
        Ok(Output::Value(value) | Output::Content(value)) => is_long(value),
        Ok(Output::Component(Some(wit::Value::List(items)))) => items.len() > MANY,
        Ok(Output::Component(_)) | Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_done_apart_leaves_its_thread_to_others() {
        let here = std::thread::current().id();
        assert_ne!(apart(|| std::thread::current().id()).await, here);
    }

    #[tokio::test]
    #[should_panic(expected = "a defect")]
    async fn a_panic_apart_is_one_here() {
        apart(|| panic!("a defect")).await;
    }
}
