//! Threads that run jobs, each with a connection of its own.

mod job;
mod worker;

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::{io, mem};

pub(crate) use job::{Job, Work};

use crate::control::Control;
use crate::session::Session;
use crate::store::Store;

/// A queue of jobs and the threads that take from it.
///
/// Threads are started when a job finds none idle, up to the limit. The one that went idle last is woken first, so a
/// light load stays on few connections, whose statements are prepared and whose memory is warm.
#[derive(Debug)]
pub(crate) struct Pool {
    shared: Arc<Shared>,
}

/// What the threads have in common.
#[derive(Debug)]
struct Shared {
    store: Arc<Store>,
    limit: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Job>,
    idle: Vec<Arc<Bell>>,
    threads: Vec<JoinHandle<()>>,
    /// Jobs that are running, by thread.
    running: Vec<Option<Arc<Control>>>,
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
    pub(crate) fn new(store: Arc<Store>, limit: usize) -> Self {
        Self { shared: Arc::new(Shared { store, limit: limit.max(1), state: Mutex::default() }) }
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
                    Ok(thread) => {
                        state.threads.push(thread);
                        state.running.push(None);
                    }
                    // The threads that exist will get to it.
                    Err(_) if !state.threads.is_empty() => {}
                    Err(error) => return Err(error),
                }
            }
            state.queue.push_back(job);
        }
        Ok(())
    }

    /// What the connections are made of.
    #[cfg(test)]
    pub(crate) fn store(&self) -> &Store {
        &self.shared.store
    }

    /// Takes back all jobs and waits for the threads to disconnect. Closes the database file.
    pub(crate) fn close(&self) {
        let mut state = self.shared.lock();
        state.closed = true;
        let (queue, idle, threads) =
            (mem::take(&mut state.queue), mem::take(&mut state.idle), mem::take(&mut state.threads));
        state.running.iter().flatten().for_each(|control| control.cancel());
        drop(state);
        drop(queue);
        idle.iter().for_each(|bell| bell.ring());
        for thread in threads {
            // A thread that panicked outside of a job has nothing left to wait for.
            let _ = thread.join();
        }
        self.shared.store.close();
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

    /// Wakes all idle threads, so that they give up stale connections.
    fn wake_idle(&self) {
        let idle = mem::take(&mut self.lock().idle);
        idle.iter().for_each(|bell| bell.ring());
    }

    /// The next job for a thread, which waits for one; none when the pool closes. A stale connection is given up.
    fn next(&self, thread: usize, bell: &Arc<Bell>, session: &mut Option<Session>) -> Option<Job> {
        loop {
            if session.take_if(|session| session.is_stale()).is_some() {
                self.wake_idle();
            }
            let mut state = self.lock();
            let job = state.queue.pop_front();
            if let Some(running) = state.running.get_mut(thread) {
                *running = job.as_ref().map(|job| Arc::clone(&job.control));
            }
            if job.is_some() || state.closed {
                return job.filter(|_| !state.closed);
            }
            // Looked at again under the lock: whoever gives up the database wakes those that are idle by then, and this
            // thread is not yet.
            if session.as_ref().is_some_and(Session::is_stale) {
                continue;
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
