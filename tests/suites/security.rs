//! What `docs/security.md` and `docs/reliability.md` say can be looked up: tests that they name are there, and secrets are compared as
//! it is said.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use mxcp_test_support::workspace_root;

/// Where code is.
const FOLDERS: [&str; 4] = ["core", "host-native", "host-wasi", "tests"];

/// What the second column of the tables names beside tests.
const OTHERS: [&str; 2] = ["hmac", "mxcp-core"];

fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

fn all() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    FOLDERS.iter().for_each(|folder| sources(&workspace_root().join(folder), &mut found));
    found
}

/// The part of a file that is no test.
fn product(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

/// Looks up each test that the last column of the tables of a page names, from a heading on. Gives how many there are.
fn look_up(page: &str, heading: &str) -> usize {
    let page = fs::read_to_string(workspace_root().join(page)).unwrap();
    let (_, tables) = page.split_once(&format!("\n## {heading}")).unwrap();
    let sources = all();
    let functions: BTreeSet<&str> = sources
        .iter()
        .flat_map(|(_, text)| text.split("fn ").skip(1))
        .filter_map(|after| after.split_once(['(', '<']))
        .map(|(name, _)| name)
        .collect();
    let modules: BTreeSet<&str> = sources.iter().filter_map(|(path, _)| path.file_stem()?.to_str()).collect();
    let is_heading = |line: &str| line.starts_with("| attack") || line.starts_with("| what happens");
    let mut named = 0;
    for row in tables.lines().filter(|line| line.starts_with("| ") && !is_heading(line)) {
        let cell = row.rsplit('|').nth(1).unwrap();
        let names: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test in {row}");
        for name in names {
            let words = name.rsplit(' ').next().unwrap();
            let (module, test) = words.rsplit_once("::").unwrap_or(("", words));
            let there = match test {
                "*" => modules.contains(module.rsplit("::").next().unwrap()),
                _ => functions.contains(test) || modules.contains(test) || OTHERS.contains(&test),
            };
            assert!(there, "`{name}` in {row}");
            named += 1;
        }
    }
    named
}

#[test]
fn every_attack_names_a_test_that_is_there() {
    let named = look_up("docs/security.md", "Attacks");
    assert!(named > 80, "{named}");
}

#[test]
fn every_failure_names_a_test_that_is_there() {
    let named = look_up("docs/reliability.md", "Failures");
    assert!(named > 40, "{named}");
}

#[test]
fn nobody_compares_what_a_secret_hides() {
    let mut hidden = 0;
    let is_test = |path: &Path| {
        path.ends_with("tests.rs")
            || path.iter().any(|part| ["tests", "testing"].iter().any(|folder| part == *folder))
    };
    let root = workspace_root();
    for (path, text) in all().iter().filter(|(path, _)| !is_test(path.strip_prefix(&root).unwrap())) {
        for line in product(text).lines() {
            let reveals = line.contains("reveal()") || line.contains("expose()");
            let compares = line.contains("==") || line.contains("!=") || line.contains("starts_with(");
            hidden += usize::from(reveals);
            // Those that are the same hide it, and take as long for every difference.
            assert!(!(reveals && compares), "{}: {line}", path.display());
        }
    }
    assert!(hidden > 20, "{hidden}");
}
