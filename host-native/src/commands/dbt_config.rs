//! `mxcp dbt-config`: tells dbt of the project.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use mxcp_core::diagnostic::{Diagnostic, Diagnostics};
use mxcp_core::source::SourceFile;
use mxcp_core::yaml::{self, Data, DocPath, Document};
use serde_json::{Value as Json, json};

use crate::cli::Common;
use crate::dbt::{self, Names, Shown};
use crate::environment::{self, Environment};
use crate::failure::{Failure, Outcome};
use crate::file;
use crate::project::Project;
use crate::ui::{Ui, printable};

/// Arguments of `mxcp dbt-config`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print both files instead of writing them
    #[arg(long)]
    dry_run: bool,
    /// Change a profile that exists
    #[arg(long)]
    force: bool,
    /// Write secrets into profiles.yml, readable for you alone, instead of the names of variables; needs --force
    #[arg(long)]
    embed_secrets: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// A file of dbt's.
#[derive(Debug)]
struct Target {
    path: PathBuf,
    tree: Document,
    /// What is in it; none if there is no file.
    before: Option<String>,
}

/// Writes both files, or prints them.
///
/// # Errors
/// There is no project, it does without dbt, the profile is not known or told to dbt already, or a file can't be used.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let project = Project::load(&args.common, environment, ui)?;
    if !project.site.dbt.enabled {
        return Err(Failure::message(dbt::DISABLED));
    }
    if args.embed_secrets && !args.force {
        return Err(Failure::message("--embed-secrets requires --force to be set"));
    }
    if !project.site.declares(&project.profile) {
        return Err(Failure::message(format!("No DuckDB path configured for profile '{}'", project.profile)));
    }
    let home =
        environment.home.as_ref().context("there is no home folder to write ~/.dbt/profiles.yml to")?;
    let names = Names::of(&project);
    let mut profiles = Target::read(home.join(".dbt").join("profiles.yml"))?;
    if profiles.tree.node(&DocPath::root().key(names.profile.as_str())).is_some()
        && !args.force
        && !args.dry_run
    {
        let problem =
            format!("Profile '{}' already exists. Use --force to update configuration.", names.profile);
        return Err(Failure::message(problem));
    }
    let mut project_file = Target::read(project.root.join("dbt_project.yml"))?;
    let shown = match (args.embed_secrets, args.dry_run) {
        (false, _) => Shown::Variables,
        (true, false) => Shown::Values,
        (true, true) => Shown::Masked,
    };
    set_profile(&mut profiles.tree, &names, dbt::output(&project, shown)?);
    set_project(&mut project_file.tree, &names, &project);
    ui.heading("dbt Configuration")?;
    ui.line(format_args!("• Project: {}", printable(&project.site.project)))?;
    ui.line(format_args!("• Profile: {}", printable(&project.profile)))?;
    let mode =
        if args.embed_secrets { "written into profiles.yml" } else { "variables that `mxcp dbt` sets" };
    ui.line(format_args!("• Secrets: {mode}"))?;
    ui.line("")?;
    warn(args, &project, ui)?;
    for target in [&profiles, &project_file] {
        let path = target.path.display();
        if args.dry_run {
            ui.line(format_args!("Would write {path}:"))?;
            ui.line(target.tree.to_yaml())?;
        } else if target.write(args.embed_secrets && std::ptr::eq(target, &profiles))? {
            ui.line(format_args!("Wrote {path}"))?;
        } else {
            ui.line(format_args!("{path} is as it should be"))?;
        }
    }
    if !args.dry_run {
        ui.line("")?;
        ui.line("`mxcp dbt run` runs the models, with the secrets in dbt's environment.")?;
    }
    Ok(Outcome::Fine)
}

/// Says what may not be as the user thinks.
fn warn(args: &Args, project: &Project, ui: &mut Ui) -> Result<(), Failure> {
    let mut warnings = Vec::new();
    if dbt::find().is_none() {
        warnings.push("dbt is not installed: pip install dbt-core dbt-duckdb".to_owned());
    }
    if args.embed_secrets {
        warnings.push(
            "profiles.yml holds secrets as they are: keep it out of backups and repositories".to_owned(),
        );
    }
    let beside = project.root.join("profiles.yml");
    match environment::text("DBT_PROFILES_DIR") {
        Some(folder) => {
            warnings.push(format!("dbt reads profiles.yml in {folder}, as DBT_PROFILES_DIR says"))
        }
        None if beside.exists() => {
            warnings.push(format!("dbt reads {} rather than the file in the home folder", beside.display()));
        }
        None => {}
    }
    for warning in &warnings {
        ui.line(format_args!("Warning: {}", printable(warning)))?;
    }
    if !warnings.is_empty() {
        ui.line("")?;
    }
    Ok(())
}

fn set_profile(tree: &mut Document, names: &Names, output: Vec<(&str, Json)>) {
    let profile = DocPath::root().key(names.profile.as_str());
    tree.set(&profile.key("target"), json!(names.target));
    let place = profile.key("outputs").key(names.target.as_str());
    for (key, value) in output {
        tree.set(&place.key(key), value);
    }
}

fn set_project(tree: &mut Document, names: &Names, project: &Project) {
    let settings = &project.site.dbt;
    let mut set = |key: &str, value: Json| tree.set(&DocPath::root().key(key), value);
    set("name", json!(names.project));
    set("profile", json!(names.profile));
    set("config-version", json!(2));
    set("target-path", json!(settings.target_path));
    for (key, folders) in &settings.folders {
        set(key, json!(folders));
    }
}

/// The text of `dbt_project.yml` for a project that has none.
pub(crate) fn new_project_file(project: &Project) -> String {
    let nothing = SourceFile::new("", "");
    // An empty text is a tree without entries.
    let Some(mut tree) = Document::parse_first(&nothing, &mut Diagnostics::new()) else {
        return String::new();
    };
    set_project(&mut tree, &Names::of(project), project);
    tree.to_yaml()
}

/// A finding and where it is, without what stands there.
fn line(finding: &Diagnostic) -> String {
    let place = finding.position().map(|place| format!(" (line {}, column {})", place.line, place.column));
    format!("{}{}", finding.summary(), place.unwrap_or_default())
}

impl Target {
    /// Reads a file; one that does not exist is empty.
    fn read(path: PathBuf) -> Result<Self, Failure> {
        let shown = path.display().to_string();
        let what = format!("{shown} can't be used");
        let bytes = match file::read(&path) {
            Ok(Some(bytes)) => Some(bytes),
            Ok(None) => return Err(file::too_large(&what, &shown)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                return Err(anyhow::Error::new(error).context(format!("{shown} can't be read")).into());
            }
        };
        let before = bytes.map(|bytes| yaml::decode(&bytes)).transpose();
        let before = before.map_err(|problem| Failure::message(format!("{what}: {}", problem.message)))?;
        let source = SourceFile::new(shown.as_str(), before.clone().unwrap_or_default());
        let mut findings = Diagnostics::new();
        let Some(tree) = Document::parse_first(&source, &mut findings).filter(|_| !findings.has_errors())
        else {
            // The lines themselves, which a finding would show, may hold passwords.
            let problems: Vec<_> = findings.iter().map(line).collect();
            return Err(Failure::message(format!("{what}: {}", problems.join("\n"))));
        };
        if !matches!(tree.root().data, Data::Mapping(_) | Data::Null) {
            return Err(Failure::message(format!("{what}: it is no mapping")));
        }
        Ok(Self { path, tree, before })
    }

    /// Writes the file, unless it says the same already, whatever its comments and order. With `private`, nobody else may
    /// read it.
    fn write(&self, private: bool) -> Result<bool, Failure> {
        let text = self.tree.to_yaml();
        let same = self.before.as_ref().is_some_and(|before| {
            let source = SourceFile::new("", before.as_str());
            Document::parse_first(&source, &mut Diagnostics::new())
                .is_some_and(|before| before.to_yaml() == text)
        });
        if same && !private {
            return Ok(false);
        }
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let written =
            fs::create_dir_all(folder).and_then(|()| file::update(&self.path, text.as_bytes(), private));
        written.with_context(|| format!("{} can't be written", self.path.display()))?;
        Ok(true)
    }
}
