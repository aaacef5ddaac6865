//! `mxcp drift-check`: how the project differs from what it was.

mod show;

use crate::cli::Common;
use crate::compose;
use crate::drift;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::signals;
use crate::ui::{Output, ResultDocument, Ui};

/// Arguments of `mxcp drift-check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Snapshot to compare with [default: that of the profile]
    #[arg(long, value_name = "FILE")]
    baseline: Option<String>,
    /// Open the database for reading only, as this command always does
    #[arg(long)]
    readonly: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json_output: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Compares, and reports findings if anything differs.
///
/// # Errors
/// There is no project, its database can't be opened, or there is no snapshot that can be used.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let project = Project::load(&args.common, environment, ui)?;
    let (path, shown) = match &args.baseline {
        Some(written) => (environment.path(&environment.folder, written), written.clone()),
        None => {
            let path = project.path(&project.site.profile(&project.profile).drift_snapshot);
            let shown = path.display().to_string();
            (path, shown)
        }
    };
    let baseline = drift::read(&path, &shown)?;
    let definitions = project.definitions();
    ui.findings(&definitions.warnings)?;
    let current = compose::block_on(signals::cancelling(|cancel| {
        let (project, ui) = (&project, &*ui);
        async move { drift::take(project, definitions, &cancel, ui).await }
    }))?;
    let report = baseline.compare(&current, &shown, &drift::now());
    match ui.output() {
        Output::Json => ui.document(&ResultDocument::new(&report))?,
        Output::Human => show::show(&report, args.common.debug, ui)?,
    }
    Ok(if report.has_drift { Outcome::Findings } else { Outcome::Fine })
}
