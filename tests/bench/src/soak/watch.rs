//! What a process holds, as Linux tells it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// A look at the server and the processes that it started.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    /// Seconds since the start.
    pub(super) second: f64,
    /// Calls that went right since the start.
    pub(super) calls: u64,
    /// Things that did not.
    pub(super) failed: u64,
    /// Middle and 99th percentile of the latencies since the last look, in seconds.
    pub(super) p50: f64,
    /// See `p50`.
    pub(super) p99: f64,
    /// Bytes that are resident.
    pub(super) resident: u64,
    /// Bytes that are resident, those that are shared divided among those who share them.
    pub(super) proportional: u64,
    /// Bytes of it that are no file's.
    pub(super) anonymous: u64,
    /// Open files.
    pub(super) files: u64,
    /// Threads.
    pub(super) threads: u64,
    /// Processes that it started, and their bytes that are no file's.
    pub(super) children: u64,
    /// See `children`.
    pub(super) anonymous_of_children: u64,
    /// Bytes of the audit log.
    pub(super) audit: u64,
    /// Bytes of the results that are kept.
    pub(super) results: u64,
}

impl Look {
    /// Looks at a process.
    pub(super) fn at(process: u32) -> Result<Self> {
        let folder = format!("/proc/{process}");
        let memory = fs::read_to_string(format!("{folder}/smaps_rollup")).context("the server is gone")?;
        let status = fs::read_to_string(format!("{folder}/status"))?;
        let mut look = Self {
            resident: bytes(&memory, "Rss:"),
            proportional: bytes(&memory, "Pss:"),
            anonymous: bytes(&memory, "Anonymous:"),
            files: fs::read_dir(format!("{folder}/fd"))?.count() as u64,
            threads: number(&status, "Threads:"),
            ..Self::default()
        };
        for task in fs::read_dir(format!("{folder}/task"))?.flatten() {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            for child in children.split_whitespace() {
                // It may have ended just now.
                let memory = fs::read_to_string(format!("/proc/{child}/smaps_rollup")).unwrap_or_default();
                look.children += 1;
                look.anonymous_of_children += bytes(&memory, "Anonymous:");
            }
        }
        Ok(look)
    }
}

/// Bytes of the files of a folder, and of those below.
pub(super) fn size(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(it) if it.is_dir() => size(&entry.path()),
        Ok(it) => it.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

fn number(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_default()
}

fn bytes(text: &str, name: &str) -> u64 {
    number(text, name) * 1024
}
