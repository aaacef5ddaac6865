//! Every code that a finding can have is documented, and shown by a fixture that really has it.
//!
//! A fixture is the folder `tests/fixtures/{diagnostics,lint}/<code>` with the files of a project; the site file is
//! added if it has none. `docs/diagnostics.md` and `docs/lint-rules.md` have a section for each code, headed by the
//! code alone; the YAML in it stands in the fixture word for word.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use mxcp_core::diagnostic::Code;
use mxcp_core::lint;
use mxcp_test_support::project::{Project, Ran};
use mxcp_test_support::workspace_root;
use serde_json::Value as Json;

fn diagnostics() -> BTreeSet<&'static str> {
    Code::ALL.iter().map(|code| code.as_str()).collect()
}

fn rules() -> BTreeSet<&'static str> {
    lint::codes().into_iter().collect()
}

fn fixtures(area: &str) -> PathBuf {
    workspace_root().join("tests/fixtures").join(area)
}

/// What a command says in a project of the files of a fixture. A fixture that needs something beside its project has
/// that in a folder `project`.
fn say(fixture: &Path, arguments: &[&str]) -> Ran {
    let folder = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    for file in files(fixture) {
        let target = folder.path().join(file.strip_prefix(fixture).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(file, target).unwrap();
    }
    let inner = folder.path().join("project");
    if inner.is_dir() {
        fs::copy(folder.path().join("mxcp-site.yml"), inner.join("mxcp-site.yml")).unwrap();
        let ran = folder.command(arguments).current_dir(&inner).output().unwrap();
        return Ran::from(ran);
    }
    folder.run(arguments).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The codes of what `mxcp validate` says: about files in its document, about folders beside it.
fn validated(code: &str) -> BTreeSet<String> {
    let ran = say(&fixtures("diagnostics").join(code), &["validate", "--json-output"]);
    let document = ran.json().unwrap();
    let entries = document["result"]["validated"].as_array().cloned().unwrap_or_default();
    let findings = entries.iter().flat_map(|entry| entry["diagnostics"].as_array().cloned().unwrap());
    let mut codes: BTreeSet<String> = findings.map(|it| it["code"].as_str().unwrap().to_owned()).collect();
    for line in ran.stderr.lines() {
        let code =
            ["error[", "warning["].into_iter().find_map(|word| line.strip_prefix(word)?.split_once("]:"));
        codes.extend(code.map(|(code, _)| code.to_owned()));
    }
    codes
}

/// The codes of what `mxcp lint` says.
fn linted(code: &str) -> BTreeSet<String> {
    let mut arguments = vec!["lint", "--json-output"];
    if let Some(rest) = code.strip_prefix("client-") {
        arguments.extend(["--client", rest.split_once('-').unwrap().0]);
    }
    let ran = say(&fixtures("lint").join(code), &arguments);
    assert_eq!(ran.stderr, "", "the fixture of {code} does not load");
    let findings = ran.result().unwrap();
    findings.as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap().to_owned()).collect()
}

/// Fixtures that don't show their codes.
fn unshown(codes: BTreeSet<&'static str>, shown: impl Fn(&str) -> BTreeSet<String>) -> Vec<String> {
    let wrong = codes.into_iter().filter_map(|code| {
        let codes = shown(code);
        (!codes.contains(code)).then(|| format!("the fixture of `{code}` shows {codes:?} instead"))
    });
    wrong.collect()
}

/// The sections of a page that are headed by a code alone.
fn sections(page: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(workspace_root().join("docs").join(page)).unwrap();
    let mut sections: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if line.starts_with('#') {
            let heading = line.trim_start_matches('#').trim();
            let code = heading.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
            // The text below any other heading belongs to no code.
            sections.push((code.unwrap_or_default().to_owned(), String::new()));
        } else if let Some((_, text)) = sections.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    sections.retain(|(code, _)| !code.is_empty());
    sections
}

/// What is wrong with a page about `codes` and the fixtures in `area`.
fn page_problems(page: &str, area: &str, codes: &BTreeSet<&'static str>) -> Vec<String> {
    let sections = sections(page);
    let mut problems = Vec::new();
    for code in codes {
        match sections.iter().filter(|(section, _)| section == code).count() {
            0 => problems.push(format!("docs/{page} has no section for `{code}`")),
            1 => {}
            _ => problems.push(format!("docs/{page} has two sections for `{code}`")),
        }
    }
    for (code, text) in &sections {
        if !codes.contains(code.as_str()) {
            problems.push(format!("docs/{page} has a section for `{code}`, which is no code"));
        }
        let written: Vec<_> =
            files(&fixtures(area).join(code)).iter().filter_map(|it| fs::read_to_string(it).ok()).collect();
        for block in text.split("```yaml\n").skip(1).filter_map(|rest| rest.split_once("```")) {
            if !written.iter().any(|file| file == block.0) {
                problems.push(format!("the example of `{code}` in docs/{page} is not its fixture"));
            }
        }
    }
    problems
}

fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_diagnostic_is_shown_by_its_fixture() {
    assert_none(&unshown(diagnostics(), validated));
}

#[test]
fn every_lint_rule_is_shown_by_its_fixture() {
    assert_none(&unshown(rules(), linted));
}

#[test]
fn every_diagnostic_has_its_section() {
    assert_none(&page_problems("diagnostics.md", "diagnostics", &diagnostics()));
}

#[test]
fn every_lint_rule_has_its_section() {
    assert_none(&page_problems("lint-rules.md", "lint", &rules()));
}

#[test]
fn no_fixture_is_of_a_code_that_is_none() {
    for (area, codes) in [("diagnostics", diagnostics()), ("lint", rules())] {
        for entry in fs::read_dir(fixtures(area)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(codes.contains(name.as_str()), "tests/fixtures/{area}/{name}");
        }
    }
}

#[test]
fn a_complete_definition_has_no_findings_and_a_portable_one_none_of_clients() {
    let folder = workspace_root().join("tests/projects/lint");
    let project = Project::copy_of(&folder, env!("CARGO_BIN_EXE_mxcp")).unwrap();
    let lint = |arguments: &[&str], path: &str| -> Vec<Json> {
        let findings = project.run(arguments).unwrap().result().unwrap();
        findings.as_array().unwrap().iter().filter(|it| it["path"] == path).cloned().collect()
    };
    assert_eq!(lint(&["lint", "--json-output"], "tools/complete.yml"), Vec::<Json>::new());
    let all = ["lint", "--json-output", "--client", "gemini,openai,claude,bedrock"];
    let mut of_clients = lint(&all, "tools/portable.yml");
    of_clients.retain(|it| it["code"].as_str().is_some_and(|code| code.starts_with("client-")));
    assert_eq!(of_clients, Vec::<Json>::new());
}
