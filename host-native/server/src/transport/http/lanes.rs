//! Threads that talk with clients.
//!
//! Each has a runtime of its own, and a connection stays with one of them. A runtime with several workers wakes the others whenever
//! something comes in, in case there is more; where a call is little work, that is much of its time
//! ([decision 11](../../../../../docs/decisions/0011-lanes.md)).

use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use std::{io, thread};

use tokio::runtime::{Builder, Handle};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Bytes of stack of the threads, which also plan queries for whoever asks on them.
const STACK: usize = 8 * 1024 * 1024;

/// How often a thread that is to end looks whether everything on it has.
const LOOK: Duration = Duration::from_millis(50);

/// Threads that each take some of the connections. Dropped, they end as soon as nothing runs on them any more.
#[derive(Debug)]
pub(super) struct Lanes {
    all: Vec<Lane>,
    _stop: DropGuard,
}

/// One thread.
#[derive(Debug)]
struct Lane {
    runtime: Handle,
    /// How many connections it has.
    taken: Arc<AtomicUsize>,
}

/// A place on a lane.
#[derive(Debug)]
struct Place(Arc<AtomicUsize>);

impl Lanes {
    /// As many as there are processors.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(super) fn start() -> io::Result<Self> {
        let stop = CancellationToken::new();
        let count = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let all = (0..count).map(|index| Lane::start(index, stop.clone())).collect::<io::Result<_>>()?;
        Ok(Self { all, _stop: stop.drop_guard() })
    }

    /// Has the lane with the fewest connections talk with one more.
    pub(super) fn spawn(&self, talk: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        match self.all.iter().min_by_key(|lane| lane.taken.load(Ordering::Relaxed)) {
            Some(lane) => {
                lane.taken.fetch_add(1, Ordering::Relaxed);
                let place = Place(Arc::clone(&lane.taken));
                lane.runtime.spawn(async move {
                    talk.await;
                    drop(place);
                })
            }
            None => tokio::spawn(talk),
        }
    }
}

impl Lane {
    fn start(index: usize, stop: CancellationToken) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().thread_stack_size(STACK).build()?;
        let lane = Self { runtime: runtime.handle().clone(), taken: Arc::default() };
        thread::Builder::new().name(format!("http-{index}")).stack_size(STACK).spawn(move || {
            runtime.block_on(async {
                stop.cancelled().await;
                // A record that waits for its place in the audit log does so here.
                while Handle::current().metrics().num_alive_tasks() > 0 {
                    tokio::time::sleep(LOOK).await;
                }
            });
            runtime.shutdown_background();
        })?;
        Ok(lane)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn connections_are_spread_and_what_runs_on_a_lane_ends_before_it() {
        let lanes = Lanes::start().unwrap();
        let names: Vec<_> = lanes.all.iter().map(|lane| Arc::as_ptr(&lane.taken)).collect();
        let mut talks = Vec::new();
        for _ in &names {
            let (leave, left) = oneshot::channel::<()>();
            talks.push((leave, lanes.spawn(async { drop(left.await) })));
        }
        let taken = || lanes.all.iter().map(|lane| lane.taken.load(Ordering::Relaxed)).collect::<Vec<_>>();
        assert_eq!(taken(), vec![1; names.len()]);
        let (leave, talk) = talks.remove(0);
        drop(leave);
        talk.await.unwrap();
        assert_eq!(taken().iter().sum::<usize>(), names.len() - 1);
        let (leave, left) = oneshot::channel::<()>();
        let (say, said) = oneshot::channel();
        let last = lanes.spawn(async {
            drop(left.await);
            tokio::task::yield_now().await;
            let _heard = say.send("said");
        });
        drop((lanes, talks, leave));
        assert_eq!(said.await, Ok("said"));
        last.await.unwrap();
    }
}
