//! `mxcp component push`: a component from a file, into a registry.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use chrono::{SecondsFormat, Utc};
use oci_client::Reference;
use serde::Serialize;

use crate::cli::Common;
use crate::compose;
use crate::failure::{Failure, Outcome};
use crate::oci::{Details, MAX_BYTES, Registry};
use crate::ui::{Output, ResultDocument, Ui};

/// Arguments of `mxcp component push`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The component's file
    file: PathBuf,
    /// Where it goes: registry.example/acme/text:1.2.0
    #[arg(value_parser = tagged)]
    reference: Reference,
    /// Who made it
    #[arg(long)]
    author: Option<String>,
    /// What else there is to say of it
    #[arg(long = "annotation", value_name = "KEY=VALUE", value_parser = annotation)]
    annotations: Vec<(String, String)>,
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
}

/// Pushes.
///
/// # Errors
/// The file is no component, or the registry does not take it.
pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<Outcome, Failure> {
    let reference = &args.reference;
    let unreadable = || format!("{} can't be read", args.file.display());
    if fs::metadata(&args.file).with_context(unreadable)?.len() > MAX_BYTES {
        return Err(Failure::message(format!("{} is larger than {MAX_BYTES} bytes", args.file.display())));
    }
    let bytes = fs::read(&args.file).with_context(unreadable)?;
    let details =
        Details { author: args.author.clone(), annotations: args.annotations.iter().cloned().collect() };
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let registry = Registry::of(reference, args.plain_http)?;
    let digest = compose::block_on(registry.push(reference, bytes, &details, now))?;
    let report = Report { pinned: format!("{}/{}@{digest}", reference.registry(), reference.repository()) };
    match ui.output() {
        Output::Json => ui.document(&ResultDocument::new(report))?,
        Output::Human => ui.line(&report.pinned)?,
    }
    Ok(Outcome::Fine)
}

/// Reads a reference. A name without a registry is one of Docker Hub.
pub(super) fn reference(text: &str) -> Result<Reference, String> {
    text.parse().map_err(|error: oci_client::ParseError| error.to_string())
}

/// Reads a reference that names what is still to be made.
fn tagged(text: &str) -> Result<Reference, String> {
    let reference = reference(text)?;
    match reference.digest() {
        Some(_) => Err("a component is pushed under a tag, and gets its digest then".to_owned()),
        None => Ok(reference),
    }
}

fn annotation(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write it as KEY=VALUE".to_owned()),
    }
}
