//! `mxcp man`: the manual of the program.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap_mangen::Man;

use crate::cli::{self, Common};
use crate::failure::{Failure, Outcome};
use crate::ui::Ui;

/// Arguments of `mxcp man`.
#[derive(Debug, clap::Args)]
#[command(after_help = "To read it at once: mxcp man | man -l -")]
pub(crate) struct Args {
    /// Write one page for each command into this folder, which is made if need be, and print nothing
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Prints mxcp(1), or writes the pages of all commands.
///
/// # Errors
/// A page can't be written.
pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<Outcome, Failure> {
    match &args.dir {
        Some(folder) => {
            let problem = || format!("manual pages can't be written to {}", folder.display());
            fs::create_dir_all(folder).with_context(problem)?;
            clap_mangen::generate_to(cli::tree(), folder).with_context(problem)?;
        }
        None => {
            let mut page = Vec::new();
            Man::new(cli::tree()).render(&mut page)?;
            ui.line(String::from_utf8_lossy(&page).trim_end())?;
        }
    }
    Ok(Outcome::Fine)
}
