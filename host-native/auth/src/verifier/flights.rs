//! Asking once what many want to know at the same time.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::store::Digest;

/// Questions on their way, by the digest of the token they are about.
#[derive(Debug)]
pub(super) struct Flights<T>(Arc<Mutex<OnTheirWay<T>>>);

type OnTheirWay<T> = HashMap<Digest, watch::Receiver<Option<T>>>;

/// Takes a question off the list when it is answered, or when it never will be.
struct Landing<T> {
    flights: Arc<Mutex<OnTheirWay<T>>>,
    token: Digest,
}

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone + Send + Sync + 'static> Flights<T> {
    /// The answer to a question about a token: to the one that is on its way already, or to this one. Nobody who goes away
    /// takes the answer from the others. None if asking failed by a fault of ours.
    pub(super) async fn join<F>(&self, token: Digest, ask: impl FnOnce() -> F) -> Option<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut answer = {
            let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match flights.get(&token) {
                Some(answer) => answer.clone(),
                None => {
                    let (sender, answer) = watch::channel(None);
                    flights.insert(token, answer.clone());
                    let landing = Landing { flights: Arc::clone(&self.0), token };
                    let asking = ask();
                    tokio::spawn(async move {
                        let landing = landing;
                        let found = asking.await;
                        drop(landing);
                        sender.send_replace(Some(found));
                    });
                    answer
                }
            }
        };
        answer.wait_for(Option::is_some).await.ok()?.clone()
    }
}

impl<T> Drop for Landing<T> {
    fn drop(&mut self) {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.token);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn many_ask_once_and_the_next_one_asks_again() {
        let (flights, asked, go) =
            (Flights::default(), Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let ask = || {
            let (asked, go) = (Arc::clone(&asked), Arc::clone(&go));
            move || async move {
                asked.fetch_add(1, Ordering::SeqCst);
                go.notified().await;
                7
            }
        };
        let token = Digest([1; 32]);
        let (one, two, _) = tokio::join!(flights.join(token, ask()), flights.join(token, ask()), async {
            // The others are polled before.
            go.notify_one();
        });
        assert_eq!((one, two), (Some(7), Some(7)));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        go.notify_one();
        assert_eq!(flights.join(token, ask()).await, Some(7));
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_question_that_fails_blocks_nobody() {
        let flights: Flights<u8> = Flights::default();
        let token = Digest([1; 32]);
        assert_eq!(flights.join(token, || async { panic!("a fault") }).await, None);
        assert_eq!(flights.join(token, || async { 7 }).await, Some(7));
    }
}
