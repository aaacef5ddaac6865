//! What processes have cost so far, as Linux counts it.

use std::fs;

use anyhow::{Context, Result};

/// Ticks of the processor's clock in a second; Linux tells programs this number whatever its own is.
const TICKS: f64 = 100.0;

/// A process with all that it started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tree(pub(crate) u32);

impl Tree {
    /// Seconds of processor time, of the user and of the system, those of children that ended included.
    pub(crate) fn seconds(self) -> Result<f64> {
        let mut ticks = 0;
        self.walk(&mut |process| {
            // One that ended meanwhile is counted by its parent.
            if let Ok(text) = fs::read_to_string(format!("/proc/{process}/stat")) {
                ticks += ticks_of(&text).with_context(|| text.clone())?;
            }
            Ok(())
        })?;
        Ok(ticks as f64 / TICKS)
    }

    /// Bytes of memory that are in use. What processes share is counted once for each of them.
    pub(crate) fn resident(self) -> Result<u64> {
        let mut bytes = 0;
        self.walk(&mut |process| {
            bytes += crate::process::resident_of(&process.to_string()).unwrap_or_default();
            Ok(())
        })?;
        Ok(bytes)
    }

    fn walk(self, visit: &mut impl FnMut(u32) -> Result<()>) -> Result<()> {
        visit(self.0)?;
        for task in fs::read_dir(format!("/proc/{}/task", self.0)).into_iter().flatten().flatten() {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            for child in children.split_whitespace() {
                Self(child.parse()?).walk(visit)?;
            }
        }
        Ok(())
    }
}

/// The four times in a line of `/proc/PID/stat`: the process's own, and those of children that it waited for.
fn ticks_of(line: &str) -> Option<u64> {
    // The name may hold anything, a parenthesis as well.
    let (_, fields) = line.rsplit_once(") ")?;
    let times: Vec<u64> = fields.split(' ').skip(11).take(4).filter_map(|time| time.parse().ok()).collect();
    (times.len() == 4).then(|| times.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::{Tree, ticks_of};

    #[test]
    fn adds_the_four_times() {
        let line = "7 (a) b) S 1 7 7 0 -1 4194560 100 200 0 0 30 4 500 6000 20 0 1 0 99 0 0";
        assert_eq!(ticks_of(line), Some(6534));
        assert_eq!(ticks_of("7 (a) S 1"), None);
    }

    #[test]
    fn this_process_uses_something() {
        let own = Tree(std::process::id());
        let begin = std::time::Instant::now();
        while own.seconds().unwrap() == 0.0 {
            assert!(begin.elapsed().as_secs() < 60);
        }
        assert!(own.resident().unwrap() > 0);
    }
}
