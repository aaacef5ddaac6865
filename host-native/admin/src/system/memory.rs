//! Memory, from `/proc/meminfo` and `/proc/self/status`.

use super::percent_of;
use crate::answers::MemoryStatsResponse;

/// The figures; `status` is that of this process.
pub(super) fn figures(meminfo: &str, status: &str) -> MemoryStatsResponse {
    let field = |name| kibibytes(meminfo, name).unwrap_or_default();
    let (total, free) = (field("MemTotal"), field("MemFree"));
    let available = kibibytes(meminfo, "MemAvailable").unwrap_or(free);
    let (swap_total, swap_free) = (field("SwapTotal"), field("SwapFree"));
    let (used, swap_used) = (total.saturating_sub(available), swap_total.saturating_sub(swap_free));
    MemoryStatsResponse {
        total_bytes: total,
        available_bytes: available,
        used_bytes: used,
        free_bytes: free,
        percent: percent_of(used, total),
        swap_total_bytes: swap_total,
        swap_used_bytes: swap_used,
        swap_free_bytes: swap_free,
        swap_percent: percent_of(swap_used, swap_total),
        mxcp_process_rss_bytes: kibibytes(status, "VmRSS").unwrap_or_default(),
        mxcp_process_vms_bytes: kibibytes(status, "VmSize").unwrap_or_default(),
    }
}

/// The bytes of a line such as `VmRSS:  1234 kB`.
pub(super) fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let number: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(number * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_had_is_not_in_use() {
        let figures = figures(
            "MemTotal: 1000 kB\nMemFree:  100 kB\nMemAvailable: 750 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n",
            "VmSize:\t 30 kB\nVmRSS:\t 20 kB\n",
        );
        assert_eq!((figures.total_bytes, figures.used_bytes, figures.percent), (1_024_000, 256_000, 25.0));
        assert_eq!((figures.swap_percent, figures.mxcp_process_rss_bytes), (0.0, 20_480));
        assert_eq!(figures.mxcp_process_vms_bytes, 30_720);
    }
}
