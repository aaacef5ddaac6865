//! This process, from `/proc/self`.

use std::io;

use super::{memory, read};
use crate::answers::ProcessStatsResponse;

/// How much this process has worked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Usage {
    /// Seconds of processors, in the program and in the system on its behalf.
    pub(super) seconds: f64,
    state: &'static str,
    threads: usize,
}

impl Usage {
    /// Up to now.
    pub(super) fn now() -> io::Result<Self> {
        let ticks = ticks_per_second();
        let found = Self::of(&read("/proc/self/stat")?, ticks);
        found.ok_or_else(|| io::Error::other("/proc/self/stat is not understood"))
    }

    /// The line of `/proc/self/stat`. The name of the program, in brackets, may have anything in it.
    fn of(stat: &str, ticks: u64) -> Option<Self> {
        let (_, rest) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Self {
            seconds: (number(11)? + number(12)?) as f64 / ticks.max(1) as f64,
            state: state(fields.first()?),
            threads: usize::try_from(number(17)?).ok()?,
        })
    }
}

#[cfg(target_os = "linux")]
fn ticks_per_second() -> u64 {
    rustix::param::clock_ticks_per_second()
}

/// Where there is no `/proc`, nothing is counted in it.
#[cfg(not(target_os = "linux"))]
fn ticks_per_second() -> u64 {
    1
}

/// The figures, of which `cpu_percent` is measured by whoever asks.
pub(super) fn figures(usage: &Usage, cpu_percent: f64) -> io::Result<ProcessStatsResponse> {
    let status = read("/proc/self/status")?;
    Ok(ProcessStatsResponse {
        pid: std::process::id(),
        status: usage.state,
        cpu_percent,
        memory_rss_bytes: memory::kibibytes(&status, "VmRSS").unwrap_or_default(),
        memory_vms_bytes: memory::kibibytes(&status, "VmSize").unwrap_or_default(),
        num_threads: usage.threads,
        // One of them is that of the folder that is being read.
        num_fds: std::fs::read_dir("/proc/self/fd")?.count().saturating_sub(1),
    })
}

/// What a letter of the system means.
fn state(letter: &str) -> &'static str {
    match letter {
        "R" => "running",
        "S" => "sleeping",
        "D" => "disk-sleep",
        "T" => "stopped",
        "t" => "tracing-stop",
        "Z" => "zombie",
        "X" => "dead",
        "I" => "idle",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_may_be_called_anything() {
        let stat = "42 (a) R b) S 1 42 42 0 -1 4194304 99 0 0 0 150 50 0 0 20 0 7 0 5801951 3133440 414";
        let usage = Usage::of(stat, 100).unwrap();
        assert_eq!(usage, Usage { seconds: 2.0, state: "sleeping", threads: 7 });
        assert_eq!(Usage::of("42", 100), None);
    }

    #[test]
    fn this_process_needs_something() {
        let figures = figures(&Usage::now().unwrap(), 0.0).unwrap();
        assert!(
            figures.memory_rss_bytes > 0 && figures.num_threads > 0 && figures.num_fds > 0,
            "{figures:?}"
        );
    }
}
