//! Names that two suites have.

use std::collections::BTreeMap;

use super::{LoadedSuite, SuiteState};
use crate::diagnostic::{Code, Diagnostic};

/// Marks every suite as broken whose name another one has too: nobody could say which of them is meant.
pub(super) fn report(suites: &mut [LoadedSuite]) {
    let mut claims: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, loaded) in suites.iter().enumerate() {
        if let SuiteState::Suite(suite) = &loaded.state {
            claims.entry(suite.suite.clone()).or_default().push(index);
        }
    }
    for (name, claimants) in claims.into_iter().filter(|(_, claimants)| claimants.len() > 1) {
        let paths: Vec<&str> =
            claimants.iter().filter_map(|index| Some(suites.get(*index)?.path.as_str())).collect();
        let message = format!("Duplicate eval suite name '{name}' found in: {}", paths.join(", "));
        for index in claimants {
            if let Some(loaded) = suites.get_mut(index) {
                loaded.state = SuiteState::Broken;
                loaded.findings.push(Diagnostic::error(Code::InvalidValue, message.clone()));
            }
        }
    }
}
