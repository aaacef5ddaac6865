//! Processors, from `/proc/stat`, `/proc/cpuinfo` and `/proc/loadavg`.

use std::collections::BTreeSet;

use super::percent_of;

/// What processors have done since the start of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Times {
    /// All of them together.
    pub(super) all: Ticks,
    /// Each of them.
    pub(super) each: Vec<Ticks>,
}

/// How long a processor has been there, and how long it has had nothing to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ticks {
    total: u64,
    idle: u64,
}

impl Times {
    /// The lines that begin with `cpu`.
    pub(super) fn of(stat: &str) -> Self {
        let mut times = Self::default();
        for line in stat.lines() {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("cpu") => times.all = Ticks::of(words),
                Some(name) if name.starts_with("cpu") => times.each.push(Ticks::of(words)),
                _ => {}
            }
        }
        times
    }
}

impl Ticks {
    fn of<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        // What guests did, in the fields after these, is counted in the first two.
        let fields: Vec<u64> = words.take(8).map(|word| word.parse().unwrap_or_default()).collect();
        Self { total: fields.iter().sum(), idle: fields.iter().skip(3).take(2).sum() }
    }

    /// How busy it has been since, in percent.
    pub(super) fn busy_since(self, before: Self) -> f64 {
        let total = self.total.saturating_sub(before.total);
        let idle = self.idle.saturating_sub(before.idle);
        percent_of(total.saturating_sub(idle), total)
    }
}

/// When the machine was started.
pub(super) fn boot_time(stat: &str) -> Option<u64> {
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

/// How many cores there are; none where they are not told, as on other processors than those of Intel and AMD.
pub(super) fn cores(cpuinfo: &str) -> Option<usize> {
    let mut cores = BTreeSet::new();
    for processor in cpuinfo.split("\n\n") {
        let field = |name: &str| {
            let mut fields = processor.lines().filter_map(|line| line.split_once(':'));
            fields.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
        };
        cores.extend(field("physical id").zip(field("core id")));
    }
    (!cores.is_empty()).then_some(cores.len())
}

/// How many threads ran or waited, over one, five and fifteen minutes.
pub(super) fn load(loadavg: &str) -> [f64; 3] {
    let mut words = loadavg.split_whitespace().map(|word| word.parse().unwrap_or_default());
    std::array::from_fn(|_| words.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_busy_when_they_are_not_idle() {
        let before =
            Times::of("cpu  100 0 0 100 0 0 0 0 50 0\ncpu0 50 0 0 50 0 0 0 0 0 0\nintr 1\nbtime 7\n");
        let after = Times::of("cpu  130 0 0 160 10 0 0 0 90 0\ncpu0 80 0 0 50 0 0 0 0 0 0\n");
        assert_eq!(after.all.busy_since(before.all), 30.0);
        assert_eq!(after.each[0].busy_since(before.each[0]), 100.0);
        assert_eq!(before.all.busy_since(before.all), 0.0);
        assert_eq!(boot_time("cpu 1\nbtime 1700000000\n"), Some(1_700_000_000));
    }

    #[test]
    fn threads_of_one_core_are_one_core() {
        let text = "processor\t: 0\nphysical id\t: 0\ncore id\t: 0\n\nprocessor\t: 1\nphysical id\t: 0\ncore id\t: 0\n\n\
            processor\t: 2\nphysical id\t: 0\ncore id\t: 1\n";
        assert_eq!(cores(text), Some(2));
        assert_eq!(cores("processor\t: 0\nBogoMIPS\t: 50\n"), None);
        assert_eq!(load("0.50 1.25 2.00 1/234 567\n"), [0.5, 1.25, 2.0]);
    }
}
