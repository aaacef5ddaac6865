//! A sequence of named steps, timed.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// What ran so far, how long it took, and what was left out.
#[derive(Debug)]
pub(crate) struct Steps {
    begin: Instant,
    done: Vec<(&'static str, Outcome)>,
}

#[derive(Debug)]
enum Outcome {
    Took(Duration),
    Skipped(String),
}

impl Steps {
    /// Nothing ran yet; the clock starts.
    pub(crate) fn new() -> Self {
        Self { begin: Instant::now(), done: Vec::new() }
    }

    /// Runs a step under a heading; a failure names the step.
    pub(crate) fn run<T>(&mut self, name: &'static str, step: impl FnOnce() -> Result<T>) -> Result<T> {
        eprintln!("\n== {name}");
        let begin = Instant::now();
        let result = step().with_context(|| name)?;
        self.done.push((name, Outcome::Took(begin.elapsed())));
        Ok(result)
    }

    /// Notes a step that can't run here, with the reason.
    pub(crate) fn skip(&mut self, name: &'static str, reason: impl Into<String>) {
        self.done.push((name, Outcome::Skipped(reason.into())));
    }

    /// Time since the first step began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.begin.elapsed()
    }

    /// One line per step.
    pub(crate) fn summary(&self) -> String {
        let mut text = String::new();
        for (name, outcome) in &self.done {
            match outcome {
                Outcome::Took(time) => text.push_str(&format!("{:>8.1} s  {name}\n", time.as_secs_f64())),
                Outcome::Skipped(reason) => text.push_str(&format!("   skipped  {name}: {reason}\n")),
            }
        }
        text
    }
}
