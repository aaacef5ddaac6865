//! Threads that run jobs, each on a connection that it borrows.

mod job;
mod worker;

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::{io, mem};

pub(crate) use job::{Job, Work};

use crate::stock::Stock;

/// A queue of jobs and the threads that take from it.
///
/// Threads are started when a job finds none idle, up to the limit. The one that went idle last is woken first.
#[derive(Debug)]
pub(crate) struct Pool {
    shared: Arc<Shared>,
}

/// What the threads have in common.
#[derive(Debug)]
struct Shared {
    stock: Arc<Stock>,
    limit: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Job>,
    idle: Vec<Arc<Bell>>,
    threads: Vec<JoinHandle<()>>,
    closed: bool,
}

/// Wakes one idle thread.
#[derive(Debug, Default)]
struct Bell {
    rung: Mutex<bool>,
    condition: Condvar,
}

impl Pool {
    /// A pool of at most `limit` threads, none of which is started.
    pub(crate) fn new(stock: Arc<Stock>, limit: usize) -> Self {
        Self { shared: Arc::new(Shared { stock, limit: limit.max(1), state: Mutex::default() }) }
    }

    /// Queues a job. On a closed pool it is dropped, and with it its place for the answer.
    ///
    /// # Errors
    /// There is no thread, and none can be started.
    pub(crate) fn submit(&self, job: Job) -> io::Result<()> {
        let mut state = self.shared.lock();
        if state.closed {
            return Ok(());
        }
        if let Some(bell) = state.idle.pop() {
            state.queue.push_back(job);
            drop(state);
            bell.ring();
        } else {
            if state.threads.len() < self.shared.limit {
                match worker::start(&self.shared, state.threads.len()) {
                    Ok(thread) => state.threads.push(thread),
                    // The threads that exist will get to it.
                    Err(_) if !state.threads.is_empty() => {}
                    Err(error) => return Err(error),
                }
            }
            state.queue.push_back(job);
        }
        Ok(())
    }

    /// Takes back all jobs and waits for the threads to disconnect. Closes the database file.
    pub(crate) fn close(&self) {
        let mut state = self.shared.lock();
        state.closed = true;
        let (queue, idle, threads) =
            (mem::take(&mut state.queue), mem::take(&mut state.idle), mem::take(&mut state.threads));
        drop(state);
        drop(queue);
        idle.iter().for_each(|bell| bell.ring());
        self.shared.stock.close();
        for thread in threads {
            // A thread that panicked outside of a job has nothing left to wait for.
            let _ = thread.join();
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job for a thread, which waits for one; none when the pool closes.
    fn next(&self, bell: &Arc<Bell>) -> Option<Job> {
        loop {
            let mut state = self.lock();
            if state.closed {
                return None;
            }
            if let Some(job) = state.queue.pop_front() {
                return Some(job);
            }
            state.idle.push(Arc::clone(bell));
            drop(state);
            bell.wait();
        }
    }
}

impl Bell {
    fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.condition.notify_one();
    }

    fn wait(&self) {
        let mut rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        while !*rung {
            rung = self.condition.wait(rung).unwrap_or_else(PoisonError::into_inner);
        }
        *rung = false;
    }
}
