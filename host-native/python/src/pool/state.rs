//! Places, and who waits for one.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use tokio::sync::oneshot;

use super::{Lease, Pool, Seat, Use};
use crate::worker::Worker;

/// What the lock of a pool guards.
#[derive(Debug)]
pub(super) struct State {
    slots: Vec<Slot>,
    queue: VecDeque<Waiter>,
    /// Leases that nobody took.
    refused: Vec<Lease>,
    /// Nobody gets a worker any more.
    closed: bool,
    /// There are no workers any more.
    dissolved: bool,
}

/// A call that has no worker yet.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) usage: Use,
    pub(super) reply: oneshot::Sender<Result<Lease, String>>,
}

/// A place for a worker.
#[derive(Debug, Default)]
struct Slot {
    epoch: u64,
    stage: Stage,
    /// Whether a plain function runs.
    alone: bool,
    /// How many functions await.
    shared: usize,
}

#[derive(Debug, Default)]
enum Stage {
    #[default]
    Empty,
    Starting,
    Ready(Arc<Worker>),
}

/// What can be done for who waits longest.
enum Place {
    Here(usize),
    Start(usize),
    Wait,
}

impl State {
    pub(super) fn new(size: usize) -> Self {
        let slots = std::iter::repeat_with(Slot::default).take(size).collect();
        Self { slots, queue: VecDeque::new(), refused: Vec::new(), closed: false, dissolved: false }
    }

    /// Someone waits from now on.
    pub(super) fn wait(&mut self, waiter: Waiter) {
        if self.closed {
            let _ = waiter.reply.send(Err("Python is stopped".to_owned()));
        } else {
            self.queue.push_back(waiter);
        }
    }

    /// Workers that are ready, and their places.
    pub(super) fn ready(&self) -> impl Iterator<Item = (usize, &Arc<Worker>)> {
        self.slots.iter().enumerate().filter_map(|(index, slot)| match &slot.stage {
            Stage::Ready(worker) => Some((index, worker)),
            Stage::Empty | Stage::Starting => None,
        })
    }

    /// Gives places to those that wait, in order. `start`: whether processes may be started for them.
    pub(super) fn place(&mut self, pool: &Pool, start: bool) {
        while let Some(first) = self.queue.front() {
            if first.reply.is_closed() {
                self.queue.pop_front();
                continue;
            }
            match self.find(first.usage, start) {
                Place::Here(slot) => self.give(pool, slot),
                Place::Start(slot) => {
                    // One process for each that waits, and no more.
                    self.begin(pool, slot);
                    if self.starting() >= self.queue.len() {
                        return;
                    }
                }
                Place::Wait => return,
            }
        }
    }

    fn find(&self, usage: Use, start: bool) -> Place {
        let ready = |suits: &dyn Fn(&Slot) -> bool| {
            self.slots.iter().position(|slot| matches!(slot.stage, Stage::Ready(_)) && suits(slot))
        };
        let free = match usage {
            Use::Alone => ready(&|slot| !slot.alone && slot.shared == 0),
            Use::Shared => ready(&|slot| !slot.alone),
        };
        if let Some(slot) = free {
            return Place::Here(slot);
        }
        if start
            && self.starting() < self.queue.len()
            && let Some(slot) = self.slots.iter().position(|slot| matches!(slot.stage, Stage::Empty))
        {
            return Place::Start(slot);
        }
        if self.starting() > 0 {
            return Place::Wait;
        }
        // Beside functions that await, if there is no process without.
        ready(&|slot| !slot.alone).map_or(Place::Wait, Place::Here)
    }

    fn starting(&self) -> usize {
        self.slots.iter().filter(|slot| matches!(slot.stage, Stage::Starting)).count()
    }

    fn begin(&mut self, pool: &Pool, index: usize) {
        if let Some(slot) = self.slots.get_mut(index) {
            *slot = Slot { epoch: slot.epoch + 1, stage: Stage::Starting, ..Slot::default() };
            pool.begin(index, slot.epoch);
        }
    }

    fn give(&mut self, pool: &Pool, index: usize) {
        let (Some(waiter), Some(slot)) = (self.queue.pop_front(), self.slots.get_mut(index)) else { return };
        let Stage::Ready(worker) = &slot.stage else { return };
        let seat = Seat { pool: Weak::clone(&pool.this), slot: index, epoch: slot.epoch };
        let lease = Lease { worker: Arc::clone(worker), seat, usage: waiter.usage };
        match waiter.usage {
            Use::Alone => slot.alone = true,
            Use::Shared => slot.shared += 1,
        }
        if let Err(Ok(lease)) = waiter.reply.send(Ok(lease)) {
            self.refused.push(lease);
        }
    }

    /// Leases to drop once the lock is free.
    pub(super) fn take_refused(&mut self) -> Vec<Lease> {
        std::mem::take(&mut self.refused)
    }

    fn slot(&mut self, index: usize, epoch: u64) -> Option<&mut Slot> {
        self.slots.get_mut(index).filter(|slot| slot.epoch == epoch)
    }

    /// A worker is ready; false if it is too late for it.
    pub(super) fn occupy(&mut self, index: usize, epoch: u64, worker: &Arc<Worker>) -> bool {
        if self.dissolved || worker.has_ended() {
            self.vacate(index, epoch);
            return false;
        }
        let Some(slot) = self.slot(index, epoch) else { return false };
        slot.stage = Stage::Ready(Arc::clone(worker));
        true
    }

    /// A place is free for another worker; false if it was already.
    pub(super) fn vacate(&mut self, index: usize, epoch: u64) -> bool {
        let Some(slot) = self.slot(index, epoch) else { return false };
        *slot = Slot { epoch: epoch + 1, ..Slot::default() };
        true
    }

    /// A call has ended.
    pub(super) fn release(&mut self, index: usize, epoch: u64, usage: Use) {
        let Some(slot) = self.slot(index, epoch) else { return };
        match usage {
            Use::Alone => slot.alone = false,
            Use::Shared => slot.shared = slot.shared.saturating_sub(1),
        }
    }

    /// A call turned out to be one that awaits.
    pub(super) fn share(&mut self, index: usize, epoch: u64) {
        let Some(slot) = self.slot(index, epoch) else { return };
        slot.alone = false;
        slot.shared += 1;
    }

    /// Tells those that wait why, if there is no worker that they could wait for.
    pub(super) fn despair(&mut self, message: &str) {
        if self.ready().next().is_none() && self.starting() == 0 {
            for waiter in self.queue.drain(..) {
                let _ = waiter.reply.send(Err(message.to_owned()));
            }
        }
    }

    /// Nobody gets a worker any more.
    pub(super) fn close(&mut self) {
        self.closed = true;
        for waiter in self.queue.drain(..) {
            let _ = waiter.reply.send(Err("Python is stopped".to_owned()));
        }
    }

    /// Whether nobody gets a worker any more.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// There are no workers any more.
    pub(super) fn dissolve(&mut self) {
        self.close();
        self.dissolved = true;
        for slot in &mut self.slots {
            *slot = Slot { epoch: slot.epoch + 1, ..Slot::default() };
        }
    }
}
