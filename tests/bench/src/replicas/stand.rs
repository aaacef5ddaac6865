//! What replicas share: the databases, the files and the people.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use mxcp_test_support::postgres::Postgres;
use mxcp_test_support::provider::{CLIENT_ID, CLIENT_SECRET, Provider};

use super::setting::Setting;
use crate::copy_folder;
use crate::options::Options;

/// Where clients think that the servers are.
pub(crate) const BASE: &str = "http://localhost:8123";

/// PostgreSQL with the data of the shop in it, and a provider of identities.
#[derive(Debug)]
pub(crate) struct Stand {
    mxcp: PathBuf,
    workspace: PathBuf,
    extensions: PathBuf,
    scratch: PathBuf,
    /// The server of both databases.
    pub(crate) postgres: Postgres,
    /// Who says who people are.
    pub(crate) provider: Provider,
    /// URL of the database with the catalogue of the lake, and with what is reserved.
    pub(crate) shop: String,
    /// URL of the database with logins and audit records.
    pub(crate) state: String,
}

impl Stand {
    /// Starts all of it and loads the data, as the example says.
    pub(crate) fn start(options: &Options, extensions: &Path, scratch: &Path) -> Result<Self> {
        let postgres = Postgres::start_with(&["shared_preload_libraries=pg_stat_statements"])?;
        let (shop, state) = (postgres.database()?, postgres.database()?);
        postgres.ask(&state, "CREATE EXTENSION pg_stat_statements")?;
        let stand = Self {
            mxcp: options.binaries.join("mxcp"),
            workspace: options.workspace.clone(),
            extensions: extensions.to_owned(),
            scratch: scratch.to_owned(),
            postgres,
            provider: Provider::start()?,
            shop,
            state,
        };
        fs::create_dir_all(stand.files())?;
        let project = stand.project("load", &Setting::DEPLOYED)?;
        let output = stand.command(&project).args(["query", "--file", "sql/load.sql"]).output()?;
        ensure!(output.status.success(), "loading: {}", String::from_utf8_lossy(&output.stderr));
        Ok(stand)
    }

    /// A copy of the example, with the tools that are measured beside its own.
    pub(crate) fn project(&self, name: &str, setting: &Setting) -> Result<PathBuf> {
        let folder = self.scratch.join(name);
        copy_folder(&self.workspace.join("examples/scale-out"), &folder)?;
        copy_folder(&self.workspace.join("tests/bench/replicas"), &folder)?;
        let server = fs::read_to_string(folder.join("server.yml"))?;
        fs::write(folder.join("user.yml"), setting.user_file(self, &server)?)?;
        Ok(folder)
    }

    /// `mxcp` in a project, with what the example takes from the environment.
    pub(crate) fn command(&self, project: &Path) -> Command {
        let mut command = Command::new(&self.mxcp);
        command.current_dir(project).env("HOME", project).env("MXCP_CONFIG", project.join("user.yml"));
        command.env("MXCP_PROFILE", "shared").env("SHOP_EXTENSIONS", &self.extensions);
        command.env("SHOP_FILES", self.files()).env("SHOP_DATABASE", &self.shop);
        command.env("STATE_DATABASE", &self.state).env("STATE_KEY", URL_SAFE.encode([7; 32]));
        command.env("MXCP_AUDIT_KEY", URL_SAFE.encode([8; 32])).env("BASE_URL", BASE);
        command.env("OIDC_CONFIG_URL", self.provider.config_url());
        command.env("OIDC_CLIENT_ID", CLIENT_ID).env("OIDC_CLIENT_SECRET", CLIENT_SECRET);
        command
    }

    /// A folder of its own.
    pub(crate) fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// How many statements PostgreSQL has executed so far, in all databases. To ask is one of them.
    pub(crate) fn statements(&self) -> Result<i64> {
        self.number(&self.state, "SELECT sum(calls) FROM pg_stat_statements")
    }

    /// The number that SQL gives.
    pub(crate) fn number(&self, database: &str, sql: &str) -> Result<i64> {
        let text = self.postgres.ask(database, sql)?;
        text.parse().with_context(|| format!("{sql}: {text}"))
    }

    /// Parquet files of the lake.
    fn files(&self) -> PathBuf {
        // With a slash at its end, which a folder of DuckLake has.
        self.scratch.join("files/")
    }
}
