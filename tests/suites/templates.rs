//! `mxcp init --template`: each template is a project that is valid, clean to the linter and tested, from the first moment.

use std::path::{Path, PathBuf};

use mxcp_test_support::guest;
use mxcp_test_support::project::{Project, Ran};
use serde_json::Value as Json;

const TEMPLATES: [&str; 4] = ["sql", "python", "component", "dbt"];

/// A project made of a template, in a folder below the one that is home.
struct Made {
    project: Project,
}

impl Made {
    fn of(template: &str) -> Self {
        let project = Project::bare(env!("CARGO_BIN_EXE_mxcp")).unwrap();
        let ran = project.run(&["init", "my-shop", "--template", template]).unwrap();
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.stdout.contains("README.md says more."), "{ran:?}");
        Self { project }
    }

    fn root(&self) -> PathBuf {
        self.project.path().join("my-shop")
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.project.command(arguments).current_dir(self.root()).output().unwrap())
    }

    /// `validate --strict` and `lint --fail-on warning` find nothing, and every test passes.
    fn works(&self, tests: u64) {
        let validated = self.run(&["validate", "--strict", "--json-output"]);
        assert_eq!(validated.code, Some(0), "{validated:?}");
        let linted = self.run(&["lint", "--fail-on", "warning"]);
        assert_eq!((linted.code, linted.stderr.as_str()), (Some(0), ""), "{linted:?}");
        let tested = self.run(&["test", "--json-output"]).result().unwrap();
        assert_eq!(tested["status"], "ok", "{tested:#}");
        assert_eq!(tested["tests_run"], tests);
    }
}

fn texts(folder: &Path) -> Vec<(PathBuf, String)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut texts = Vec::new();
    for path in entries {
        if path.is_dir() {
            texts.extend(texts_below(&path));
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            texts.push((path, text));
        }
    }
    texts
}

fn texts_below(folder: &Path) -> Vec<(PathBuf, String)> {
    if folder.ends_with(".mxcp") { Vec::new() } else { texts(folder) }
}

#[test]
fn the_template_in_sql_works_from_the_first_moment() {
    let made = Made::of("sql");
    made.works(5);
    let found = made.run(&["run", "tool", "find_books", "--param", "text=austen", "--json-output"]);
    assert_eq!(found.result().unwrap()[0]["title"], "Pride and Prejudice");
}

#[test]
fn the_template_in_python_works_from_the_first_moment() {
    Made::of("python").works(3);
}

#[test]
fn the_template_of_dbt_works_before_dbt_ran() {
    let made = Made::of("dbt");
    made.works(3);
    let written = std::fs::read_to_string(made.root().join("dbt_project.yml")).unwrap();
    let configured = made.run(&["dbt-config"]);
    assert_eq!(configured.code, Some(0), "{configured:?}");
    assert!(configured.stdout.contains("dbt_project.yml is as it should be"), "{configured:?}");
    assert_eq!(std::fs::read_to_string(made.root().join("dbt_project.yml")).unwrap(), written);
}

#[test]
fn the_template_of_a_component_says_what_has_to_be_built() {
    let made = Made::of("component");
    let validated = made.run(&["validate", "--json-output"]);
    let document: Json = validated.json().unwrap();
    let finding = &document["result"]["validated"][0]["diagnostics"][0];
    assert_eq!(validated.code, Some(1));
    assert_eq!(finding["code"], "missing-source", "{document:#}");
    assert!(finding["message"].as_str().unwrap().contains("components/reading.wasm"), "{document:#}");
    let readme = std::fs::read_to_string(made.root().join("README.md")).unwrap();
    assert!(
        readme.contains("cargo build --release --target wasm32-wasip2 --manifest-path source/Cargo.toml")
    );
}

#[test]
fn the_contract_of_the_component_template_fits_its_wit() {
    let made = Made::of("component");
    let wit = std::fs::read_to_string(made.root().join("source/wit/reading.wit")).unwrap();
    std::fs::create_dir_all(made.root().join("components")).unwrap();
    std::fs::write(made.root().join("components/reading.wasm"), guest::encode(&wit).unwrap()).unwrap();
    let validated = made.run(&["validate", "--strict"]);
    assert_eq!(validated.code, Some(0), "{validated:?}");
    let linted = made.run(&["lint", "--fail-on", "warning"]);
    assert_eq!(linted.code, Some(0), "{linted:?}");
}

#[test]
fn names_are_filled_in_and_files_that_exist_stay() {
    for template in TEMPLATES {
        let made = Made::of(template);
        let site = std::fs::read_to_string(made.root().join("mxcp-site.yml")).unwrap();
        assert!(site.contains("project: my-shop\nprofile: default\n"), "{site}");
        std::fs::write(made.root().join("README.md"), "mine").unwrap();
        let again = made.run(&["init", "--template", template]);
        assert_eq!(again.code, Some(0), "{again:?}");
        assert!(again.stdout.contains("Nothing is missing"), "{again:?}");
        assert_eq!(std::fs::read_to_string(made.root().join("README.md")).unwrap(), "mine");
    }
}

#[test]
fn what_a_template_makes_is_ignored_by_git_where_it_belongs_to_one_machine() {
    for template in TEMPLATES {
        let made = Made::of(template);
        let ignored = std::fs::read_to_string(made.root().join(".gitignore")).unwrap();
        for line in ["*.duckdb", "/audit/", "/server_config.json"] {
            assert!(ignored.lines().any(|own| own == line), "{template}: {ignored}");
        }
        // Of what is left, nothing names this machine.
        let root = made.root().display().to_string();
        let naming: Vec<_> =
            texts(&made.root()).into_iter().filter(|(_, text)| text.contains(&root)).collect();
        assert!(naming.is_empty(), "{naming:?}");
    }
}

#[test]
fn a_template_and_the_first_tool_exclude_each_other() {
    let project = Project::bare(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    let ran = project.run(&["init", "shop", "--template", "sql", "--bootstrap"]).unwrap();
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(!project.path().join("shop").exists());
}
