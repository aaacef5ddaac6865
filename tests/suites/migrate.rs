//! `mxcp migrate --check`: what it finds in projects that were written for MXCP 0.12, and that it finds it without doing
//! anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use mxcp_test_support::project::{Project, Ran};
use mxcp_test_support::workspace_root;
use serde_json::Value as Json;

/// Codes by group: `refused`, `otherwise`, `remarks`; with each the places, as `file:line`.
type Groups = BTreeMap<&'static str, BTreeMap<String, BTreeSet<String>>>;

/// A copy of a project below `tests/projects/migrate`, with its user file.
fn project(name: &str) -> Project {
    let folder = workspace_root().join("tests/projects/migrate").join(name);
    let mut project = Project::copy_of(&folder, env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project.set_all([("HARBOUR_DATA", "data")]);
    if folder.join("config.yml").exists() {
        project.set_all([("MXCP_CONFIG", "config.yml")]);
    }
    project
}

/// Adds what can't be kept in a repository: a database of DuckDB 2, and the folder of git.
fn with_surroundings(project: &Project) {
    fs::create_dir_all(project.path().join("data")).unwrap();
    fs::create_dir_all(project.path().join(".git")).unwrap();
    // The checksum of a header of zeros with this format: the engine looks at it first.
    let checksum = 10_190_598_912_423_651_105_u64.to_le_bytes();
    let head = [&checksum[..], b"DUCK", &999_u64.to_le_bytes(), &[0; 16_384]].concat();
    fs::write(project.path().join("data/harbour.duckdb"), head).unwrap();
}

fn check(project: &Project) -> Ran {
    project.run(&["migrate", "--check", ".", "--json-output"]).unwrap()
}

fn groups(ran: &Ran) -> Groups {
    let document = ran.json().unwrap();
    let result = &document["result"];
    let lists = [
        ("refused", &result["refused"]),
        ("otherwise", &result["otherwise"]),
        ("remarks", &result["same"]["remarks"]),
    ];
    lists.map(|(name, list)| (name, by_code(list))).into_iter().collect()
}

fn by_code(list: &Json) -> BTreeMap<String, BTreeSet<String>> {
    let place = |place: &Json| {
        let line = place["line"].as_u64().map(|line| format!(":{line}")).unwrap_or_default();
        format!("{}{line}", place["file"].as_str().unwrap().rsplit("/mxcp-").next().unwrap())
    };
    let group = |group: &Json| {
        let places = group["places"].as_array().unwrap().iter().map(place).collect();
        (group["code"].as_str().unwrap().to_owned(), places)
    };
    list.as_array().unwrap().iter().map(group).collect()
}

/// The codes that the guide lists, but for those of every project.
fn documented() -> BTreeSet<String> {
    let guide = fs::read_to_string(workspace_root().join("docs/upgrade.md")).unwrap();
    let (shown, _everywhere) = guide.split_once("## For every project").unwrap();
    let codes = shown.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    codes.map(|(code, _)| code.to_owned()).collect()
}

fn set(places: &[&str]) -> BTreeSet<String> {
    places.iter().map(|place| (*place).to_owned()).collect()
}

#[test]
fn what_is_refused_is_told_with_its_place() {
    let ran = check(&project("refused"));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let refused = &groups(&ran)["refused"];
    for (code, places) in [
        ("yaml-repeated-key", &["tools/repeated.yml:5"][..]),
        ("refused-there-too", &["tools/misspelt.yml:4"]),
        ("checked-more", &["resources/nowhere.yml:3"]),
        ("policy-syntax", &["tools/unparsed.yml:8"]),
        ("policy-type", &["tools/unknown.yml:10", "tools/unknown.yml:11"]),
        ("policy-without-effect", &["tools/idle.yml:7", "tools/idle.yml:9"]),
        ("python-inline", &["tools/inline.yml:5"]),
        ("python-import", &["python/imports.py:2"]),
        ("resource-placeholder", &["resources/placeholder.yml:3"]),
        ("prompt-role", &["prompts/narrator.yml:5"]),
        ("prompt-type", &["prompts/narrator.yml:6"]),
    ] {
        assert_eq!(refused.get(code), Some(&set(places)), "{code}: {refused:#?}");
    }
    // The user file is outside of the project, and its references stay what they are.
    let client = refused["user-client-redirects"].iter().next().unwrap();
    assert!(client.ends_with("config.yml:9"), "{client}");
    assert_eq!(refused.len(), 12, "{refused:#?}");
}

#[test]
fn what_decides_otherwise_is_told_and_nothing_has_to_be_changed() {
    let ran = check(&project("otherwise"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let found = groups(&ran);
    assert!(found["refused"].is_empty(), "{found:#?}");
    let otherwise = &found["otherwise"];
    for (code, places) in [
        ("policy-user-key", &["tools/berth.yml:31"][..]),
        ("policy-function", &["tools/berth.yml:32"]),
        ("policy-number", &["tools/berth.yml:33"]),
        ("policy-negative-index", &["tools/berth.yml:34"]),
        ("policy-text-of-boolean", &["tools/berth.yml:35"]),
        ("policy-user-name", &["tools/berth.yml:36"]),
        ("policy-absent-field", &["tools/berth.yml:38"]),
        ("policy-result-schema", &["tools/berth.yml:38", "tools/berth.yml:39"]),
        ("policy-sensitive-fields", &["tools/berth.yml:40"]),
        ("site-readonly", &["mxcp-site.yml:14"]),
        ("type-object-filled", &["tools/berth.yml:14"]),
        ("python-resource-function", &["resources/buoys.yml:8"]),
        ("python-async-hook", &["python/tide.py:8"]),
        ("python-transaction", &["python/tide.py:16", "python/tide.py:18"]),
        ("python-standard-name", &["python/calendar.py"]),
        ("same-name", &["prompts/tide.yml:3", "tools/tide.yml:3"]),
    ] {
        assert_eq!(otherwise.get(code), Some(&set(places)), "{code}: {otherwise:#?}");
    }
}

#[test]
fn every_difference_that_the_guide_lists_is_found_somewhere() {
    let mut codes = BTreeSet::new();
    let mut look = |project: &Project| {
        for group in groups(&check(project)).into_values() {
            codes.extend(group.into_keys());
        }
    };
    look(&project("refused"));
    let mut otherwise = project("otherwise");
    with_surroundings(&otherwise);
    look(&otherwise);
    otherwise.set_all([("MXCP_CONFIG", "issuer.yml")]);
    look(&otherwise);
    assert_eq!(codes, documented());
}

#[test]
fn a_project_without_differences_is_the_same() {
    let project = project("same");
    let ran = check(&project);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let result = ran.result().unwrap();
    assert_eq!(result["status"], "ok");
    assert_eq!(result["same"]["files"], serde_json::json!(["tools/loans.yml"]), "{result:#}");
    assert_eq!((&result["refused"], &result["otherwise"]), (&serde_json::json!([]), &serde_json::json!([])));
    assert!(result["everywhere"].as_array().unwrap().len() > 20);
    assert_eq!(project.run(&["validate", "--strict"]).unwrap().code, Some(0));
    assert_eq!(project.run(&["test"]).unwrap().code, Some(0));
}

/// Everything in a folder, with when it was changed.
fn inventory(folder: &Path) -> BTreeMap<String, SystemTime> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        found.insert(path.display().to_string(), fs::metadata(&path).unwrap().modified().unwrap());
        if path.is_dir() {
            found.extend(inventory(&path));
        }
    }
    found
}

#[test]
fn looking_changes_nothing() {
    let project = project("otherwise");
    with_surroundings(&project);
    let before = inventory(project.path());
    let ran = check(&project);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(inventory(project.path()), before);
}

#[test]
fn the_formats_of_databases_are_those_that_the_engine_reads() {
    let mut project = project("same");
    with_surroundings(&project);
    project.set_all([("MXCP_DUCKDB_PATH", "data/harbour.duckdb")]);
    let error = project.run(&["query", "SELECT 1", "--json-output"]).unwrap().error().unwrap();
    assert!(error.contains("version number 999") && error.contains("between 64 and 68"), "{error}");
}

#[test]
fn secrets_and_what_references_lead_to_are_not_shown() {
    let mut project = project("otherwise");
    project.set_all([
        ("HARBOUR_KEY", "s3cr3t-key"),
        ("HARBOUR_SECRET", "s3cr3t-other"),
        ("HARBOUR_PORT", "s3cr3t-port"),
    ]);
    for arguments in [&["migrate", "--check"][..], &["migrate", "--check", "--json-output"]] {
        let ran = project.run(arguments).unwrap();
        assert!(!format!("{ran:?}").contains("s3cr3t"), "{ran:?}");
    }
}

#[test]
fn people_get_the_groups_in_order_and_the_differences_of_every_project_last() {
    let ran = project("refused").run(&["migrate", "--check"]).unwrap();
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""), "{ran:?}");
    let titles = [
        "Refused here",
        "Accepted, but decides otherwise:",
        "For every project",
        "Something has to be changed",
    ];
    let places: Vec<usize> =
        titles.iter().map(|title| ran.stdout.find(title).unwrap_or_else(|| panic!("{title}"))).collect();
    assert!(places.is_sorted(), "{places:?}\n{}", ran.stdout);
}

#[test]
fn without_check_it_says_that_nothing_else_exists() {
    let ran = project("same").run(&["migrate"]).unwrap();
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("--check"), "{ran:?}");
}

#[test]
fn what_is_wrong_with_the_site_file_is_told_alone() {
    let project = project("same");
    project.file("mxcp-site.yml", "mxcp: \"1\"\nproject: library\nprofle: default\n").unwrap();
    let ran = check(&project);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let refused = &groups(&ran)["refused"];
    let places: BTreeSet<&String> = refused.values().flatten().collect();
    assert!(places.iter().all(|place| place.starts_with("mxcp-site.yml")), "{refused:#?}");
    assert!(refused["refused-there-too"].contains("mxcp-site.yml:3"), "{refused:#?}");
}

#[test]
fn a_folder_without_a_project_is_refused() {
    let project = Project::bare(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    let error = project.run(&["migrate", "--check", "--json-output"]).unwrap().error().unwrap();
    assert_eq!(error, "No mxcp-site.yml found in .");
}
