//! The open files and the threads of a process by name, so that what became more can be told.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};

/// How many a process has of each kind of open file, and of each name of a thread.
#[derive(Debug, Default)]
pub(super) struct Held(BTreeMap<String, usize>);

impl Held {
    /// What a process holds now.
    pub(super) fn by(process: u32) -> Result<Self> {
        let mut held = BTreeMap::new();
        for file in fs::read_dir(format!("/proc/{process}/fd")).context("the server is gone")?.flatten() {
            // It may have been closed just now.
            let Ok(target) = fs::read_link(file.path()) else { continue };
            *held.entry(format!("file {}", kind(&target.to_string_lossy()))).or_default() += 1;
        }
        for thread in fs::read_dir(format!("/proc/{process}/task"))?.flatten() {
            let Ok(name) = fs::read_to_string(thread.path().join("comm")) else { continue };
            *held.entry(format!("thread {}", kind(name.trim()))).or_default() += 1;
        }
        Ok(Self(held))
    }

    /// What there is more of than there was, as `+2 file socket:[]`.
    pub(super) fn more_than(&self, before: &Self) -> Vec<String> {
        let more = self.0.iter().filter_map(|(name, count)| {
            let more = count.checked_sub(before.0.get(name).copied().unwrap_or_default())?;
            (more > 0).then(|| format!("+{more} {name}"))
        });
        more.collect()
    }
}

/// A name without its numbers: those of a socket or a thread differ each time.
fn kind(name: &str) -> String {
    name.chars().filter(|sign| !sign.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::Held;

    #[test]
    fn a_file_that_stays_open_is_told() {
        let before = Held::by(std::process::id()).unwrap();
        let file = tempfile::tempfile().unwrap();
        let _files: Vec<File> = vec![file.try_clone().unwrap(), file];
        let more = Held::by(std::process::id()).unwrap().more_than(&before);
        assert!(more.iter().any(|text| text.starts_with("+2 file ") && text.contains("deleted")), "{more:?}");
    }
}
