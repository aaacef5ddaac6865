//! The site file `mxcp-site.yml` as written (spec `configuration.md` section 2).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Hidden, Limits, OneOrMany, SqlFunction, json};

/// The site file: what the project is called, where its parts are, what it switches on.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Version of the format: 1.
    pub mxcp: Option<serde_json::Value>,
    /// Name of the project, its key in the user file.
    pub project: String,
    /// Profile used unless another is asked for.
    pub profile: String,
    /// Names of the secrets the project expects.
    pub secrets: Option<OneOrMany<String>>,
    /// DuckDB extensions to load.
    pub extensions: Option<OneOrMany<Extension>>,
    /// Python plug-ins whose functions SQL may call.
    pub plugin: Option<OneOrMany<Plugin>>,
    /// How Python runs.
    pub python: Option<Python>,
    /// Functions of WebAssembly components that SQL may call.
    pub sql_functions: Option<OneOrMany<SqlFunction>>,
    /// Settings of dbt.
    pub dbt: Option<DbtSection>,
    /// The built-in SQL tools.
    pub sql_tools: Option<SqlTools>,
    /// How many requests over HTTP there may be; those beyond are refused with status 429.
    pub limits: Option<Limits>,
    /// How results are kept that answer further calls.
    pub cache: Option<ResultCache>,
    /// Where the project's parts are.
    pub paths: Option<Paths>,
    /// Settings by profile.
    pub profiles: Option<BTreeMap<String, Option<SiteProfile>>>,
}

/// A DuckDB extension.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Extension {
    /// By name, from DuckDB's own repository.
    Name(String),
    /// By name and repository.
    Named(NamedExtension),
}

/// A DuckDB extension of another repository.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedExtension {
    /// Its name.
    pub name: String,
    /// `community` or `core_nightly`.
    pub repo: Option<String>,
}

/// A Python plug-in.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plugin {
    /// Suffix of its SQL functions.
    pub name: String,
    /// Python module.
    pub module: String,
    /// Block of the user file that configures it.
    pub config: Option<String>,
}

/// How Python runs.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = json::scalars_not_null)]
pub struct Python {
    /// The interpreter of worker processes where no virtual environment is active: a path relative to the project root, or
    /// a name; `python3` if absent.
    pub interpreter: Option<String>,
    /// Where it runs; in the process of the server if absent, provided that there is an interpreter in it.
    pub isolation: Option<Isolation>,
    /// Most worker processes; one for each processor, two at least, if absent.
    pub workers: Option<u32>,
}

/// Where Python runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    /// In the process of the server.
    InProcess,
    /// In processes of its own.
    Process,
}

/// Settings of dbt.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = json::scalars_not_null)]
pub struct DbtSection {
    /// Whether the project uses dbt; true if absent.
    pub enabled: Option<bool>,
    /// Folder of the models.
    pub model_paths: Option<OneOrMany<String>>,
    /// Folder of analyses.
    pub analysis_paths: Option<OneOrMany<String>>,
    /// Folder of tests.
    pub test_paths: Option<OneOrMany<String>>,
    /// Folder of seeds.
    pub seed_paths: Option<OneOrMany<String>>,
    /// Folder of macros.
    pub macro_paths: Option<OneOrMany<String>>,
    /// Folder of snapshots.
    pub snapshot_paths: Option<OneOrMany<String>>,
    /// Folder of built artefacts.
    pub target_path: Option<String>,
    /// Folders `dbt clean` removes.
    pub clean_targets: Option<OneOrMany<String>>,
}

/// The built-in SQL tools.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = json::scalars_not_null)]
pub struct SqlTools {
    /// Whether they are served; false if absent.
    pub enabled: Option<bool>,
    /// The tool that runs SQL.
    pub execute_sql_query: Option<SqlTool>,
    /// The tool that lists tables.
    pub list_tables: Option<SqlTool>,
    /// The tool that shows a table's columns.
    pub get_table_schema: Option<SqlTool>,
}

/// How a built-in SQL tool presents itself.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SqlTool {
    /// Description in place of the built-in one.
    pub description: Option<String>,
}

/// How results are kept of tools and resources with a `cache`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = json::scalars_not_null)]
pub struct ResultCache {
    /// Most bytes of memory for them; 67108864 (64 MiB) if absent. With 0, none is kept.
    pub max_bytes: Option<u64>,
}

/// Folders, relative to the site file's.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = json::scalars_not_null)]
pub struct Paths {
    /// Definitions of tools; `tools` if absent.
    pub tools: Option<String>,
    /// Definitions of resources; `resources` if absent.
    pub resources: Option<String>,
    /// Definitions of prompts; `prompts` if absent.
    pub prompts: Option<String>,
    /// Evaluations; `evals` if absent.
    pub evals: Option<String>,
    /// Python modules; `python` if absent.
    pub python: Option<String>,
    /// Python plug-ins; `plugins` if absent.
    pub plugins: Option<String>,
    /// SQL files; `sql` if absent.
    pub sql: Option<String>,
    /// Drift snapshots; `drift` if absent.
    pub drift: Option<String>,
    /// Audit logs; `audit` if absent.
    pub audit: Option<String>,
    /// Databases; `data` if absent.
    pub data: Option<String>,
    /// DuckDB extensions: files `<name>.duckdb_extension`, and those that are downloaded; DuckDB's own folder if absent.
    pub extensions: Option<String>,
}

/// Settings of one profile.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteProfile {
    /// Its database.
    pub duckdb: Option<DuckDb>,
    /// Its drift snapshot.
    pub drift: Option<Drift>,
    /// Its audit log.
    pub audit: Option<Audit>,
}

/// The database of a profile.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = json::scalars_not_null)]
pub struct DuckDb {
    /// File, relative to the project root; `data/db-<profile>.duckdb` if absent.
    pub path: Option<String>,
    /// Whether it is opened for reading only.
    pub readonly: Option<bool>,
}

/// The drift snapshot of a profile.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = json::scalars_not_null)]
pub struct Drift {
    /// File, relative to the project root.
    pub path: Option<String>,
}

/// The audit log of a profile.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = json::scalars_not_null)]
pub struct Audit {
    /// Whether calls are recorded.
    pub enabled: Option<bool>,
    /// Prefix of the segment files, relative to the project root.
    pub path: Option<String>,
    /// A PostgreSQL database that records go into in place of files, `postgresql://user:password@host/database`. Several
    /// servers may share it. It is best taken from the environment: `${AUDIT_URL}`.
    pub url: Option<Hidden<String>>,
    /// Bytes after which a new segment begins.
    pub max_file_size: Option<u64>,
    /// Most records that wait to be written, a long one counting as several; 8192 if absent.
    pub queue: Option<u64>,
    /// What becomes of records when there is no room in the queue; `block` if absent.
    pub when_full: Option<AuditWhenFull>,
    /// When the disk is asked to keep what was written; `never` if absent.
    pub fsync: Option<AuditFsync>,
}

/// What becomes of audit records when there is no room in their queue.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum AuditWhenFull {
    /// Calls wait, and answers go out when their records are written: a server that is killed leaves no answered call without
    /// a record.
    #[default]
    Block,
    /// Records are lost, and counted. No call ever waits.
    Drop,
}

/// When the disk is asked to keep the audit log, in case the machine fails.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum AuditFsync {
    /// When the operating system sees fit.
    #[default]
    Never,
    /// Once a second.
    Second,
    /// After each write.
    Write,
}
