//! Whole small projects to begin with. They are plain files below `templates/` of this crate: to change one, edit its files;
//! a new file goes into the list here as well.

use std::path::Path;
use std::{fs, io};

use super::site_file::scalar;
use crate::commands::dbt_config;
use crate::project::{Project, SITE_FILE};

/// What a project may begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Template {
    /// A tool, a resource and a prompt in SQL.
    Sql,
    /// A tool in Python.
    Python,
    /// A tool that is a function of a WebAssembly component in Rust.
    Component,
    /// A tool over what dbt builds.
    Dbt,
}

/// A file of a template: its path in the project, and its text.
type File = (&'static str, &'static str);

/// Names files of a template, and takes their texts into the program.
macro_rules! files {
    ($folder:literal: $($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/", $folder, "/", $path)))),+]
    };
}

const SQL: &[File] = files!("sql":
    "mxcp-site.yml", ".gitignore", "README.md", "data/books.csv", "evals/books.yml", "prompts/recommend.yml",
    "resources/book.yml", "sql/find_books.sql", "tools/find_books.yml",
);

const PYTHON: &[File] = files!("python":
    "mxcp-site.yml", ".gitignore", "README.md", "data/invoices.csv", "evals/invoices.yml", "python/invoices.py",
    "tools/overdue_invoices.yml",
);

const COMPONENT: &[File] = files!("component":
    "mxcp-site.yml", ".gitignore", "README.md", "source/Cargo.toml", "source/src/lib.rs", "source/wit/reading.wit",
    "tools/reading_time.yml",
);

const DBT: &[File] = files!("dbt":
    "mxcp-site.yml", ".gitignore", "README.md", "data/monthly_revenue.csv", "evals/revenue.yml",
    "models/monthly_revenue.sql", "models/schema.yml", "seeds/orders.csv", "tools/monthly_revenue.yml",
);

/// The file by which dbt knows the project.
const DBT_PROJECT: &str = "dbt_project.yml";

impl Template {
    fn files(self) -> &'static [File] {
        match self {
            Self::Sql => SQL,
            Self::Python => PYTHON,
            Self::Component => COMPONENT,
            Self::Dbt => DBT,
        }
    }

    /// The text of the site file.
    pub(super) fn site_file(self, project: &str, profile: &str) -> String {
        let text = self.files().iter().find(|(path, _)| *path == SITE_FILE).map_or("", |(_, text)| text);
        text.replace("PROJECT", &scalar(project)).replace("PROFILE", &scalar(profile))
    }

    /// Writes the files that are missing, and gives their paths relative to the root.
    pub(super) fn write(self, project: &Project) -> io::Result<Vec<String>> {
        let mut made = Vec::new();
        for (path, text) in self.files().iter().filter(|(path, _)| *path != SITE_FILE) {
            made.extend(write(&project.root, path, text)?);
        }
        if self == Self::Dbt {
            made.extend(write(&project.root, DBT_PROJECT, &dbt_config::new_project_file(project))?);
        }
        Ok(made)
    }

    /// What to do first, as commands.
    pub(super) fn first_commands(self) -> &'static [&'static str] {
        match self {
            Self::Sql => &["mxcp test", "mxcp run tool find_books --param text=austen"],
            Self::Python => &["mxcp test", "mxcp run tool overdue_invoices --param day=2026-04-01"],
            Self::Component => &[
                "cargo build --release --target wasm32-wasip2 --manifest-path source/Cargo.toml",
                "mkdir -p components && cp source/target/wasm32-wasip2/release/reading.wasm components/",
                "mxcp test",
            ],
            Self::Dbt => &["mxcp test", "mxcp dbt-config && mxcp dbt build"],
        }
    }
}

/// Writes a file unless it exists, and gives its path if it was written.
fn write(root: &Path, path: &str, text: &str) -> io::Result<Option<String>> {
    let file = root.join(path);
    if file.exists() {
        return Ok(None);
    }
    fs::create_dir_all(file.parent().unwrap_or(root))?;
    fs::write(file, text)?;
    Ok(Some(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::ValueEnum as _;

    use super::*;

    fn files_in(folder: &Path, prefix: &str) -> BTreeSet<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries
            .flat_map(|path| {
                let name = format!("{prefix}{}", path.file_name().unwrap().to_string_lossy());
                if path.is_dir() { files_in(&path, &format!("{name}/")) } else { BTreeSet::from([name]) }
            })
            .collect()
    }

    #[test]
    fn every_file_of_a_template_is_in_the_program() {
        for template in Template::value_variants() {
            let name = template.to_possible_value().unwrap();
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates").join(name.get_name());
            let listed: BTreeSet<_> = template.files().iter().map(|(path, _)| (*path).to_owned()).collect();
            assert_eq!(listed, files_in(&folder, ""), "{template:?}");
        }
    }

    #[test]
    fn site_files_name_project_and_profile() {
        for template in Template::value_variants() {
            let text = template.site_file("on", "my-own");
            assert!(text.contains("project: \"on\"\nprofile: my-own\n"), "{text}");
            assert!(!text.contains("PRO"), "{text}");
        }
    }
}
