//! `mxcp dbt`: dbt with the secrets of the profile in its environment.

use std::borrow::Cow;
use std::ffi::OsString;

use anyhow::Context as _;

use crate::cli::Common;
use crate::compose;
use crate::dbt;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::ui::{Ui, printable};

/// Arguments of `mxcp dbt`.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "mxcp dbt [OPTIONS] [ARGS]...",
    // It is handed on.
    mut_arg("log_format", |argument| argument.hide(true)),
    after_help = "--profile, --debug and --help are taken wherever they stand; for those of dbt, write them after `--`."
)]
pub(crate) struct Args {
    /// Arguments of dbt, handed on as they are
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<OsString>,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Separates the options of this command, which may stand anywhere, from what is dbt's: they come first, then `--`, then
/// the rest. Other commands stay as they are.
pub(crate) fn apart(words: &[OsString]) -> Cow<'_, [OsString]> {
    let [program, command, rest @ ..] = words else { return words.into() };
    if command != "dbt" {
        return words.into();
    }
    let (mut own, mut passed) = (vec![program.clone(), command.clone()], vec![OsString::from("--")]);
    let mut rest = rest.iter();
    while let Some(word) = rest.next() {
        match word.to_str() {
            Some("--") => {
                passed.extend(rest.by_ref().cloned());
            }
            Some("--profile") => {
                own.push(word.clone());
                own.extend(rest.next().cloned());
            }
            Some("--debug" | "--help") => own.push(word.clone()),
            Some(text) if text.starts_with("--profile=") => own.push(word.clone()),
            _ => passed.push(word.clone()),
        }
    }
    own.extend(passed);
    own.into()
}

/// Runs dbt, and ends as it ends.
///
/// # Errors
/// There is no project, it does without dbt, or dbt is not installed.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let project = Project::load(&args.common, environment, ui)?;
    if !project.site.dbt.enabled {
        return Err(Failure::message(dbt::DISABLED));
    }
    let Some(program) = dbt::find() else {
        return Err(Failure::message("dbt CLI is not installed. Please install dbt-core and dbt-duckdb."));
    };
    let secrets = project.user.secrets();
    let variables = dbt::variables(&secrets);
    let words: Vec<_> = args.arguments.iter().map(|word| word.to_string_lossy()).collect();
    ui.heading("Running dbt")?;
    ui.line(format_args!("• Project: {}", printable(&project.site.project)))?;
    ui.line(format_args!("• Profile: {}", printable(&project.profile)))?;
    ui.line(format_args!("• Command: dbt {}", printable(&words.join(" "))))?;
    ui.line(format_args!("• Secrets: {} variables", variables.len()))?;
    ui.line("")?;
    // dbt makes the database, and not its folder.
    let database = project.database(false)?.path;
    if let Some(folder) = database.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    }
    // dbt writes to the same streams.
    ui.flush()?;
    let ended = compose::block_on(dbt::run(&program, &args.arguments, variables))?;
    ui.line("")?;
    if ended.code == 0 {
        ui.line("dbt has ended.")?;
        return Ok(Outcome::Fine);
    }
    ui.line(format_args!("dbt has ended with exit code {}.", ended.code))?;
    Ok(Outcome::Program(ended.code))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    fn separated(line: &str) -> String {
        let words: Vec<_> = line.split(' ').map(OsString::from).collect();
        let words = apart(&words);
        words
            .iter()
            .map(OsString::as_os_str)
            .collect::<Vec<&OsStr>>()
            .join(OsStr::new(" "))
            .into_string()
            .unwrap()
    }

    #[test]
    fn own_options_are_taken_from_anywhere() {
        for (line, expected) in [
            ("mxcp dbt", "mxcp dbt --"),
            ("mxcp dbt run -s m --profile p", "mxcp dbt --profile p -- run -s m"),
            ("mxcp dbt --debug run --profile=p -x", "mxcp dbt --debug --profile=p -- run -x"),
            ("mxcp dbt run --help", "mxcp dbt --help -- run"),
            ("mxcp dbt run --profile", "mxcp dbt --profile -- run"),
        ] {
            assert_eq!(separated(line), expected);
        }
    }

    #[test]
    fn what_follows_two_dashes_is_dbt_s() {
        assert_eq!(
            separated("mxcp dbt --debug run -- --debug --profile x -- y"),
            "mxcp dbt --debug -- run --debug --profile x -- y"
        );
    }

    #[test]
    fn other_commands_stay_as_they_are() {
        for line in ["mxcp", "mxcp run tool dbt --debug", "mxcp dbt-config --debug"] {
            assert_eq!(separated(line), line);
        }
    }
}
