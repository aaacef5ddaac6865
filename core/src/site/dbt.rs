//! The settings of dbt with their defaults filled in (spec `dbt.md` section 1).

use serde_json::{Map, Value as Json};

use crate::schema::{DbtSection, OneOrMany};

/// Where the parts of a dbt project are. All paths are relative to the project root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dbt {
    /// Whether the project uses dbt.
    pub enabled: bool,
    /// Lists of folders by their key in `dbt_project.yml`.
    pub folders: Vec<(&'static str, Vec<String>)>,
    /// Folder of built artefacts.
    pub target_path: String,
}

impl Dbt {
    /// What a section says; `written` is the same section as it stands in the file, where a null is an empty list.
    pub(super) fn of(section: Option<&DbtSection>, written: Option<&Map<String, Json>>) -> Self {
        let list =
            |of: fn(&DbtSection) -> &Option<OneOrMany<String>>, key: &str, default: &[&str]| match section
                .and_then(|section| of(section).clone())
            {
                Some(list) => list.into_vec(),
                None if written.is_some_and(|written| written.contains_key(key)) => Vec::new(),
                None => default.iter().map(|&folder| folder.to_owned()).collect(),
            };
        Self {
            enabled: section.and_then(|section| section.enabled).unwrap_or(true),
            folders: vec![
                ("model-paths", list(|section| &section.model_paths, "model_paths", &["models"])),
                ("analysis-paths", list(|section| &section.analysis_paths, "analysis_paths", &["analyses"])),
                ("test-paths", list(|section| &section.test_paths, "test_paths", &["tests"])),
                ("seed-paths", list(|section| &section.seed_paths, "seed_paths", &["seeds"])),
                ("macro-paths", list(|section| &section.macro_paths, "macro_paths", &["macros"])),
                ("snapshot-paths", list(|section| &section.snapshot_paths, "snapshot_paths", &["snapshots"])),
                (
                    "clean-targets",
                    list(|section| &section.clean_targets, "clean_targets", &["target", "dbt_packages"]),
                ),
            ],
            target_path: section
                .and_then(|section| section.target_path.clone())
                .unwrap_or_else(|| "target".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::Diagnostics;
    use crate::site::{Dbt, Site};
    use crate::source::SourceFile;

    fn dbt(section: &str) -> Dbt {
        let text = format!("project: a\nprofile: b\n{section}");
        let mut findings = Diagnostics::new();
        Site::load(&SourceFile::new("mxcp-site.yml", text), &mut findings)
            .unwrap_or_else(|| panic!("{findings:?}"))
            .dbt
    }

    fn folders(section: &str, key: &str) -> Vec<String> {
        dbt(section).folders.into_iter().find(|(name, _)| *name == key).unwrap().1
    }

    #[test]
    fn everything_has_a_default() {
        for section in ["", "dbt:\n", "dbt: {}\n"] {
            let dbt = dbt(section);
            assert!(dbt.enabled && dbt.target_path == "target", "{section}");
            assert_eq!(dbt.folders.len(), 7);
            assert_eq!(folders(section, "clean-targets"), ["target", "dbt_packages"]);
        }
        assert!(!dbt("dbt: {enabled: no}\n").enabled);
    }

    #[test]
    fn a_single_folder_is_a_list_of_one_and_null_is_an_empty_one() {
        assert_eq!(folders("dbt: {model_paths: sql}\n", "model-paths"), ["sql"]);
        assert_eq!(folders("dbt: {model_paths: [a, b]}\n", "model-paths"), ["a", "b"]);
        assert!(folders("dbt: {model_paths: }\n", "model-paths").is_empty());
        assert_eq!(folders("dbt: {target_path: out}\n", "clean-targets"), ["target", "dbt_packages"]);
    }
}
