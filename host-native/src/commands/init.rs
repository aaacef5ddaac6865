//! `mxcp init`: a new project, or the missing parts of one.

mod bootstrap;
mod desktop;
mod schemas;
mod site_file;
mod template;

use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::Context as _;
use mxcp_docs::shell;

use self::template::Template;
use crate::cli::Common;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::project::{Project, SITE_FILE};
use crate::ui::Ui;
use crate::{compose, config};

/// The folders of a project.
const FOLDERS: [&str; 10] =
    ["tools", "resources", "prompts", "evals", "python", "plugins", "sql", "drift", "audit", "data"];

/// Arguments of `mxcp init`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder of the project
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Name of the project [default: name of the folder]
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// Add a first tool that works
    #[arg(long)]
    bootstrap: bool,
    /// Begin with a small whole project
    #[arg(long, value_enum, value_name = "NAME", conflicts_with = "bootstrap")]
    template: Option<Template>,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Makes what is missing; what exists is never changed.
///
/// # Errors
/// The folder is no folder, is inside another project, or can't be written.
pub(crate) fn run(args: Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let folder = absolute(&args.folder)?;
    if folder.exists() && !folder.is_dir() {
        return Err(Failure::Usage(format!("{} is a file, not a folder", args.folder.display())));
    }
    if folder.ancestors().skip(1).any(|above| above.join(SITE_FILE).is_file()) {
        return Err(Failure::message("Cannot create a MXCP repository inside another one"));
    }
    let site_file = folder.join(SITE_FILE);
    let mut made = Vec::new();
    if !site_file.is_file() {
        let name = args.project.clone().filter(|name| !name.is_empty());
        let name = name.or_else(|| folder.file_name().map(|name| name.to_string_lossy().into_owned()));
        let name = name
            .ok_or_else(|| Failure::message("the folder has no name: give the project one with --project"))?;
        let profile = args.common.profile.clone().filter(|name| !name.is_empty());
        let profile = profile.or_else(|| environment.profile.clone()).unwrap_or_else(|| "default".to_owned());
        let stray = folder.join(format!("db-{profile}.duckdb"));
        if stray.exists() {
            return Err(Failure::message(format!("{} already exists", stray.display())));
        }
        if config::mentions(environment, &name)? {
            let question = format!("The user file already has a project '{name}'. Continue?");
            if !ui.confirm(&question)? {
                return Ok(Outcome::Fine);
            }
        }
        fs::create_dir_all(&folder).with_context(|| format!("{} can't be made", folder.display()))?;
        let text = match args.template {
            Some(template) => template.site_file(&name, &profile),
            None => site_file::text(&name, &profile),
        };
        fs::write(&site_file, text).with_context(|| format!("{} can't be written", site_file.display()))?;
        made.push(SITE_FILE.to_owned());
    }
    let project = Project::at(folder, &args.common, environment)?;
    ui.findings(&project.warnings)?;
    made.extend(folders(&project.root)?);
    made.extend(schemas::write(&project.root)?);
    if args.bootstrap {
        made.extend(bootstrap::write(&project)?);
    }
    if let Some(template) = args.template {
        made.extend(template.write(&project)?);
    }
    if let Err(problem) = database(&project, &mut made) {
        ui.remark(format_args!("Warning: the database was not made: {problem}"))?;
    }
    desktop(&project, environment, &mut made, ui)?;
    summarise(&args, &project, &made, ui)?;
    Ok(Outcome::Fine)
}

/// Makes the folders that are missing, and gives their names.
fn folders(root: &Path) -> io::Result<Vec<String>> {
    let mut made = Vec::new();
    for name in FOLDERS {
        let folder = root.join(name);
        if !folder.exists() {
            fs::create_dir_all(folder)?;
            made.push(format!("{name}/"));
        }
    }
    Ok(made)
}

/// Opens the database once, which makes its file.
fn database(project: &Project, made: &mut Vec<String>) -> Result<(), String> {
    let told = |failure| match failure {
        Failure::Usage(message) | Failure::Project { message, .. } => message,
        Failure::Other(error) => format!("{error:#}"),
    };
    let file = project.database(false).map_err(told)?.path;
    if file.exists() {
        return Ok(());
    }
    compose::block_on(compose::make_database(project)).map_err(told)?;
    made.push(file.strip_prefix(&project.root).unwrap_or(&file).display().to_string());
    Ok(())
}

/// Offers the file that makes the project known to Claude Desktop.
fn desktop(
    project: &Project,
    environment: &Environment,
    made: &mut Vec<String>,
    ui: &mut Ui,
) -> Result<(), Failure> {
    let path = project.root.join(desktop::FILE);
    if path.exists() || !ui.confirm("Write a server configuration for Claude Desktop?")? {
        return Ok(());
    }
    let text = desktop::text(&project.site.project, &project.root, environment)?;
    fs::write(path, format!("{text}\n"))?;
    made.push(desktop::FILE.to_owned());
    Ok(ui.line(text)?)
}

fn summarise(args: &Args, project: &Project, made: &[String], ui: &mut Ui) -> Result<(), Failure> {
    if made.is_empty() {
        return Ok(ui.line(format_args!("Nothing is missing in project {}.", project.site.project))?);
    }
    ui.heading(format_args!("Project {} with profile {}", project.site.project, project.profile))?;
    for part in made {
        ui.line(format_args!("  ✓ {part}"))?;
    }
    ui.line("")?;
    ui.heading("Next steps:")?;
    if args.folder != Path::new(".") {
        ui.line(format_args!("  cd {}", shell::quoted(&args.folder.display().to_string())))?;
    }
    if let Some(template) = args.template {
        for command in template.first_commands() {
            ui.line(format_args!("  {command}"))?;
        }
        return Ok(ui.line("README.md says more.")?);
    }
    if args.bootstrap {
        ui.line("  mxcp run tool hello_world --param name=World")?;
    } else {
        ui.line("  mxcp init --bootstrap    adds a first tool that works")?;
    }
    ui.line("  mxcp validate            checks every endpoint")?;
    Ok(ui.line("  mxcp serve               serves them over MCP")?)
}

/// The absolute path of a folder that need not exist: links are followed as far as it does, and `..` is resolved.
fn absolute(folder: &Path) -> io::Result<PathBuf> {
    let folder = std::path::absolute(folder)?;
    let mut absolute = PathBuf::new();
    for part in folder.components() {
        match part {
            std::path::Component::ParentDir => {
                absolute.pop();
            }
            part => absolute.push(part),
        }
        if let Ok(real) = absolute.canonicalize() {
            absolute = real;
        }
    }
    Ok(absolute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_missing_folder_is_resolved() {
        let base = std::env::temp_dir().canonicalize().unwrap();
        assert_eq!(absolute(&base.join("nowhere/../else/where")).unwrap(), base.join("else/where"));
        assert_eq!(
            absolute(Path::new(".")).unwrap(),
            std::env::current_dir().unwrap().canonicalize().unwrap()
        );
    }

    #[test]
    fn folders_are_made_once() {
        let root = std::env::temp_dir().join(format!("mxcp-init-{}", std::process::id()));
        fs::create_dir_all(root.join("tools")).unwrap();
        let made = folders(&root).unwrap();
        let again = folders(&root).unwrap();
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(made.len(), FOLDERS.len() - 1);
        assert!(again.is_empty());
    }
}
