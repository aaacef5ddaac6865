//! The audit log at the end: whole, and with as many records of each operation as there were calls.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use mxcp_test_support::project::Project;
use serde_json::Value;

use super::tally::Bounds;
use super::verdict::Finding;

/// What `mxcp log verify` says.
pub(super) fn verify(project: &Project) -> Result<Finding> {
    let ran = project.run(&["log", "verify", "--json"])?;
    let said = ran.json()?;
    let figure = |name: &str| said.pointer(&format!("/result/{name}")).cloned().unwrap_or_default();
    let mut text = format!("`mxcp log verify`: exit code {:?}, {} records", ran.code, figure("records"));
    if ran.code != Some(0) {
        text.push_str(&format!(": {}", ran.stdout.chars().take(2000).collect::<String>()));
    }
    Ok(Finding { text, fine: ran.code == Some(0) })
}

/// Records by the kind and the name of what they are of.
pub(super) fn count(folder: &Path) -> Result<BTreeMap<String, u64>> {
    let mut counts = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.ends_with(".jsonl") || name.ends_with("_schemas.jsonl") {
            continue;
        }
        for line in BufReader::new(File::open(&path)?).lines() {
            let record: Value = serde_json::from_str(&line?).with_context(|| name.clone())?;
            let part = |key: &str| record.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            *counts.entry(format!("{}:{}", part("operation_type"), part("operation_name"))).or_default() += 1;
        }
    }
    ensure!(!counts.is_empty(), "there are no records in {}", folder.display());
    Ok(counts)
}

/// Compares the records of calls with the calls that were made.
pub(super) fn compare(found: &BTreeMap<String, u64>, made: &BTreeMap<String, Bounds>) -> Vec<Finding> {
    let is_call = |name: &str| ["tool:", "resource:", "prompt:"].iter().any(|kind| name.starts_with(kind));
    let mut findings = Vec::new();
    let (mut sure, mut perhaps, mut records) = (0, 0, 0);
    for (name, bounds) in made {
        let count = found.get(name).copied().unwrap_or_default();
        (sure, perhaps, records) = (sure + bounds.sure, perhaps + bounds.perhaps, records + count);
        if !(bounds.sure..=bounds.sure + bounds.perhaps).contains(&count) {
            findings.push(Finding {
                text: format!(
                    "{name}: {count} records, not {} and at most {} more",
                    bounds.sure, bounds.perhaps
                ),
                fine: false,
            });
        }
    }
    for (name, count) in found.iter().filter(|(name, _)| is_call(name) && !made.contains_key(*name)) {
        findings
            .push(Finding { text: format!("{name}: {count} records of what nobody called"), fine: false });
    }
    findings.push(Finding {
        text: format!(
            "records of calls: {records}, for {sure} calls that were answered and {perhaps} that were cut off"
        ),
        fine: (sure..=sure + perhaps).contains(&records),
    });
    findings
}

#[cfg(test)]
mod tests {
    use super::{Bounds, compare};

    #[test]
    fn a_record_too_few_or_too_many_is_noticed_for_each_operation() {
        let made = [("tool:a".to_owned(), Bounds { sure: 5, perhaps: 2 })].into();
        let fine = |count: u64| {
            compare(&[("tool:a".to_owned(), count)].into(), &made).iter().all(|finding| finding.fine)
        };
        assert_eq!([4, 5, 7, 8].map(fine), [false, true, true, false]);
        let strange = [("tool:a".to_owned(), 5), ("tool:b".to_owned(), 1)].into();
        assert!(compare(&strange, &made).iter().any(|finding| !finding.fine));
    }
}
