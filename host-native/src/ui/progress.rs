//! How far a piece of work is, on one line of a terminal.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use super::text::cut;

/// What takes less time is over before anybody asks.
const PATIENCE: Duration = Duration::from_secs(1);

/// The least time between two changes of the line.
const PAUSE: Duration = Duration::from_millis(100);

/// Most columns that the name of a step takes.
const WIDTH: usize = 60;

/// How far a piece of work is. Its line is on standard error, and gone when the work ends.
#[derive(Debug)]
pub(crate) struct Progress {
    steps: usize,
    begun: usize,
    /// Whether somebody is there to see it.
    visible: bool,
    started: Instant,
    shown: Option<Instant>,
}

impl Progress {
    pub(super) fn new(steps: usize, human: bool) -> Self {
        let visible = human && io::stderr().is_terminal();
        Self { steps, begun: 0, visible, started: Instant::now(), shown: None }
    }

    /// Says that the next step begins.
    ///
    /// # Errors
    /// Standard error can't be written to.
    pub(crate) fn begin(&mut self, step: &str) -> io::Result<()> {
        self.begun += 1;
        let due = self.shown.map_or(self.started + PATIENCE, |shown| shown + PAUSE);
        let now = Instant::now();
        if !self.visible || now < due {
            return Ok(());
        }
        self.shown = Some(now);
        let mut err = io::stderr().lock();
        write!(err, "\r\x1b[2K{}/{} {}", self.begun, self.steps, cut(step, WIDTH))?;
        err.flush()
    }

    /// Says that the work has ended.
    ///
    /// # Errors
    /// Standard error can't be written to.
    pub(crate) fn end(self) -> io::Result<()> {
        match self.shown {
            Some(_) => write!(io::stderr(), "\r\x1b[2K"),
            None => Ok(()),
        }
    }
}
