//! `mxcp completions`: what a shell needs to complete command lines.

use clap_complete::Shell;

use crate::cli::{self, Common};
use crate::failure::{Failure, Outcome};
use crate::ui::Ui;

/// Arguments of `mxcp completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = "For bash: source <(mxcp completions bash)")]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Prints a script for a shell.
///
/// # Errors
/// Standard output can't be written to.
pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut cli::tree(), "mxcp", &mut script);
    ui.line(String::from_utf8_lossy(&script).trim_end())?;
    Ok(Outcome::Fine)
}
