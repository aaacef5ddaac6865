//! How much a component may use for a call.

mod allowance;
mod memory;

use std::time::Duration;

use mxcp_core::schema::ComponentLimits;

pub(crate) use allowance::{Allowance, start};
pub(crate) use memory::Memory;

/// Bytes of a KiB.
const KIB: usize = 1 << 10;

/// Bytes of a MiB.
const MIB: usize = 1 << 20;

/// The limits of a definition, with what it doesn't say filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Longest time.
    pub(crate) time: Duration,
    /// Most bytes of memory.
    pub(crate) memory: usize,
    /// Most bytes of a result.
    pub(crate) output: usize,
    /// Most instructions, if they are counted.
    pub(crate) fuel: Option<u64>,
    /// Whether an instance answers one call after another.
    pub(crate) reuse: bool,
}

impl Limits {
    /// The limits that a definition writes.
    pub(crate) fn new(written: &ComponentLimits) -> Self {
        let bytes = |number: Option<u64>, default: u64, unit: usize| {
            usize::try_from(number.unwrap_or(default)).unwrap_or(usize::MAX).saturating_mul(unit)
        };
        Self {
            time: Duration::from_millis(written.time_ms.unwrap_or(30_000)),
            memory: bytes(written.memory_mb, 256, MIB),
            output: bytes(written.output_kb, 10 * 1024, KIB),
            fuel: written.fuel,
            reuse: written.reuse.unwrap_or(false),
        }
    }

    /// The time for a call that has `timeout` at most.
    pub(crate) fn time_within(&self, timeout: Option<Duration>) -> Duration {
        timeout.map_or(self.time, |timeout| timeout.min(self.time))
    }

    /// The memory in MiB, for messages.
    pub(crate) fn memory_mib(&self) -> usize {
        self.memory / MIB
    }

    /// The size of a result in KiB, for messages.
    pub(crate) fn output_kib(&self) -> usize {
        self.output / KIB
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_time_counts() {
        let limits = Limits::new(&ComponentLimits { time_ms: Some(1000), ..ComponentLimits::default() });
        assert_eq!(limits.time_within(Some(Duration::from_secs(300))), Duration::from_secs(1));
        assert_eq!(limits.time_within(Some(Duration::from_millis(10))), Duration::from_millis(10));
        assert_eq!(limits.time_within(None), Duration::from_secs(1));
    }

    #[test]
    fn there_are_limits_where_none_is_written() {
        let limits = Limits::new(&ComponentLimits::default());
        assert_eq!((limits.memory_mib(), limits.output_kib()), (256, 10_240));
        assert_eq!((limits.time, limits.fuel, limits.reuse), (Duration::from_secs(30), None, false));
    }
}
