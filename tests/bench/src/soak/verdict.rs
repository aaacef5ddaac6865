//! Whether what a server holds stays the same.

use super::watch::Look;
use crate::sample::median;

/// Most bytes that memory may grow by, for each call of the last half: half of the least that an allocator gives out, so that
/// nothing at all can have been kept of every call.
const BYTES_PER_CALL: f64 = 16.0;

/// The least of so many seconds counts: results come and go, and what is kept stays.
const LOW: f64 = 60.0;

/// The shortest time that says something about memory, in seconds: what is kept for a quarter of an hour has to be there before
/// the last half begins.
const ENOUGH: f64 = 1800.0;

/// Most open files and threads by which the end may differ from the quiet time after the warm-up: what is opened at the first use
/// of something rare.
const IDLE_TOLERANCE: u64 = 2;

/// Something that was looked at, and whether it is as it has to be.
#[derive(Debug)]
pub(super) struct Finding {
    /// What was looked at, with the figures.
    pub(super) text: String,
    /// Whether it is as it has to be.
    pub(super) fine: bool,
}

/// Whether the memory of the last half is flat: by a line through the lowest looks of each minute, of which no single one can
/// change much.
pub(super) fn memory(looks: &[Look]) -> Finding {
    let half = looks.get(looks.len() / 2..).unwrap_or_default();
    let (first, last) = (half.first().copied().unwrap_or_default(), half.last().copied().unwrap_or_default());
    let calls = last.calls.saturating_sub(first.calls).max(1) as f64;
    let slope = slope(&lows(half));
    let per_call = slope * (last.second - first.second) / calls;
    let enough = last.second >= ENOUGH;
    Finding {
        text: format!(
            "anonymous memory in the last half: {:+.2} MiB an hour, {per_call:+.2} bytes for each of {calls} calls (at most \
             {BYTES_PER_CALL}{})",
            slope * 3600.0 / 1_048_576.0,
            if enough { "" } else { "; too short a time to judge" }
        ),
        fine: per_call <= BYTES_PER_CALL || !enough,
    }
}

/// The lowest look of each minute: its time and its memory.
fn lows(looks: &[Look]) -> Vec<(f64, f64)> {
    let minute = |look: &Look| (look.second / LOW).floor();
    let minutes = looks.chunk_by(|one, other| minute(one) == minute(other));
    let lows = minutes.filter_map(|looks| looks.iter().min_by_key(|look| look.anonymous));
    lows.map(|look| (look.second, look.anonymous as f64)).collect()
}

/// Whether files, threads and processes are as many in a quiet time as they were in the quiet time before.
pub(super) fn idle(before: &Look, after: &Look) -> Vec<Finding> {
    let held = [
        ("open files", before.files, after.files, IDLE_TOLERANCE),
        ("threads", before.threads, after.threads, IDLE_TOLERANCE),
        ("processes started", before.children, after.children, 0),
    ];
    held.into_iter()
        .map(|(what, before, after, tolerance)| Finding {
            text: format!(
                "{what} when quiet: {before} after the warm-up, {after} at the end (at most {tolerance} more)"
            ),
            fine: after <= before + tolerance,
        })
        .collect()
}

/// Whether files and threads grow under load: the middle of the last sixth against that of the first one.
pub(super) fn loaded(looks: &[Look]) -> Vec<Finding> {
    let sixth = (looks.len() / 6).max(1);
    let first = looks.get(..sixth).unwrap_or_default();
    let last = looks.get(looks.len().saturating_sub(sixth)..).unwrap_or_default();
    let files: fn(&Look) -> f64 = |look| look.files as f64;
    let threads: fn(&Look) -> f64 = |look| look.threads as f64;
    [("open files", files), ("threads", threads)]
        .into_iter()
        .map(|(what, figure)| {
            let middle = |looks: &[Look]| median(&looks.iter().map(figure).collect::<Vec<_>>());
            let (before, after) = (middle(first), middle(last));
            // A tenth more may be chance: who is connected differs from moment to moment.
            let most = before * 1.1 + 4.0;
            Finding {
                text: format!(
                    "{what} under load: {before:.0} in the first sixth, {after:.0} in the last one (at most {most:.0})"
                ),
                fine: after <= most,
            }
        })
        .collect()
}

/// The slope of the line of Theil and Sen: the middle of the slopes between all pairs.
fn slope(points: &[(f64, f64)]) -> f64 {
    let pairs = points.iter().enumerate().flat_map(|(place, first)| {
        points.iter().skip(place + 1).map(move |second| (second.1 - first.1) / (second.0 - first.0))
    });
    let slopes: Vec<f64> = pairs.filter(|slope| slope.is_finite()).collect();
    if slopes.is_empty() { 0.0 } else { median(&slopes) }
}

#[cfg(test)]
mod tests {
    use super::{Look, idle, loaded, memory, slope};

    /// Looks every ten seconds, with 3,000 calls between.
    fn looks(memory: impl Fn(u64) -> u64, files: impl Fn(u64) -> u64) -> Vec<Look> {
        let look = |at: u64| Look {
            second: at as f64 * 10.0,
            calls: at * 3000,
            anonymous: memory(at),
            files: files(at),
            ..Look::default()
        };
        (0..360).map(look).collect()
    }

    #[test]
    fn a_few_looks_do_not_change_the_slope() {
        let points: Vec<(f64, f64)> =
            (0..100).map(|x| (f64::from(x), if x % 10 == 0 { 1e9 } else { 2.0 * f64::from(x) })).collect();
        assert!((slope(&points) - 2.0).abs() < 0.1);
    }

    #[test]
    fn what_is_kept_of_each_call_is_a_leak_and_a_sawtooth_is_none() {
        let leak = looks(|at| 100_000_000 + at * 3000 * 32 + at % 7 * 9_000_000, |_| 50);
        assert!(!memory(&leak).fine, "{:?}", memory(&leak));
        let sawtooth = looks(|at| 100_000_000 + at % 7 * 9_000_000, |_| 50);
        assert!(memory(&sawtooth).fine, "{:?}", memory(&sawtooth));
        // What is filled once, at the beginning, is none either.
        let filled = looks(|at| 100_000_000 + at.min(90) * 1_000_000, |_| 50);
        assert!(memory(&filled).fine, "{:?}", memory(&filled));
    }

    #[test]
    fn a_file_for_each_look_is_noticed() {
        assert!(loaded(&looks(|_| 1, |at| 50 + at % 3)).iter().all(|finding| finding.fine));
        assert!(loaded(&looks(|_| 1, |at| 50 + at / 10)).iter().any(|finding| !finding.fine));
        let (before, after) = (Look { files: 50, ..Look::default() }, Look { files: 53, ..Look::default() });
        assert!(idle(&before, &after).iter().any(|finding| !finding.fine));
        assert!(idle(&after, &before).iter().all(|finding| finding.fine));
    }
}
