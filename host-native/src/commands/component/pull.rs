//! `mxcp component pull`: a component from a registry, into a file.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use mxcp_core::lock::Origin;
use oci_client::Reference;
use serde::Serialize;

use crate::cli::Common;
use crate::compose;
use crate::failure::{Failure, Outcome};
use crate::file;
use crate::lock::{self, LOCK_FILE};
use crate::oci::{Pulled, Registry};
use crate::project::root_of;
use crate::ui::{Output, ResultDocument, Ui};

/// Arguments of `mxcp component pull`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The component: registry.example/acme/text:1.2.0; with @sha256:… nothing else is taken
    #[arg(value_parser = super::push::reference)]
    reference: Reference,
    /// File to write [default: the last word of the name, with `.wasm`]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Ask a registry on this machine without encryption
    #[arg(long)]
    plain_http: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json_output: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Serialize)]
struct Report {
    /// The reference that gives this component and no other.
    pinned: String,
    file: String,
    digest: String,
    size: usize,
    /// Whether the lock of a project knows now where the file came from.
    recorded: bool,
}

/// Pulls.
///
/// # Errors
/// There is no such component, it is not what it says it is, or the file can't be written.
pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<Outcome, Failure> {
    let reference = &args.reference;
    let output = args.output.clone().unwrap_or_else(|| default_file(reference));
    if output.is_dir() {
        return Err(Failure::message(format!("{} is a folder: name a file", output.display())));
    }
    let registry = Registry::of(reference, args.plain_http)?;
    let pulled = compose::block_on(registry.pull(reference))?;
    file::replace(&output, &pulled.bytes)
        .with_context(|| format!("{} can't be written", output.display()))?;
    let recorded = record(&output, reference, &pulled)?;
    let report = Report {
        pinned: format!("{}/{}@{}", reference.registry(), reference.repository(), pulled.manifest),
        file: output.display().to_string(),
        digest: pulled.file.to_string(),
        size: pulled.bytes.len(),
        recorded,
    };
    match ui.output() {
        Output::Json => ui.document(&ResultDocument::new(report))?,
        Output::Human => {
            ui.line(&report.pinned)?;
            ui.remark(format_args!("{}: {} bytes, {}", report.file, report.size, report.digest))?;
            if recorded {
                ui.remark(format_args!("{LOCK_FILE} knows where it came from"))?;
            }
        }
    }
    Ok(Outcome::Fine)
}

fn default_file(reference: &Reference) -> PathBuf {
    let name = reference.repository().rsplit('/').next().unwrap_or("component");
    PathBuf::from(format!("{name}.wasm"))
}

/// Notes in the lock of the project that the file is in, if it has one, where the file came from.
fn record(output: &Path, reference: &Reference, pulled: &Pulled) -> Result<bool, Failure> {
    let output = output.canonicalize()?;
    let Some(root) = root_of(&env::current_dir()?) else { return Ok(false) };
    let root = root.canonicalize()?;
    let path = output.strip_prefix(&root).ok().and_then(Path::to_str);
    let (Some(path), Some(mut lock)) = (path, lock::read(&root)?) else { return Ok(false) };
    let tag = reference.tag().map(|tag| format!(":{tag}")).unwrap_or_default();
    let (registry, repository) = (reference.registry(), reference.repository());
    let origin = Origin {
        reference: format!("{registry}/{repository}{tag}@{}", pulled.manifest),
        digest: pulled.file,
    };
    lock.pulled(&path.replace(std::path::MAIN_SEPARATOR, "/"), origin);
    lock::write(&root, &lock)?;
    Ok(true)
}
