//! The project that a command works on.

mod components;
mod definitions;
mod evals;
mod folder;
mod python;
mod sources;

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};

use mxcp_core::call::Secret;
use mxcp_core::definition::Kind;
use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::lock::Digest;
use mxcp_core::site::Site;
use mxcp_core::source::SourceFile;
use mxcp_core::user::{Active, User};
use mxcp_core::yaml;
use mxcp_runtime::user_cache;

pub(crate) use definitions::{Definitions, Effort, source_of_broken};
pub(crate) use python::wants_python_in_process;
pub(crate) use sources::Sources;

use crate::cli::Common;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::ui::Ui;
use crate::watch::Sight;
use crate::{advice, config, file, lock, logging};

/// Name of the site file.
pub(crate) const SITE_FILE: &str = "mxcp-site.yml";

/// A project and the profile it is used with.
#[derive(Debug)]
pub(crate) struct Project {
    /// The folder of the site file, absolute.
    pub(crate) root: PathBuf,
    /// What the site file says.
    pub(crate) site: Site,
    /// The digest of the site file that was read.
    pub(crate) site_digest: Digest,
    /// Name of the active profile.
    pub(crate) profile: String,
    /// What the user file says to the profile, references followed.
    pub(crate) user: User,
    /// The files that the user file refers to.
    referenced: BTreeSet<PathBuf>,
    /// What is odd about site file and user file.
    pub(crate) warnings: Diagnostics,
    environment: Environment,
}

/// A database to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Database {
    /// Its file, absolute.
    pub(crate) path: PathBuf,
    /// Whether nothing may be written.
    pub(crate) readonly: bool,
}

impl Project {
    /// The project around the working directory; says what is odd about its configuration.
    ///
    /// # Errors
    /// There is none, or its site file or the user file can't be used.
    pub(crate) fn load(common: &Common, environment: &Environment, ui: &mut Ui) -> Result<Self, Failure> {
        let project = Self::find(common, environment)?;
        ui.findings(&project.warnings)?;
        Ok(project)
    }

    /// The project around the working directory; says nothing.
    ///
    /// # Errors
    /// There is none, or its site file or the user file can't be used.
    pub(crate) fn find(common: &Common, environment: &Environment) -> Result<Self, Failure> {
        Self::at(own_root()?, common, environment)
    }

    /// The project around the working directory as if there were no user file: for what neither calls nor serves anything,
    /// and has no need of secrets.
    ///
    /// # Errors
    /// There is none, or its site file can't be used.
    pub(crate) fn find_without_user(common: &Common, environment: &Environment) -> Result<Self, Failure> {
        Self::at_without_user(own_root()?, common, environment)
    }

    /// The project whose site file is in the folder `root`, as if there were no user file.
    ///
    /// # Errors
    /// Its site file can't be used.
    pub(crate) fn at_without_user(
        root: PathBuf,
        common: &Common,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let mut warnings = Diagnostics::new();
        let asked = asked_profile(common, environment);
        let (site, site_digest) = read_site(&root, asked, &mut warnings)?;
        let profile = asked.unwrap_or(&site.profile).to_owned();
        let (user, referenced, environment) = (User::default(), BTreeSet::new(), environment.clone());
        Ok(Self { root, site, site_digest, profile, user, referenced, warnings, environment })
    }

    /// The same project with a user file.
    pub(crate) fn with_user(self, user: User) -> Self {
        Self { user, ..self }
    }

    /// The project whose site file is in the folder `root`.
    ///
    /// # Errors
    /// Its site file or the user file can't be used.
    pub(crate) fn at(root: PathBuf, common: &Common, environment: &Environment) -> Result<Self, Failure> {
        let mut warnings = Diagnostics::new();
        let asked = asked_profile(common, environment);
        let (site, site_digest) = read_site(&root, asked, &mut warnings)?;
        let profile = asked.unwrap_or(&site.profile).to_owned();
        let active = Active { project: &site.project, profile: &profile };
        let (user, referenced) = config::load(environment, active, &mut warnings)?;
        warnings.extend(site.missing_secrets(&user.secrets(), &profile));
        let log_file = user.logging.path.as_deref().filter(|path| !path.is_empty());
        let log_file = log_file.map(|path| environment.path(&root, path));
        logging::configure(&user.logging, log_file.as_deref())?;
        let environment = environment.clone();
        Ok(Self { root, site, site_digest, profile, user, referenced, warnings, environment })
    }

    /// The same project with the same profile, as its configuration is now.
    ///
    /// # Errors
    /// Its site file or the user file can't be used any more.
    pub(crate) fn read_again(&self) -> Result<Self, Failure> {
        let common = Common { profile: Some(self.profile.clone()), debug: false, log_format: None };
        Self::at(self.root.clone(), &common, &self.environment)
    }

    /// The key that signs the audit log, unless it is the one in its folder.
    pub(crate) fn audit_key(&self) -> Option<&Secret> {
        self.environment.audit_key.as_ref()
    }

    /// The key that servers share to continue each other's calls, if there is one.
    pub(crate) fn state_key(&self) -> Option<&Secret> {
        self.environment.state_key.as_ref()
    }

    /// Where complete results are kept; none if nobody says and the user has no cache.
    pub(crate) fn results_folder(&self) -> Option<PathBuf> {
        let written = self.environment.results_folder.as_deref();
        written.map(|written| self.path_of_user(written)).or_else(|| user_cache::folder("results"))
    }

    /// The key by which an edge host in front proves who calls, if there is one.
    pub(crate) fn edge_key(&self) -> Option<&Secret> {
        self.environment.edge_key.as_ref()
    }

    /// What edge hosts know this server as, if it is told.
    pub(crate) fn edge_audience(&self) -> Option<&str> {
        self.environment.edge_audience.as_deref()
    }

    /// What the environment says about telemetry.
    pub(crate) fn telemetry(&self) -> &mxcp_telemetry::Overrides {
        &self.environment.telemetry
    }

    /// What the environment says about telemetry in words that mean nothing: the variables, and their texts.
    pub(crate) fn unclear_telemetry(&self) -> &[(&'static str, String)] {
        &self.environment.unclear_telemetry
    }

    /// A path as the user file has it.
    pub(crate) fn path_of_user(&self, written: &str) -> PathBuf {
        self.environment.path(&self.environment.folder, written)
    }

    /// Reads and checks every definition.
    pub(crate) fn definitions(&self) -> Definitions {
        self.definitions_with(Effort::Full)
    }

    /// The same, with so much of the machine.
    pub(crate) fn definitions_with(&self, effort: Effort) -> Definitions {
        Definitions::load(&self.root, &self.site, effort)
    }

    /// The database of the active profile; `readonly` as the command asks for it.
    ///
    /// # Errors
    /// It would be in memory only.
    pub(crate) fn database(&self, readonly: bool) -> Result<Database, Failure> {
        let profile = self.site.profile(&self.profile);
        let path = match &self.environment.database {
            Some(path) => {
                tracing::info!(path, "MXCP_DUCKDB_PATH names the database");
                path
            }
            None => &profile.database,
        };
        if path == ":memory:" {
            let problem = "Failed to create RuntimeEnvironment: In-memory databases (:memory:) are not supported. \
                 Please use a file-based database.";
            return Err(Failure::message(problem));
        }
        let readonly = readonly || self.environment.readonly || profile.readonly;
        Ok(Database { path: self.path(path), readonly })
    }

    /// The files of the components whose functions SQL may call, as the site file writes them.
    pub(crate) fn sql_function_files(&self) -> impl Iterator<Item = &str> {
        self.site.sql_functions.iter().map(|function| function.file.as_str())
    }

    /// Whether calls are to be recorded.
    pub(crate) fn audit(&self) -> bool {
        self.environment.audit.unwrap_or(self.site.profile(&self.profile).audit)
    }

    /// Whether site file or user file mention the active profile.
    pub(crate) fn has_profile(&self) -> bool {
        let projects = self.user.written.get("projects");
        let profiles = projects.and_then(|projects| projects.get(&self.site.project)?.get("profiles"));
        self.site.declares(&self.profile)
            || profiles.is_some_and(|profiles| profiles.get(&self.profile).is_some())
    }

    /// Where the running server is looked after; none if it is not.
    pub(crate) fn admin_socket(&self) -> Option<PathBuf> {
        self.environment.admin.then(|| self.environment.admin_socket())
    }

    /// Whether the environment asks for details in the log.
    pub(crate) fn debug(&self) -> bool {
        self.environment.debug
    }

    /// What has to be looked at to see edits of the project: its folder, those of its folders that are elsewhere, and the
    /// configuration with the files that it refers to.
    pub(crate) fn sight(&self) -> Sight {
        let mut sight = Sight::of(&self.root).with_file(self.root.join(lock::LOCK_FILE));
        let kinds = Kind::ALL.map(|kind| self.root.join(self.site.folder(kind)));
        let modules =
            [self.site.modules_folder(), self.site.plugins_folder()].map(|folder| self.path(folder));
        for folder in kinds.into_iter().chain(modules) {
            sight = sight.with_folder(folder);
        }
        for file in &self.referenced {
            sight = sight.with_file(file.clone());
        }
        match self.environment.user_file() {
            Some(file) => sight.with_file(self.environment.folder.join(file)),
            None => sight,
        }
    }

    /// A path as the configuration writes it, absolute.
    pub(crate) fn path(&self, written: &str) -> PathBuf {
        self.environment.path(&self.root, written)
    }

    /// The absolute path of a file named relative to the root.
    pub(crate) fn absolute(&self, path: &str) -> String {
        self.root.join(path).display().to_string()
    }
}

/// The profile that the command line or the environment asks for.
fn asked_profile<'a>(common: &'a Common, environment: &'a Environment) -> Option<&'a str> {
    common.profile.as_deref().filter(|name| !name.is_empty()).or(environment.profile.as_deref())
}

/// The root of the project around the working directory.
///
/// # Errors
/// There is none.
fn own_root() -> Result<PathBuf, Failure> {
    let folder = env::current_dir()?;
    root_of(&folder).ok_or_else(|| Failure::Other(advice::without_project(&folder).into()))
}

/// The nearest folder, from `start` upwards, that holds a site file.
pub(crate) fn root_of(start: &Path) -> Option<PathBuf> {
    start.ancestors().find(|folder| folder.join(SITE_FILE).is_file()).map(Path::to_path_buf)
}

/// Reads the site file of a folder for a profile, and gives the digest of what was read; warnings go to `warnings`.
///
/// # Errors
/// It can't be read or used.
fn read_site(
    root: &Path,
    profile: Option<&str>,
    warnings: &mut Diagnostics,
) -> Result<(Site, Digest), Failure> {
    const WHAT: &str = "Site config validation error";
    let path = root.join(SITE_FILE);
    let bytes = file::read(&path)
        .map_err(|error| anyhow::Error::new(error).context(format!("{} can't be read", path.display())))?
        .ok_or_else(|| file::too_large(WHAT, SITE_FILE))?;
    let text = yaml::decode(&bytes).map_err(|problem| Failure::project(WHAT, [problem.at(SITE_FILE)]))?;
    let mut findings = Diagnostics::new();
    // An empty variable counts as set, as in the user file.
    let variables = |name: &str| env::var(name).ok();
    match Site::load_for(&SourceFile::new(SITE_FILE, text), profile, variables, &mut findings) {
        Some(site) => {
            warnings.extend(findings);
            Ok((site, lock::digest(&bytes)))
        }
        None => Err(Failure::project(WHAT, findings)),
    }
}
