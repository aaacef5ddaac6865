//! The official JSON Schema Test Suite (tests/json-schema-suite), all of it for 2020-12.
//!
//! What the evaluator does differently is listed in `exclusions.yml`, with a reason. The list is strict: a group
//! that is on it and passes fails, and so does one that is on it and not in the suite.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::tests::compile;
use crate::diagnostic::Diagnostics;
use crate::source::SourceFile;
use crate::value::Value;
use crate::yaml::Document;

/// Some tests of one schema.
#[derive(Deserialize)]
struct Group {
    description: String,
    schema: Json,
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Test {
    description: String,
    data: Json,
    valid: bool,
}

/// What came of a group.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    /// The schema does not load; its author is told this.
    Refused(Vec<String>),
    /// The verdict about these values is not that of the suite.
    Different(Vec<String>),
}

impl Outcome {
    fn of(group: &Group) -> Self {
        // Definitions have mappings only where a schema begins; what means the same has to do for the others.
        let schema = if group.schema.is_object() {
            group.schema.to_string()
        } else {
            json!({ "allOf": [group.schema] }).to_string()
        };
        let schema = match compile(&schema) {
            Ok(schema) => schema,
            Err(findings) => return Outcome::Refused(findings),
        };
        let wrong = |test: &&Test| schema.accepts(&Value::from_json(test.data.clone())) != test.valid;
        let wrong = group.tests.iter().filter(wrong).map(|test| test.description.clone());
        let wrong: Vec<String> = wrong.collect();
        if wrong.is_empty() { Outcome::Passed } else { Outcome::Different(wrong) }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Passed => formatter.write_str("passes"),
            Outcome::Refused(findings) => write!(formatter, "is refused: {}", findings.join("; ")),
            Outcome::Different(tests) => write!(formatter, "is different: {}", tests.join("; ")),
        }
    }
}

/// Reasons by description, by file.
type Reasons = BTreeMap<String, BTreeMap<String, String>>;

#[derive(Deserialize)]
struct Exclusions {
    /// Groups whose schema must not load.
    refused: Reasons,
    /// Groups of which some values must be judged differently.
    different: Reasons,
    /// Whole files for which nothing is claimed, of which something must be different.
    unchecked: BTreeMap<String, String>,
}

impl Exclusions {
    fn load() -> Self {
        let file = SourceFile::new("exclusions.yml", read(&folder().join("exclusions.yml")));
        let mut findings = Diagnostics::new();
        Document::parse(&file, &mut findings).expect("YAML").deserialize().expect("a list of exclusions")
    }

    /// What is wrong with an outcome: it is not the one that is listed.
    fn object(&self, file: &str, description: &str, outcome: &Outcome) -> Option<String> {
        let listed =
            |reasons: &Reasons| reasons.get(file).is_some_and(|groups| groups.contains_key(description));
        let expected = match outcome {
            _ if self.unchecked.contains_key(file) => true,
            Outcome::Passed => !listed(&self.refused) && !listed(&self.different),
            Outcome::Refused(_) => listed(&self.refused),
            Outcome::Different(_) => listed(&self.different),
        };
        (!expected).then(|| format!("{file}: {description}: {outcome}"))
    }

    /// Entries that nothing in the suite is called by, or that have no reason.
    fn idle(&self, known: &BTreeSet<(String, String)>) -> Vec<String> {
        let mut idle = Vec::new();
        for (file, groups) in self.refused.iter().chain(&self.different) {
            for (description, reason) in groups {
                if reason.is_empty() || !known.contains(&(file.clone(), description.clone())) {
                    idle.push(format!("{file}: {description}: is listed for nothing"));
                }
            }
        }
        idle
    }
}

#[expect(clippy::disallowed_methods, reason = "the suite is in files, and this is a test on a host")]
fn folder() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").unwrap();
    Path::new(&manifest).join("../tests/json-schema-suite")
}

#[expect(clippy::disallowed_methods, reason = "the suite is in files, and this is a test on a host")]
fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file of the suite, by its path from the folder of the dialect.
#[expect(clippy::disallowed_methods, reason = "the suite is in files, and this is a test on a host")]
fn files(folder: &Path, above: &str, found: &mut BTreeMap<String, Vec<Group>>) {
    for entry in std::fs::read_dir(folder).expect("the suite").flatten() {
        let name = format!("{above}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            files(&entry.path(), &format!("{name}/"), found);
        } else {
            let groups =
                serde_json::from_str(&read(&entry.path())).unwrap_or_else(|error| panic!("{name}: {error}"));
            found.insert(name, groups);
        }
    }
}

#[test]
fn it_passes_the_official_suite_but_for_what_is_listed() {
    let mut suite = BTreeMap::new();
    files(&folder().join("draft2020-12"), "", &mut suite);
    let exclusions = Exclusions::load();
    let mut surprises = Vec::new();
    let mut known = BTreeSet::new();
    for (file, groups) in &suite {
        let mut differs = false;
        for group in groups {
            let outcome = Outcome::of(group);
            differs |= outcome != Outcome::Passed;
            surprises.extend(exclusions.object(file, &group.description, &outcome));
            known.insert((file.clone(), group.description.clone()));
        }
        if exclusions.unchecked.contains_key(file) && !differs {
            surprises.push(format!("{file}: passes, though nothing is claimed for it"));
        }
    }
    for file in exclusions.unchecked.keys().filter(|file| !suite.contains_key(*file)) {
        surprises.push(format!("{file}: is not in the suite"));
    }
    surprises.extend(exclusions.idle(&known));
    assert!(surprises.is_empty(), "{} surprises:\n{}", surprises.len(), surprises.join("\n"));
}
