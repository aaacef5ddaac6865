//! `mxcp build`: the project as one WebAssembly component. Opens no database.

mod bundle;
mod identity;
mod unlimited;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use mxcp_core::load::{FileState, LoadedFile};
use mxcp_edge::{Built, Description, Place};
use serde::Serialize;

use crate::cli::Common;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::ui::{Output, ResultDocument, Ui};

/// Arguments of `mxcp build`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to build: `wasi` is one component for any host that answers HTTP
    #[arg(long, value_enum)]
    target: Target,
    /// File to write [default: the project's name and `.wasm`]
    #[arg(long, short = 'o', value_name = "FILE")]
    output: Option<PathBuf>,
    /// URL of the server that answers what the edge can't: https://origin.example.com/mcp [env at the edge:
    /// MXCP_EDGE_ORIGIN]
    #[arg(long, value_name = "URL")]
    origin: Option<String>,
    /// What the origin calls itself in assertions [env at the edge: MXCP_EDGE_ORIGIN_AUDIENCE]
    #[arg(long, value_name = "NAME")]
    origin_audience: Option<String>,
    /// Who issues the callers' tokens [env at the edge: MXCP_EDGE_ISSUER]
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// Whom the callers' tokens are for [env at the edge: MXCP_EDGE_AUDIENCE]
    #[arg(long, value_name = "NAME")]
    audience: Option<String>,
    /// File with the issuer's public keys (RFC 7517) [env at the edge: MXCP_EDGE_JWKS]
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// Where the issuer publishes its keys [env at the edge: MXCP_EDGE_JWKS_URL]
    #[arg(long, value_name = "URL")]
    jwks_url: Option<String>,
    /// Build although `limits` of the project are not kept by what is answered at the edge
    #[arg(long)]
    allow_unlimited: bool,
    /// Write manifests for Spin and wasmCloud into this folder
    #[arg(long, value_name = "FOLDER")]
    manifests: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json_output: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Target {
    Wasi,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    file: String,
    digest: &'a str,
    bytes: usize,
    edge: Vec<&'a str>,
    forwarded: Vec<Forwarded<'a>>,
    /// What is answered at the edge without the limits that it has.
    unlimited: &'a [String],
}

#[derive(Debug, Serialize)]
struct Forwarded<'a> {
    name: &'a str,
    reason: &'a str,
}

/// Builds, or reports findings if a definition has errors.
///
/// # Errors
/// There is no project, its configuration can't be used or be kept at the edge, or no component comes of it.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let project = Project::load(&args.common, environment, ui)?;
    let definitions = project.definitions();
    ui.findings(&definitions.warnings)?;
    let broken = definitions.files.iter().filter(|file| file.state == FileState::Broken);
    let broken: Vec<&LoadedFile> = broken.collect();
    if !broken.is_empty() {
        for file in &broken {
            ui.findings(&file.findings)?;
        }
        let files = if broken.len() == 1 { "file has" } else { "files have" };
        return Err(Failure::message(format!(
            "nothing was built: {} definition {files} errors",
            broken.len()
        )));
    }
    let (mut bundle, components) = bundle::of(&project, &definitions)?;
    settings(args, &mut bundle)?;
    identity::put_in(&project.user, &mut bundle.settings)?;
    let built = mxcp_edge::build(bundle, &components).map_err(explained)?;
    let unlimited = unlimited::of(&project.site, &definitions.registry, &built.endpoints);
    if !unlimited.is_empty() && !args.allow_unlimited {
        return Err(unlimited::refusal(&unlimited));
    }
    let output = args.output.clone().unwrap_or_else(|| format!("{}.wasm", project.site.project).into());
    fs::write(&output, &built.bytes).with_context(|| format!("can't write `{}`", output.display()))?;
    if let Some(folder) = &args.manifests {
        manifests(folder, &output, &built)?;
    }
    match ui.output() {
        Output::Json => ui.document(&ResultDocument::new(Report::of(&output, &built, &unlimited)))?,
        Output::Human => show(&Report::of(&output, &built, &unlimited), &built, ui)?,
    }
    Ok(Outcome::Fine)
}

fn settings(args: &Args, bundle: &mut mxcp_core::bundle::Bundle) -> Result<(), Failure> {
    let settings = &mut bundle.settings;
    settings.origin.clone_from(&args.origin);
    settings.origin_audience.clone_from(&args.origin_audience);
    settings.issuer.clone_from(&args.issuer);
    settings.audience.clone_from(&args.audience);
    settings.jwks_url.clone_from(&args.jwks_url);
    if let Some(path) = &args.jwks {
        let text = fs::read_to_string(path).with_context(|| format!("can't read `{}`", path.display()))?;
        let keys: serde_json::Value =
            serde_json::from_str(&text).with_context(|| format!("`{}` is no JSON", path.display()))?;
        if private(&keys) {
            let problem = format!("`{}` holds private keys: give the public ones only", path.display());
            return Err(Failure::message(problem));
        }
        settings.jwks = Some(text);
    }
    Ok(())
}

/// Whether a set of keys has something in it that only the issuer may know (RFC 7518, section 6).
fn private(keys: &serde_json::Value) -> bool {
    let keys = keys.get("keys").and_then(serde_json::Value::as_array);
    keys.is_some_and(|keys| {
        keys.iter().any(|key| ["d", "k", "p", "q"].iter().any(|name| key.get(name).is_some()))
    })
}

fn explained(error: mxcp_edge::Error) -> Failure {
    let error = anyhow::Error::new(error);
    match error.downcast_ref() {
        Some(mxcp_edge::Error::NoFrontEnd) => Failure::message(format!(
            "{error}: run `cargo xtask front`, then build `mxcp` again (or set MXCP_FRONT to the module when building)"
        )),
        _ => Failure::Other(error),
    }
}

fn manifests(folder: &Path, output: &Path, built: &Built) -> Result<(), Failure> {
    let description = Description::read(&built.bytes).unwrap_or_default();
    let file = output.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    fs::create_dir_all(folder).with_context(|| format!("can't make `{}`", folder.display()))?;
    for (name, text) in mxcp_edge::manifests(&description, &file) {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("can't write `{}`", path.display()))?;
    }
    Ok(())
}

impl<'a> Report<'a> {
    fn of(output: &Path, built: &'a Built, unlimited: &'a [String]) -> Self {
        let (mut edge, mut forwarded) = (Vec::new(), Vec::new());
        for endpoint in &built.endpoints {
            match &endpoint.place {
                Place::Edge => edge.push(endpoint.name.as_str()),
                Place::Origin(reason) => forwarded.push(Forwarded { name: &endpoint.name, reason }),
            }
        }
        let file = output.display().to_string();
        Report { file, digest: &built.digest, bytes: built.bytes.len(), edge, forwarded, unlimited }
    }
}

fn show(report: &Report<'_>, built: &Built, ui: &mut Ui) -> Result<(), Failure> {
    let Report { file, digest, bytes, edge, forwarded, unlimited } = report;
    ui.heading(format_args!("{file}"))?;
    ui.line(format_args!("  sha256:     {digest}"))?;
    ui.line(format_args!("  size:       {bytes} bytes ({} of front end and project)", built.front_bytes))?;
    for (file, bytes) in &built.components {
        ui.line(format_args!("  component:  {file}, {bytes} bytes"))?;
    }
    ui.line(format_args!("  at the edge ({}): {}", edge.len(), edge.join(", ")))?;
    ui.line(format_args!("  forwarded to the origin ({}):", forwarded.len()))?;
    for Forwarded { name, reason } in forwarded {
        ui.line(format_args!("    {name} ({reason})"))?;
    }
    if !unlimited.is_empty() {
        ui.line(format_args!("  without their limits ({}): {}", unlimited.len(), unlimited.join(", ")))?;
    }
    Ok(())
}
