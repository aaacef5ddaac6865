//! The site file with its defaults filled in (spec `configuration.md` sections 2 and 4).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::definition::Kind;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
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
    let path = DocPath::root().key("mxcp");
    match document.node(&path).map(|node| &node.data) {
        None => {}
        Some(crate::yaml::Data::Int(1) | crate::yaml::Data::Bool(true)) => {}
        Some(crate::yaml::Data::Float(version)) if (version - 1.0).abs() < f64::EPSILON => {}
        Some(crate::yaml::Data::String { .. }) => {
            let problem = "MIGRATION REQUIRED: the version of the format is the number 1, not a text";
            report.add(&path, Diagnostic::error(Code::InvalidValue, problem).help("write `mxcp: 1`"));
        }
        Some(_) => report.error(Code::InvalidValue, &path, "Input should be 1"),
    }
    let extensions = DocPath::root().key("extensions");
    let repositories = ["community", "core_nightly"];
    for index in 0.. {
        let entry = extensions.index(index);
        if document.node(&entry).is_none() {
            break;
        }
        let repo = entry.key("repo");
        let written = document.node(&repo).and_then(|node| node.as_str());
        if written.is_some_and(|repo| !repositories.contains(&repo)) {
            report.error(Code::InvalidValue, &repo, "Input should be 'community' or 'core_nightly'");
        }
    }
}
