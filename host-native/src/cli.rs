//! The command line.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand};

use crate::commands::{
    admin, build, completions, component, dbt, dbt_config, docs, doctor, drift_check, drift_snapshot, edge,
    evals, init, lint, list, lock, log, log_cleanup, man, migrate, policy, query, run, serve, test, validate,
};
use crate::logging::Format;

/// MCP servers from YAML contracts, with SQL on DuckDB.
#[derive(Debug, Parser)]
#[command(name = "mxcp", version, arg_required_else_help = false, disable_help_subcommand = true)]
#[command(args_override_self = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

/// A command with its arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Look after a running server.
    Admin(admin::Args),
    /// Build the project into one WebAssembly component.
    Build(build::Args),
    /// Print what a shell needs to complete command lines.
    Completions(completions::Args),
    /// Work with WebAssembly components.
    Component(component::Args),
    /// Run dbt, which finds the secrets of the profile in its environment.
    Dbt(dbt::Args),
    /// Tell dbt of the project: write dbt_project.yml and ~/.dbt/profiles.yml.
    DbtConfig(dbt_config::Args),
    /// Write a website about the endpoints of the project.
    Docs(docs::Args),
    /// Look for what is wrong with the machine and the project.
    Doctor(doctor::Args),
    /// Compare the project with what it was when a snapshot was taken.
    DriftCheck(drift_check::Args),
    /// Take a snapshot of tables, endpoints and test results.
    DriftSnapshot(drift_snapshot::Args),
    /// Serve what `build` made.
    Edge(edge::Args),
    /// Ask language models questions, and judge how they use the tools.
    Evals(evals::Args),
    /// Make a new project, or complete one.
    Init(init::Args),
    /// Advise on the endpoints of the project.
    Lint(lint::Args),
    /// List the endpoints of the project.
    List(list::Args),
    /// Pin what the project serves in mxcp.lock.
    Lock(lock::Args),
    /// Show what was recorded of calls.
    Log(log::Args),
    /// Delete records of calls that are too old.
    LogCleanup(log_cleanup::Args),
    /// Print the manual, or write it.
    Man(man::Args),
    /// Say what is different for a project of MXCP 0.12.
    Migrate(migrate::Args),
    /// Ask what the policies of endpoints say, and why.
    Policy(policy::Args),
    /// Run SQL on the project's database.
    Query(query::Args),
    /// Run one endpoint.
    Run(run::Args),
    /// Serve the endpoints over MCP.
    Serve(serve::Args),
    /// Run the tests of the endpoints.
    Test(test::Args),
    /// Check the endpoints of the project.
    Validate(validate::Args),
}

/// What every command takes.
#[derive(Args, Clone, Debug)]
pub(crate) struct Common {
    /// Profile of the site file to use [env: MXCP_PROFILE]
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Log details on standard error, and show the causes of errors [env: MXCP_DEBUG]
    #[arg(long)]
    pub(crate) debug: bool,
    /// How events are logged [env: MXCP_LOG_FORMAT] [default: `logging.format` of the user file, or text]
    #[arg(long, value_enum, value_name = "text|json", hide_possible_values = true)]
    pub(crate) log_format: Option<Format>,
}

/// Parses the command line.
///
/// # Errors
/// It can't be used, or asks for help or the version: what is to be printed.
pub(crate) fn parse(words: &[OsString]) -> Result<Command, clap::Error> {
    match Cli::try_parse_from(dbt::apart(words).iter())?.command {
        Some(command) => Ok(command),
        // Parsing a request for help is the way to get clap's answer to it.
        None => Err(Cli::try_parse_from(["mxcp", "--help"])
            .err()
            .unwrap_or_else(|| Cli::command().error(ErrorKind::MissingSubcommand, "a command is needed"))),
    }
}

/// The tree of all commands.
pub(crate) fn tree() -> clap::Command {
    Cli::command()
}

/// An error about the arguments of a command that only shows when they are used.
pub(crate) fn usage_error(command: &str, message: &str) -> clap::Error {
    let mut tree = Cli::command();
    tree.build();
    match tree.find_subcommand_mut(command) {
        Some(command) => command.error(ErrorKind::ValueValidation, message),
        None => tree.error(ErrorKind::ValueValidation, message),
    }
}

/// Whether a command line, also one that can't be parsed, asks for JSON.
pub(crate) fn wants_json(words: &[OsString]) -> bool {
    words.iter().take_while(|word| *word != "--").any(|word| word == "--json-output" || word == "--json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        std::iter::once("mxcp").chain(line.split_whitespace()).map(OsString::from).collect()
    }

    fn parsed(line: &str) -> Command {
        parse(&words(line)).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn the_command_tree_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_command_prints_help_as_success() {
        let answer = parse(&words("")).err().map(|error| (error.exit_code(), error.use_stderr()));
        assert_eq!(answer, Some((0, false)));
        let text = parse(&words("")).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(text.starts_with("MCP servers from YAML contracts"), "{text}");
    }

    #[test]
    fn unknown_options_are_usage_errors() {
        let answer = parse(&words("list --nope")).err().map(|error| error.exit_code());
        assert_eq!(answer, Some(2));
    }

    #[test]
    fn the_last_of_a_repeated_option_wins() {
        let Command::Serve(args) = parsed("serve --port 1 --profile a --port 2 --profile b --debug --debug")
        else {
            panic!("no serve command")
        };
        assert_eq!((args.port, args.common.profile.as_deref()), (Some(2), Some("b")));
    }

    #[test]
    fn parameters_are_collected_and_may_stand_anywhere() {
        let Command::Run(args) = parsed("run -p a=1 tool --param b=2 shout --json-output -p a=3") else {
            panic!("no run command")
        };
        assert_eq!(args.name, "shout");
        assert_eq!(args.params, ["a=1", "b=2", "a=3"]);
    }

    #[test]
    fn every_command_takes_profile_and_debug() {
        fn check(group: &clap::Command) {
            for command in group.get_subcommands() {
                if command.has_subcommands() {
                    check(command);
                    continue;
                }
                for option in ["profile", "debug"] {
                    let found = command.get_arguments().any(|argument| argument.get_long() == Some(option));
                    assert!(found, "{} lacks --{option}", command.get_name());
                }
            }
        }
        check(&Cli::command());
    }

    #[test]
    fn json_is_recognised_before_a_double_dash_only() {
        assert!(wants_json(&words("run tool --nope --json-output")));
        assert!(!wants_json(&words("query -- --json-output")));
    }
}
