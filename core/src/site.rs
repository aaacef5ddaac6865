//! The site file with its defaults filled in (spec `configuration.md` sections 2 and 4).

mod dbt;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

pub use dbt::Dbt;

use crate::definition::Kind;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::format_version;
use crate::limits::Limits;
use crate::reference;
use crate::schema;
use crate::secret::Secrets;
use crate::source::{SourceFile, Span};
use crate::yaml::{Data, DocPath, Document, Report, Shape};

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
    /// Python plug-ins.
    pub plugins: Vec<schema::Plugin>,
    /// How Python runs.
    pub python: schema::Python,
    /// Functions of components that SQL may call.
    pub sql_functions: Vec<schema::SqlFunction>,
    /// Where the parts of its dbt project are.
    pub dbt: Dbt,
    /// The built-in SQL tools.
    pub sql_tools: schema::SqlTools,
    /// How many requests there may be over HTTP.
    pub limits: Limits,
    /// Most bytes of memory for results that answer further calls.
    pub cache_bytes: u64,
    /// The file as written.
    pub written: Map<String, Json>,
    /// Where each of `secrets` stands.
    secret_places: Vec<Span>,
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
    /// Prefix of the files they are recorded in, else `<audit>/logs-<profile>.jsonl`.
    pub audit_log: String,
    /// The database that they are recorded in, in place of files.
    pub audit_url: Option<schema::Hidden<String>>,
    /// Bytes after which a new file of records is begun.
    pub audit_max_file_size: u64,
    /// Most records that wait to be written.
    pub audit_queue: u64,
    /// What becomes of them when there is no room.
    pub audit_when_full: schema::AuditWhenFull,
    /// When the disk is asked to keep them.
    pub audit_fsync: schema::AuditFsync,
    /// The drift snapshot, else `<drift>/drift-<profile>.json`.
    pub drift_snapshot: String,
}

/// Bytes after which a new file of records is begun unless the site file says otherwise.
const MAX_AUDIT_FILE_SIZE: u64 = 50 * 1024 * 1024;
/// Most records that wait to be written unless the site file says otherwise.
const AUDIT_QUEUE: u64 = 8192;
/// Bytes of memory for results unless the site file says otherwise.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

impl Site {
    /// Reads the site file; none if it has errors, which are in `findings` then. `${NAME}` is not replaced.
    pub fn load(file: &Arc<SourceFile>, findings: &mut Diagnostics) -> Option<Self> {
        Self::read(file, findings, |_, _| {})
    }

    /// Reads the site file for one profile (its own default if none), with every `${NAME}` in paths replaced.
    ///
    /// Paths of other profiles stay as written, so what is not set on this machine does no harm to those who don't
    /// need it.
    pub fn load_for(
        file: &Arc<SourceFile>,
        profile: Option<&str>,
        variables: impl Fn(&str) -> Option<String>,
        findings: &mut Diagnostics,
    ) -> Option<Self> {
        Self::read(file, findings, |document, findings| expand(document, profile, variables, findings))
    }

    fn read(
        file: &Arc<SourceFile>,
        findings: &mut Diagnostics,
        expand: impl FnOnce(&mut Document, &mut Diagnostics),
    ) -> Option<Self> {
        let mut own = Diagnostics::new();
        let mut document = Document::parse_first(file, &mut own);
        if let Some(document) = &mut document {
            expand(document, &mut own);
            let mut report = Report::new(document, &mut own);
            check(document, &mut report);
        }
        let Some(document) = document.filter(|_| !own.has_errors()) else {
            findings.extend(own);
            return None;
        };
        let written: schema::Site = document.deserialize().ok()?;
        let path = DocPath::root().key("limits");
        let limits = Limits::lower(written.limits.as_ref(), &path, &mut Report::new(&document, &mut own));
        let failed = own.has_errors();
        findings.extend(own);
        let places = secret_places(&document);
        let as_written = document.deserialize().ok()?;
        (!failed).then(|| Self { limits, ..Self::from_schema(written, as_written, places) })
    }

    fn from_schema(written: schema::Site, as_written: Map<String, Json>, secret_places: Vec<Span>) -> Self {
        let list = |items: Option<schema::OneOrMany<String>>| {
            items.map(schema::OneOrMany::into_vec).unwrap_or_default()
        };
        let extensions = written.extensions.map(schema::OneOrMany::into_vec).unwrap_or_default();
        Self {
            project: written.project,
            profile: written.profile,
            secrets: list(written.secrets),
            extensions: extensions.into_iter().map(Extension::from).collect(),
            plugins: written.plugin.map(schema::OneOrMany::into_vec).unwrap_or_default(),
            python: written.python.unwrap_or_default(),
            sql_functions: written.sql_functions.map(schema::OneOrMany::into_vec).unwrap_or_default(),
            dbt: Dbt::of(written.dbt.as_ref(), as_written.get("dbt").and_then(Json::as_object)),
            sql_tools: written.sql_tools.unwrap_or_default(),
            limits: Limits::default(),
            cache_bytes: written.cache.and_then(|cache| cache.max_bytes).unwrap_or(CACHE_BYTES),
            written: as_written,
            secret_places,
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

    /// Whether the site file mentions a profile.
    #[must_use]
    pub fn mentions(&self, profile: &str) -> bool {
        self.profile == profile || self.profiles.contains_key(profile)
    }

    /// A profile; one the site file does not mention has the defaults.
    #[must_use]
    pub fn profile(&self, name: &str) -> Profile {
        let written = self.profiles.get(name).cloned().unwrap_or_default();
        let duckdb = written.duckdb.unwrap_or_default();
        let audit = written.audit.unwrap_or_default();
        let folder =
            |written: &Option<String>, default: &str| written.as_deref().unwrap_or(default).to_owned();
        let data = folder(&self.paths.data, "data");
        Profile {
            name: name.to_owned(),
            database: duckdb.path.unwrap_or_else(|| format!("{data}/db-{name}.duckdb")),
            readonly: duckdb.readonly.unwrap_or(false),
            audit: audit.enabled.unwrap_or(false),
            audit_log: audit
                .path
                .unwrap_or_else(|| format!("{}/logs-{name}.jsonl", folder(&self.paths.audit, "audit"))),
            audit_url: audit.url,
            audit_max_file_size: audit.max_file_size.unwrap_or(MAX_AUDIT_FILE_SIZE),
            audit_queue: audit.queue.unwrap_or(AUDIT_QUEUE),
            audit_when_full: audit.when_full.unwrap_or_default(),
            audit_fsync: audit.fsync.unwrap_or_default(),
            drift_snapshot: written
                .drift
                .and_then(|drift| drift.path)
                .unwrap_or_else(|| format!("{}/drift-{name}.json", folder(&self.paths.drift, "drift"))),
        }
    }

    /// Whether the site file mentions a profile, as its own default or with settings.
    #[must_use]
    pub fn declares(&self, profile: &str) -> bool {
        self.profile == profile || self.profiles.contains_key(profile)
    }

    /// The folder of evaluations.
    #[must_use]
    pub fn evals_folder(&self) -> &str {
        self.paths.evals.as_deref().unwrap_or("evals")
    }

    /// The folder of Python modules.
    #[must_use]
    pub fn modules_folder(&self) -> &str {
        self.paths.python.as_deref().unwrap_or("python")
    }

    /// The folder of Python plug-ins.
    #[must_use]
    pub fn plugins_folder(&self) -> &str {
        self.paths.plugins.as_deref().unwrap_or("plugins")
    }

    /// The folder of DuckDB extensions, if the project has one of its own.
    #[must_use]
    pub fn extensions_folder(&self) -> Option<&str> {
        self.paths.extensions.as_deref()
    }

    /// A warning for each secret that the project expects and the active profile, `profile`, does not have.
    #[must_use]
    pub fn missing_secrets(&self, secrets: &Secrets, profile: &str) -> Diagnostics {
        let mut missing = Diagnostics::new();
        for (name, place) in self.secrets.iter().zip(&self.secret_places) {
            if secrets.get(name).is_none() {
                let problem = format!("profile `{profile}` has no secret `{name}`");
                let place_for_it = format!("projects.{}.profiles.{profile}.secrets", self.project);
                missing.push(
                    Diagnostic::warning(Code::MissingSecret, problem)
                        .label(place.clone(), "")
                        .help(format!("add it to the user file, under `{place_for_it}`")),
                );
            }
        }
        missing
    }
}

/// Replaces `${NAME}` in the paths of the project and of one profile.
fn expand(
    document: &mut Document,
    profile: Option<&str>,
    variables: impl Fn(&str) -> Option<String>,
    findings: &mut Diagnostics,
) {
    let root = DocPath::root();
    let written = document.node(&root.key("profile")).and_then(|node| node.as_str());
    let mut paths = Vec::new();
    if let Some(active) = profile.or(written) {
        let active = root.key("profiles").key(active);
        paths.extend(["duckdb", "drift", "audit"].map(|section| active.key(section).key("path")));
        paths.push(active.key("audit").key("url"));
    }
    if let Some(Data::Mapping(entries)) = document.node(&root.key("paths")).map(|node| &node.data) {
        paths.extend(entries.iter().map(|entry| root.key("paths").key(entry.key.as_str())));
    }
    for path in paths {
        let Some(text) = document.node(&path).and_then(|node| node.as_str()) else { continue };
        match reference::expand(text, &variables) {
            Ok(expanded) => document.replace(&path, serde_json::Value::from(expanded)),
            Err(name) => Report::new(document, findings).error(
                Code::UnresolvedReference,
                &path,
                format!("Environment variable {name} is not set"),
            ),
        }
    }
}

/// Where the names under `secrets` stand, of which there may be a single one without a list.
fn secret_places(document: &Document) -> Vec<Span> {
    let path = DocPath::root().key("secrets");
    match document.node(&path).map(|node| &node.data) {
        Some(Data::Sequence(items)) => {
            (0..items.len()).map(|index| document.span(&path.index(index))).collect()
        }
        Some(Data::String { .. }) => vec![document.span(&path)],
        _ => Vec::new(),
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
    let profiles = DocPath::root().key("profiles");
    match document.node(&profiles).map(|node| &node.data) {
        None | Some(Data::Null | Data::Mapping(_)) => {}
        Some(_) => return report.error(Code::WrongType, &profiles, "profiles must be a mapping"),
    }
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

    fn site(text: &str, profile: Option<&str>) -> Result<Site, Vec<String>> {
        let mut findings = Diagnostics::new();
        let variables = |name: &str| (name == "DATA").then(|| "/srv".to_owned());
        let file = SourceFile::new("mxcp-site.yml", format!("project: a\nprofile: dev\n{text}"));
        let site = Site::load_for(&file, profile, variables, &mut findings);
        site.ok_or_else(|| findings.iter().map(Diagnostic::summary).collect())
    }

    #[test]
    fn variables_in_paths_are_replaced_for_the_active_profile() {
        let text = "paths: {tools: \"${DATA}/tools\"}\nprofiles:\n  dev: {duckdb: {path: \"${DATA}/d.db\"}}\n  \
                    prod: {audit: {path: \"${UNSET}/a\"}}\n";
        let dev = site(text, None).unwrap();
        assert_eq!(
            (dev.folder(Kind::Tool), dev.profile("dev").database.as_str()),
            ("/srv/tools", "/srv/d.db")
        );
        assert_eq!(
            site(text, Some("prod")).unwrap_err(),
            ["profiles.prod.audit.path: Environment variable UNSET is not set"]
        );
    }

    #[test]
    fn a_profile_has_a_path_for_everything() {
        let prod = site("paths: {data: d, audit: log}\nprofiles: {prod: }", None).unwrap().profile("prod");
        assert_eq!(prod.database, "d/db-prod.duckdb");
        assert_eq!((prod.audit_log.as_str(), prod.audit_max_file_size), ("log/logs-prod.jsonl", 52_428_800));
        assert_eq!(prod.drift_snapshot, "drift/drift-prod.json");
        assert!(!prod.readonly && !prod.audit);
    }

    #[test]
    fn null_stands_for_sections_and_lists_only() {
        let fine = "secrets:\nextensions:\nplugin:\ndbt:\nsql_tools:\npaths:\nprofiles:\n";
        assert!(site(fine, None).is_ok());
        let problem = |text| site(text, None).unwrap_err().join("; ");
        assert_eq!(problem("paths: {tools: }"), "paths.tools: Input should be a valid string");
        assert_eq!(problem("sql_tools: {enabled: }"), "sql_tools.enabled: Input should be a valid boolean");
        assert_eq!(
            problem("profiles: {dev: {duckdb: {path: , readonly: }, audit: {max_file_size: }}}"),
            "profiles.dev.duckdb.path: Input should be a valid string; \
             profiles.dev.duckdb.readonly: Input should be a valid boolean; \
             profiles.dev.audit.max_file_size: Input should be a valid integer"
        );
    }

    #[test]
    fn limits_are_rates_and_numbers() {
        let limits = site("limits: {rate: 100/s, per_user: {concurrency: 4}}", None).unwrap().limits;
        assert_eq!(limits.everybody.rate.map(|rate| rate.to_string()).as_deref(), Some("100/1s"));
        assert_eq!((limits.everybody.concurrency, limits.each.concurrency), (None, Some(4)));
        assert!(site("", None).unwrap().limits.are_none());
        assert_eq!(
            site("limits: {rate: often, per_user: {concurrency: 0}}", None).unwrap_err(),
            [
                "limits.rate: a rate is a number of calls, a slash and a time",
                "limits.per_user.concurrency: Input should be greater than or equal to 1"
            ]
        );
        assert_eq!(
            site("limits: {rates: 1/s}", None).unwrap_err(),
            ["limits.rates: Extra inputs are not permitted"]
        );
    }

    #[test]
    fn results_are_kept_in_so_many_bytes() {
        assert_eq!(site("", None).unwrap().cache_bytes, 67_108_864);
        assert_eq!(site("cache:", None).unwrap().cache_bytes, 67_108_864);
        assert_eq!(site("cache: {max_bytes: 0}", None).unwrap().cache_bytes, 0);
        assert_eq!(
            site("cache: {max_bytes: -1, bytes: 5}", None).unwrap_err().len(),
            2,
            "neither is a number of bytes"
        );
    }

    #[test]
    fn profiles_must_be_a_mapping() {
        for text in ["profiles: [dev]", "profiles: dev"] {
            assert_eq!(site(text, None).unwrap_err(), ["profiles: profiles must be a mapping"]);
        }
    }

    #[test]
    fn only_the_first_document_counts() {
        assert!(site("---\nproject: 5\n", None).is_ok());
    }

    #[test]
    fn missing_secrets_are_named_where_they_are_expected() {
        let expecting = site("secrets: [api, other]", None).unwrap();
        let missing = expecting.missing_secrets(&Secrets::default(), "dev");
        let lines: Vec<_> = missing.iter().filter_map(|finding| Some(finding.position()?.line)).collect();
        assert_eq!(lines, [3, 3]);
        assert_eq!(missing.iter().next().unwrap().summary(), "profile `dev` has no secret `api`");
        assert!(!missing.has_errors());
        let single = site("secrets: api", None).unwrap();
        assert_eq!(single.missing_secrets(&Secrets::default(), "dev").iter().count(), 1);
        assert!(site("secrets:", None).unwrap().missing_secrets(&Secrets::default(), "dev").is_empty());
    }
}
