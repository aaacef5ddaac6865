//! The page, as Markdown.

use std::fmt;

use super::{Runners, of_the_first};
use crate::load::Measured;
use crate::sample::median;

/// What was measured so far.
#[derive(Debug, Default)]
pub(super) struct Page {
    targets: Vec<String>,
    calls: Vec<String>,
    others: Vec<String>,
    stages: Vec<String>,
}

impl Page {
    /// Something that is to be no more than that.
    pub(super) fn at_most(&mut self, what: &str, target: f64, seen: f64) {
        self.target(what, &format!("≤ {target}"), &format!("{seen:.1}"), seen <= target);
    }

    /// A share that is to be no less than that.
    pub(super) fn at_least(&mut self, what: &str, target: f64, seen: f64) {
        self.target(what, &format!("≥ {target}"), &format!("{seen:.2}"), seen >= target);
    }

    /// Memory in bytes, which is to be no more than so many MiB; none where the system doesn't say.
    pub(super) fn memory(&mut self, when: &str, target: f64, seen: Option<u64>) {
        if let Some(bytes) = seen {
            self.at_most(&format!("resident memory of `mxcp serve`, {when}, MiB"), target, mebibytes(bytes));
        }
    }

    /// Something that was seen and has no target.
    pub(super) fn seen(&mut self, what: &str, seen: &str) {
        self.targets.push(format!("| {what} | | {seen} | |"));
    }

    fn target(&mut self, what: &str, target: &str, seen: &str, met: bool) {
        let met = if met { "yes" } else { "no" };
        self.targets.push(format!("| {what} | {target} | {seen} | {met} |"));
    }

    /// What the runners of a call did.
    pub(super) fn calls(
        &mut self,
        call: &str,
        connections: usize,
        runners: &Runners<'_>,
        rounds: &[Vec<Measured>],
    ) {
        for (place, (contender, ..)) in runners.iter().enumerate() {
            let own: Vec<&Measured> = rounds.iter().filter_map(|round| round.get(place)).collect();
            let of = |figure: fn(&Measured) -> f64| {
                median(&own.iter().map(|round| figure(round)).collect::<Vec<_>>())
            };
            self.calls.push(format!(
                "| {call} | {} | {connections} | {:.0} | {:.2} | {:.2} | {:.2} |",
                contender.name,
                of(Measured::rate),
                of(|round| round.latency(0.5)) * 1000.0,
                of(|round| round.latency(0.99)) * 1000.0,
                of_the_first(rounds, place),
            ));
        }
    }

    /// Seconds to the first answer of a server, and its memory after load.
    pub(super) fn other(&mut self, name: &str, ready: f64, resident: Option<u64>) {
        let memory = resident.map_or("?".to_owned(), |bytes| format!("{:.0}", mebibytes(bytes)));
        self.others.push(format!("| {name} | {:.0} | {memory} |", ready * 1000.0));
    }

    /// What a stage costs: microseconds, allocations, instructions.
    pub(super) fn stage(
        &mut self,
        what: &str,
        microseconds: Option<f64>,
        allocations: Option<f64>,
        instructions: Option<f64>,
    ) {
        let shown = |number: Option<f64>, digits: usize| {
            number.map_or(String::new(), |number| format!("{number:.digits$}"))
        };
        let (time, allocations) = (shown(microseconds, 1), shown(allocations, 0));
        self.stages.push(format!("| {what} | {time} | {} | {allocations} |", shown(instructions, 0)));
    }
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}

impl fmt::Display for Page {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = |title: &str, head: &str, rows: &[String]| {
            if rows.is_empty() {
                return Ok(());
            }
            let rule = head.split('|').skip(1).map(|_| "|").collect::<Vec<_>>().join("---");
            writeln!(formatter, "## {title}\n\n{head}\n{rule}\n{}\n", rows.join("\n"))
        };
        table("Targets", "| what | target | seen | met |", &self.targets)?;
        table("What a call consists of", "| stage | µs | instructions | allocations |", &self.stages)?;
        table(
            "Calls",
            "| call | server | connections | calls/s | p50 ms | p99 ms | of the first |",
            &self.calls,
        )?;
        table("Beside others", "| server | first answer, ms | MiB after load |", &self.others)
    }
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn a_target_says_whether_it_is_met() {
        let mut page = Page::default();
        page.at_most("time", 60.0, 60.04);
        page.at_least("share", 0.85, 0.86);
        let text = page.to_string();
        assert!(
            text.contains("| what | target | seen | met |\n|---|---|---|---|\n| time | ≤ 60 | 60.0 | no |")
        );
        assert!(text.contains("| share | ≥ 0.85 | 0.86 | yes |"));
        assert!(!text.contains("Calls"));
    }
}
