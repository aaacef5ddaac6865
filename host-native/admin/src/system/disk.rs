//! The disk, from the file system at `/` and `/proc/diskstats`.

use std::io;
use std::path::Path;

use super::percent_of;
use crate::answers::DiskStatsResponse;

/// What `/proc/diskstats` counts in.
const SECTOR: u64 = 512;

/// What disks have done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Work {
    reads: u64,
    read_bytes: u64,
    writes: u64,
    written_bytes: u64,
}

/// The figures.
pub(super) fn figures() -> io::Result<DiskStatsResponse> {
    let space = rustix::fs::statvfs("/")?;
    let used = space.f_blocks.saturating_sub(space.f_bfree) * space.f_frsize;
    let free = space.f_bavail * space.f_frsize;
    // Where there is no such file, as in some containers, nothing is known.
    let stats = std::fs::read_to_string("/proc/diskstats").unwrap_or_default();
    let work = work(&stats, |name| Path::new("/sys/block").join(name).exists());
    Ok(DiskStatsResponse {
        total_bytes: space.f_blocks * space.f_frsize,
        used_bytes: used,
        free_bytes: free,
        // What is kept for the administrator counts for nobody.
        percent: percent_of(used, used + free),
        read_bytes: work.read_bytes,
        write_bytes: work.written_bytes,
        read_count: work.reads,
        write_count: work.writes,
    })
}

/// What all disks have done; partitions are parts of them, and what stands on other devices would count twice.
fn work(stats: &str, is_disk: impl Fn(&str) -> bool) -> Work {
    let mut all = Work::default();
    for line in stats.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let Some(name) = fields.get(2) else { continue };
        let virtual_device =
            ["loop", "ram", "zram", "dm-", "md"].iter().any(|prefix| name.starts_with(prefix));
        if virtual_device || !is_disk(name) {
            continue;
        }
        let field = |index: usize| fields.get(index).and_then(|field| field.parse().ok()).unwrap_or(0_u64);
        all.reads += field(3);
        all.read_bytes += field(5) * SECTOR;
        all.writes += field(7);
        all.written_bytes += field(9) * SECTOR;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_disks_are_counted_once() {
        let stats = "   7       0 loop0 9 0 9 0 9 0 9 0 0 0 0\n\
            \x20 254       0 vda 10 1 100 5 20 2 200 7 0 8 9 0\n 254       1 vda1 10 1 100 5 20 2 200 7 0 8 9\n\
            \x20 254      16 vdb 1 0 1 0 1 0 1 0 0 0 0\n";
        let work = work(stats, |name| matches!(name, "loop0" | "vda" | "vdb"));
        let expected = Work { reads: 11, read_bytes: 101 * SECTOR, writes: 21, written_bytes: 201 * SECTOR };
        assert_eq!(work, expected);
    }

    #[test]
    fn a_disk_holds_what_is_used_and_what_is_free() {
        let figures = figures().unwrap();
        assert!(figures.total_bytes >= figures.used_bytes && figures.percent <= 100.0, "{figures:?}");
    }
}
