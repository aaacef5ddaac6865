//! `mxcp docs`: a website about the endpoints of the project, in a folder. Opens no database.
//!
//! It is the author's, so endpoints with `hide: true` are on it; those that a server shows to its callers are not.

mod folder;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mxcp_core::load::{FileState, LoadedFile};
use mxcp_core::schema::AuthProvider;
use mxcp_docs::{Options, Site};
use serde::Serialize;

use self::folder::{Existing, Folder};
use crate::cli::Common;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::ui::{Output, ResultDocument, Ui};

/// Arguments of `mxcp docs`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder to write to; what an earlier run wrote there is replaced
    #[arg(long, short, value_name = "DIR", default_value = "site")]
    output: PathBuf,
    /// Show implementations, such as the SQL of tools
    #[arg(long)]
    with_source: bool,
    /// Write into a folder that holds other files, too
    #[arg(long)]
    force: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json_output: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Whether callers of a server have to say who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody is anonymous.
    Open,
    /// Callers log in.
    Authenticated,
}

impl Access {
    /// As the identity provider of the profile says.
    pub(crate) fn of(provider: Option<AuthProvider>) -> Self {
        if provider.is_some() { Self::Authenticated } else { Self::Open }
    }
}

/// Where a site is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Surroundings {
    /// In a folder, or wherever somebody copies it.
    Folder,
    /// On the server whose endpoints it is about.
    Server,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    status: &'static str,
    output: String,
    files: Vec<&'a str>,
    broken: Vec<Broken<'a>>,
}

#[derive(Debug, Serialize)]
struct Broken<'a> {
    path: &'a str,
    error: String,
}

/// Whether a server shows its documentation unless it is told: it does to who uses this machine, if there is nobody it
/// would keep out.
pub(crate) fn is_shown(host: &str, access: Access) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_local = host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    is_local && access == Access::Open
}

/// What the site of a project says.
pub(crate) fn options(project: &Project, surroundings: Surroundings) -> Options {
    Options {
        project: project.site.project.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        source: false,
        inspector: surroundings == Surroundings::Server,
        hidden: surroundings == Surroundings::Folder,
    }
}

/// Writes the site, and reports findings if a definition is left out.
///
/// # Errors
/// There is no project, its configuration can't be used, or the folder can't be written to.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let project = Project::load(&args.common, environment, ui)?;
    let definitions = project.definitions();
    ui.findings(&definitions.warnings)?;
    let options = Options { source: args.with_source, ..options(&project, Surroundings::Folder) };
    let pages = Site::new(Arc::new(definitions.registry), options).render()?;
    let existing = if args.force { Existing::Keep } else { Existing::Refuse };
    Folder::open(&args.output, existing)?.write(&pages)?;
    let broken: Vec<&LoadedFile> =
        definitions.files.iter().filter(|file| file.state == FileState::Broken).collect();
    let files: Vec<&str> = pages.iter().map(|page| page.path.as_str()).collect();
    match ui.output() {
        Output::Json => ui.document(&ResultDocument::new(Report {
            status: if broken.is_empty() { "ok" } else { "error" },
            output: std::path::absolute(&args.output)?.display().to_string(),
            files,
            broken: broken.iter().map(|file| Broken::of(file)).collect(),
        }))?,
        Output::Human => show(&args.output, files.len(), &broken, ui)?,
    }
    Ok(if broken.is_empty() { Outcome::Fine } else { Outcome::Findings })
}

impl<'a> Broken<'a> {
    fn of(file: &'a LoadedFile) -> Self {
        Self { path: &file.path, error: file.first_error().unwrap_or_default() }
    }
}

fn show(output: &Path, files: usize, broken: &[&LoadedFile], ui: &mut Ui) -> Result<(), Failure> {
    for file in broken {
        ui.findings(&file.findings)?;
    }
    if !broken.is_empty() {
        ui.heading("Left out:")?;
        for file in broken {
            ui.line(format_args!("  ✗ {}", file.path))?;
        }
        ui.line("")?;
    }
    ui.line(format_args!("Wrote {files} files to {}", output.display()))?;
    Ok(ui.line(format_args!("Open {} in a browser.", output.join("index.html").display()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_open_servers_on_this_machine_show_their_documentation() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.8.8.8", "::1", "[::1]"] {
            assert!(is_shown(host, Access::Open), "{host}");
            assert!(!is_shown(host, Access::Authenticated), "{host}");
        }
        for host in ["0.0.0.0", "::", "192.168.1.7", "localhost.example.com", "example.com", ""] {
            assert!(!is_shown(host, Access::Open), "{host}");
        }
    }
}
