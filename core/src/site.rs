//! The site file with its defaults filled in (spec `configuration.md` sections 2 and 4).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::definition::Kind;
use crate::diagnostic::{Code, Diagnostics};
use crate::format_version;
use crate::schema;
use crate::source::SourceFile;
use crate::yaml::{DocPath, Document, Report, Shape};

/// What the site file says, with every default filled in. All paths are relative to the project root.
#[derive(Clone, Debug)]
pub struct Site {
    /// Name of the project.
    pub project: String,
    /// Profile used unless another is asked for.
    pub profile: String,
    /// Names of the secrets the project expects.
    pub secrets: Vec<String>,
    /// DuckDB extensions to load.
    pub extensions: Vec<Extension>,
    /// The built-in SQL tools.
    pub sql_tools: schema::SqlTools,
    paths: schema::Paths,
    profiles: BTreeMap<String, schema::SiteProfile>,
}

/// A DuckDB extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Its name.
    pub name: String,
    /// Its repository, if not DuckDB's own.
    pub repository: Option<String>,
}

/// One profile, with its paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// The database file as written, else `<data>/db-<profile>.duckdb`.
    pub database: String,
    /// Whether the site file asks for reading only.
    pub readonly: bool,
    /// Whether calls are recorded.
    pub audit: bool,
}

impl Site {
    /// Reads the site file; none if it has errors, which are in `findings` then.
    pub fn load(file: &Arc<SourceFile>, findings: &mut Diagnostics) -> Option<Self> {
        let mut own = Diagnostics::new();
        let document = Document::parse(file, &mut own);
        if let Some(document) = &document {
            let mut report = Report::new(document, &mut own);
            check(document, &mut report);
        }
        let failed = own.has_errors();
        findings.extend(own);
        let written: schema::Site = document.filter(|_| !failed)?.deserialize().ok()?;
        Some(Self::from_schema(written))
    }

    fn from_schema(written: schema::Site) -> Self {
        let list = |items: Option<schema::OneOrMany<String>>| {
            items.map(schema::OneOrMany::into_vec).unwrap_or_default()
        };
        let extensions = written.extensions.map(schema::OneOrMany::into_vec).unwrap_or_default();
        Self {
            project: written.project,
            profile: written.profile,
            secrets: list(written.secrets),
            extensions: extensions.into_iter().map(Extension::from).collect(),
            sql_tools: written.sql_tools.unwrap_or_default(),
            paths: written.paths.unwrap_or_default(),
            profiles: written
                .profiles
                .unwrap_or_default()
                .into_iter()
                .map(|(name, profile)| (name, profile.unwrap_or_default()))
                .collect(),
        }
    }

    /// The folder of a kind's definitions.
    #[must_use]
    pub fn folder(&self, kind: Kind) -> &str {
        let (written, default) = match kind {
            Kind::Tool => (&self.paths.tools, "tools"),
            Kind::Resource => (&self.paths.resources, "resources"),
            Kind::Prompt => (&self.paths.prompts, "prompts"),
        };
        written.as_deref().unwrap_or(default)
    }

    /// Whether the site file names the folder of a kind itself.
    #[must_use]
    pub fn names_folder(&self, kind: Kind) -> bool {
        match kind {
            Kind::Tool => self.paths.tools.is_some(),
            Kind::Resource => self.paths.resources.is_some(),
            Kind::Prompt => self.paths.prompts.is_some(),
        }
    }

    /// A profile; one the site file does not mention has the defaults.
    #[must_use]
    pub fn profile(&self, name: &str) -> Profile {
        let written = self.profiles.get(name).cloned().unwrap_or_default();
        let duckdb = written.duckdb.unwrap_or_default();
        let data = self.paths.data.as_deref().unwrap_or("data");
        Profile {
            name: name.to_owned(),
            database: duckdb.path.unwrap_or_else(|| format!("{data}/db-{name}.duckdb")),
            readonly: duckdb.readonly.unwrap_or(false),
            audit: written.audit.unwrap_or_default().enabled.unwrap_or(false),
        }
    }
}

impl From<schema::Extension> for Extension {
    fn from(written: schema::Extension) -> Self {
        match written {
            schema::Extension::Name(name) => Self { name, repository: None },
            schema::Extension::Named(named) => Self { name: named.name, repository: named.repo },
        }
    }
}

fn check(document: &Document, report: &mut Report<'_>) {
    Shape::of::<schema::Site>().check(report);
    format_version::check(report);
    let extensions = DocPath::root().key("extensions");
    let repositories = ["community", "core_nightly"];
    // A single extension needs no list.
    let entries =
        (0..).map(|index| extensions.index(index)).take_while(|entry| document.node(entry).is_some());
    for entry in entries.chain([extensions.clone()]) {
        let repo = entry.key("repo");
        let written = document.node(&repo).and_then(|node| node.as_str());
        if written.is_some_and(|repo| !repositories.contains(&repo)) {
            report.error(Code::InvalidValue, &repo, "Input should be 'community' or 'core_nightly'");
        }
    }
    for tool in ["execute_sql_query", "list_tables", "get_table_schema"] {
        let description = DocPath::root().key("sql_tools").key(tool).key("description");
        if document.node(&description).and_then(|node| node.as_str()) == Some("") {
            report.error(Code::InvalidValue, &description, "String should have at least 1 character");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let mut findings = Diagnostics::new();
        let site = Site::load(&SourceFile::new("mxcp-site.yml", text), &mut findings);
        assert_eq!(site.is_none(), findings.has_errors(), "{findings:?}");
        findings.iter().map(|finding| finding.summary()).collect()
    }

    #[test]
    fn an_empty_file_lacks_what_is_required() {
        for text in ["", "# nothing\n"] {
            assert_eq!(problems(text), ["project: Field required", "profile: Field required"]);
        }
    }

    #[test]
    fn a_single_extension_needs_no_list() {
        let with =
            |extensions: &str| problems(&format!("project: a\nprofile: b\nextensions: {extensions}\n"));
        assert!(with("json").is_empty());
        assert!(with("{name: h3, repo: community}").is_empty());
        assert!(with("[json, {name: h3, repo: community}]").is_empty());
        let expected = "Input should be 'community' or 'core_nightly'";
        assert_eq!(with("{name: h3, repo: x}"), [format!("extensions.repo: {expected}")]);
        assert_eq!(with("[{name: h3, repo: x}]"), [format!("extensions.0.repo: {expected}")]);
        assert_eq!(with("[{name: h3, rep: x}]"), ["extensions.0.rep: Extra inputs are not permitted"]);
    }

    #[test]
    fn a_description_of_a_built_in_tool_is_not_empty() {
        let with = |text: &str| {
            problems(&format!(
                "project: a\nprofile: b\nsql_tools: {{list_tables: {{description: {text}}}}}\n"
            ))
        };
        assert!(with("null").is_empty() && with("x").is_empty());
        assert_eq!(
            with("''"),
            ["sql_tools.list_tables.description: String should have at least 1 character"]
        );
    }

    #[test]
    fn a_version_as_text_asks_for_migration() {
        assert!(problems("mxcp: '1'\nproject: a\nprofile: b\n").concat().contains("MIGRATION REQUIRED"));
        assert_eq!(problems("mxcp: 2\nproject: a\nprofile: b\n"), ["mxcp: Input should be 1"]);
        assert!(problems("mxcp: 1.0\nproject: a\nprofile: b\n").is_empty());
    }
}
