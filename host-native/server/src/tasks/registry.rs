//! All tasks.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

use super::job::Job;
use crate::authentication::Owner;

/// How many tasks there may be, and how much of them is kept.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// Most tasks of a user, or of an address where nobody says who they are, with those that have ended and are kept.
    each: usize,
    /// Most tasks.
    all: usize,
    /// Most bytes of results that are kept when another task begins.
    bytes: usize,
}

const BOUNDS: Bounds = Bounds { each: 100, all: 2000, bytes: 256 << 20 };

/// The tasks of a server: those that run, and those whose results are kept.
#[derive(Clone, Debug)]
pub(crate) struct Tasks {
    jobs: Arc<Mutex<HashMap<String, Arc<Job>>>>,
    running: TaskTracker,
    bounds: Bounds,
}

impl Tasks {
    pub(crate) fn new() -> Self {
        Self { jobs: Arc::default(), running: TaskTracker::new(), bounds: BOUNDS }
    }

    /// Takes a task if there is room for it.
    pub(super) fn admit(&self, job: Arc<Job>) -> Option<Arc<Job>> {
        let mut jobs = self.jobs();
        let of_party = jobs.values().filter(|other| other.party() == job.party()).count();
        let bytes: usize = jobs.values().map(|job| job.bytes()).sum();
        let room = jobs.len() < self.bounds.all && of_party < self.bounds.each && bytes < self.bounds.bytes;
        room.then(|| {
            jobs.insert(job.id().to_owned(), Arc::clone(&job));
            job
        })
    }

    /// The task of an owner.
    pub(super) fn find(&self, id: &str, owner: &Owner) -> Option<Arc<Job>> {
        self.jobs().get(id).filter(|job| job.is_of(owner)).cloned()
    }

    /// Whether there is none.
    pub(super) fn are_none(&self) -> bool {
        self.jobs().is_empty()
    }

    /// Runs a task.
    pub(super) fn spawn(&self, run: impl Future<Output = ()> + Send + 'static) {
        self.running.spawn(run);
    }

    /// Forgets a task.
    pub(super) fn forget(&self, id: &str) {
        self.jobs().remove(id);
    }

    /// Forgets a task that has ended when its time has come.
    pub(super) fn forget_later(&self, job: Arc<Job>) {
        let tasks = self.clone();
        tokio::spawn(async move {
            sleep(job.kept_for()).await;
            tasks.forget(job.id());
        });
    }

    /// Waits until none runs any more.
    pub(crate) async fn finished(&self) {
        self.running.close();
        self.running.wait().await;
    }

    /// Takes back those that run, and waits for them to end, for so long at most.
    pub(crate) async fn stop(&self, longest: Duration) {
        let jobs: Vec<_> = self.jobs().values().cloned().collect();
        jobs.iter().for_each(|job| job.cancel().cancel());
        if timeout(longest, self.finished()).await.is_err() {
            tracing::warn!("tasks did not end in time");
        }
    }

    fn jobs(&self) -> MutexGuard<'_, HashMap<String, Arc<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
