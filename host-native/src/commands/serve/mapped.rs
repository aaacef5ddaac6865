//! Code that starting needed, and serving does not.
//!
//! Programs and libraries are mapped, and the kernel maps what is around each place that is touched as well: after the start that
//! is most of DuckDB and of mxcp, be it needed ever again or not. What is needed is found in the page cache, without
//! reading any file. [Decision 10](../../../../docs/decisions/0010-mapped-code.md) says what it is worth.

#![expect(unsafe_code, reason = "the kernel is told of addresses")]

use std::fs;
use std::ops::Range;
use std::time::Duration;

use rustix::mm::{Advice, madvise};

/// How long after the first client could come what begins with the server has ended.
const SETTLED: Duration = Duration::from_secs(1);

/// Lets go of mapped code once the start is over.
pub(super) async fn let_go_after_start() {
    tokio::time::sleep(SETTLED).await;
    // Looking at what is mapped takes a millisecond or two.
    let let_go = tokio::task::spawn_blocking(let_go);
    if let Ok(Err(error)) = let_go.await {
        tracing::debug!(%error, "what is mapped can't be seen");
    }
}

fn let_go() -> std::io::Result<()> {
    for Range { start, end } in unchanged(&fs::read_to_string("/proc/self/smaps")?) {
        let address = std::ptr::with_exposed_provenance_mut(start);
        // SAFETY: nobody writes to the mapping, and no page of it differs from its file. So whoever reads one that was let go of
        // reads the same again.
        let _kept_if_it_cannot_be = unsafe { madvise(address, end - start, Advice::LinuxDontNeed) };
    }
    Ok(())
}

/// The mappings of files that nobody can write to, and of which every page is as it is in its file.
fn unchanged(smaps: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut current = None;
    for line in smaps.lines() {
        if let Some(mapping) = mapping(line) {
            current = mapping;
        } else if let Some(own) = line.strip_prefix("Anonymous:")
            && let Some(range) = current.take()
            && own.trim() == "0 kB"
        {
            found.push(range);
        }
    }
    found
}

/// What the first line about a mapping says; none if it is another line, nothing within if the mapping is of another kind.
fn mapping(line: &str) -> Option<Option<Range<usize>>> {
    let mut words = line.split_ascii_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let number = |digits| usize::from_str_radix(digits, 16).ok();
    let (start, end) = (number(start)?, number(end)?);
    let (permissions, path) = (words.next()?, words.nth(3));
    let is_code = matches!(permissions, "r-xp" | "r--p") && path.is_some_and(|path| path.starts_with('/'));
    Some(is_code.then_some(start..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMAPS: &str = "\
5000-6000 r--p 00000000 fe:00 12 /usr/bin/mxcp
Rss:                   4 kB
Anonymous:             0 kB
6000-7000 r-xp 00001000 fe:00 12 /usr/bin/mxcp
Anonymous:             0 kB
7000-8000 r--p 00002000 fe:00 12 /usr/bin/mxcp
Anonymous:             4 kB
8000-9000 rw-p 00003000 fe:00 12 /usr/bin/mxcp
Anonymous:             0 kB
9000-a000 r--s 00000000 fe:00 13 /var/shared
Anonymous:             0 kB
a000-b000 r--p 00000000 00:00 0
Anonymous:             0 kB
b000-c000 r-xp 00000000 00:00 0 [vdso]
Anonymous:             0 kB
";

    #[test]
    fn only_code_as_it_is_in_its_file_is_let_go_of() {
        assert_eq!(unchanged(SMAPS), [0x5000..0x6000, 0x6000..0x7000]);
    }

    #[test]
    fn what_was_let_go_of_is_there_when_it_is_needed() {
        let before = fs::read_to_string("/proc/self/smaps").unwrap();
        assert!(!unchanged(&before).is_empty());
        let_go().unwrap();
        assert_eq!(format!("{:.2}", 2.0_f64.sqrt()), "1.41");
    }
}
