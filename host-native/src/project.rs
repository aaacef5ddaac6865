//! The project that a command works on.

mod definitions;
mod folder;

use std::path::{Path, PathBuf};
use std::{env, fs};

use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::site::Site;
use mxcp_core::source::SourceFile;
use mxcp_core::yaml;

pub(crate) use definitions::Definitions;

use crate::cli::Common;
use crate::config::UserFile;
use crate::environment::{Environment, expand_variables, text};
use crate::failure::Failure;
use crate::ui::Ui;

/// Name of the site file.
pub(crate) const SITE_FILE: &str = "mxcp-site.yml";

/// A project and the profile it is used with.
#[derive(Debug)]
pub(crate) struct Project {
    /// The folder of the site file, absolute.
    pub(crate) root: PathBuf,
    /// What the site file says.
    pub(crate) site: Site,
    /// Name of the active profile.
    pub(crate) profile: String,
    /// What the user file says.
    pub(crate) user: UserFile,
    /// The database as the environment asks for it.
    database: Option<String>,
    readonly: bool,
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
    /// The project around the working directory.
    ///
    /// # Errors
    /// There is none, or its site file or the user file can't be used.
    pub(crate) fn load(common: &Common, environment: &Environment, ui: &mut Ui) -> Result<Self, Failure> {
        let Some(root) = root_of(&env::current_dir()?) else {
            return Err(Failure::message(format!("No {SITE_FILE} found in current directory or parents")));
        };
        Self::at(root, common, environment, ui)
    }

    /// The project whose site file is in the folder `root`.
    ///
    /// # Errors
    /// Its site file or the user file can't be used.
    pub(crate) fn at(
        root: PathBuf,
        common: &Common,
        environment: &Environment,
        ui: &mut Ui,
    ) -> Result<Self, Failure> {
        let mut findings = Diagnostics::new();
        let site = read_site(&root, &mut findings)?;
        ui.findings(&findings)?;
        let given = common.profile.clone().filter(|name| !name.is_empty());
        let profile = given.or_else(|| environment.profile.clone()).unwrap_or_else(|| site.profile.clone());
        let user = UserFile::load(environment)?;
        let database = environment.database.clone();
        Ok(Self { root, site, profile, user, database, readonly: environment.readonly })
    }

    /// Reads and checks every definition.
    pub(crate) fn definitions(&self) -> Definitions {
        Definitions::load(&self.root, &self.site)
    }

    /// The database of the active profile; `readonly` as the command asks for it.
    ///
    /// # Errors
    /// Its path names a variable that is not set, or it would be in memory only.
    pub(crate) fn database(&self, readonly: bool) -> Result<Database, Failure> {
        let profile = self.site.profile(&self.profile);
        let path = match &self.database {
            Some(path) => path.clone(),
            None => expand_variables(&profile.database, text)
                .map_err(|name| Failure::message(format!("Environment variable {name} is not set")))?,
        };
        if path == ":memory:" {
            let problem =
                "In-memory databases (:memory:) are not supported. Please use a file-based database.";
            return Err(Failure::message(problem));
        }
        Ok(Database { path: self.root.join(path), readonly: readonly || self.readonly || profile.readonly })
    }

    /// The absolute path of a file named relative to the root.
    pub(crate) fn absolute(&self, path: &str) -> String {
        self.root.join(path).display().to_string()
    }
}

/// The nearest folder, from `start` upwards, that holds a site file.
pub(crate) fn root_of(start: &Path) -> Option<PathBuf> {
    start.ancestors().find(|folder| folder.join(SITE_FILE).is_file()).map(Path::to_path_buf)
}

/// Reads the site file of a folder; warnings go to `warnings`.
///
/// # Errors
/// It can't be read or used.
fn read_site(root: &Path, warnings: &mut Diagnostics) -> Result<Site, Failure> {
    const WHAT: &str = "Site config validation error";
    let path = root.join(SITE_FILE);
    let bytes = fs::read(&path)
        .map_err(|error| anyhow::Error::new(error).context(format!("{} can't be read", path.display())))?;
    let text = yaml::decode(&bytes).map_err(|problem| Failure::project(WHAT, [problem.at(SITE_FILE)]))?;
    let mut findings = Diagnostics::new();
    match Site::load(&SourceFile::new(SITE_FILE, text), &mut findings) {
        Some(site) => {
            warnings.extend(findings);
            Ok(site)
        }
        None => Err(Failure::project(WHAT, findings)),
    }
}
