//! The developer's commands. `cargo xtask` alone lists them.
//!
//! One file per command under `commands/`, one line per command in [`COMMANDS`]. What several commands share has a
//! file of its own: the [`workspace`] they work on, the [`arguments`] they take, the [`steps`] they report, the
//! packages they [`fetch`], the [`tools`] that are kept for all clones, the [`server`] they start and the [`http`] they speak to it.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "talking on the terminal is what these commands do"
)]

#[cfg(unix)]
mod admin;
mod arguments;
mod commands;
mod components;
mod fetch;
mod folder;
mod http;
mod lints;
mod process;
mod python;
mod server;
mod steps;
mod tools;
mod venv;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;

use crate::arguments::Arguments;
use crate::workspace::Workspace;

/// One command of `cargo xtask`.
struct Command {
    name: &'static str,
    usage: &'static str,
    summary: &'static str,
    run: fn(&Workspace, Arguments) -> Result<()>,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "setup",
        usage: "[--compile]",
        summary: "fetch what the build needs: the wasm target and the DuckDB library; --compile compiles all dependencies for development",
        run: commands::setup::run,
    },
    Command {
        name: "demo",
        usage: "[--port N] [--check]",
        summary: "serve examples/quickstart from a release build; --check makes one call and ends",
        run: commands::demo::run,
    },
    #[cfg(unix)]
    Command {
        name: "docs",
        usage: "[--binary PATH] [--network] [PAGE…]",
        summary: "try the code on every page, or on those whose names contain PAGE, as it stands",
        run: commands::docs::run,
    },
    Command {
        name: "test",
        usage: "[-- ARGUMENTS]",
        summary: "all that CI runs; ARGUMENTS go to the test runner",
        run: commands::test::run,
    },
    Command {
        name: "bench",
        usage: "[--quick] [--python | --edge | --identity | --audit] [-- ARGUMENTS]",
        summary: "measure `mxcp serve` and the command line, Python tools, WebAssembly, logins or auditing, against their floors",
        run: commands::bench::run,
    },
    Command {
        name: "performance",
        usage: "[--alone] [-- ARGUMENTS]",
        summary: "measure every target of speed and memory in one run, into docs/performance.md; --alone without other frameworks",
        run: commands::performance::run,
    },
    Command {
        name: "people",
        usage: "[--users N] [--calls N] [--release]",
        summary: "let 1,000 people log in and call at once, and check that everybody gets their own answers",
        run: commands::people::run,
    },
    Command {
        name: "soak",
        usage: "[--minutes N] [--quick]",
        summary: "do everything at once for an hour; no answer may be wrong, and what the server holds stays the same",
        run: commands::soak::run,
    },
    Command {
        name: "replicas",
        usage: "",
        summary: "show that two servers on one PostgreSQL behind nginx are one",
        run: commands::replicas::run,
    },
    Command {
        name: "scale",
        usage: "[--check] [-- ARGUMENTS]",
        summary: "run examples/scale-out with 1, 2 and 4 replicas: cost of calls, failover; --check looks at its files only",
        run: commands::scale::run,
    },
    Command {
        name: "schemas",
        usage: "[--check]",
        summary: "write the JSON Schemas in docs/schemas; --check fails if they are stale",
        run: commands::schemas::run,
    },
    Command {
        name: "fuzz",
        usage: "[--seconds N] [-- TARGETS]",
        summary: "give arbitrary input to what takes some from outside, a minute each",
        run: commands::fuzz::run,
    },
    Command {
        name: "front",
        usage: "",
        summary: "build the front end of the edge into target/front/mxcp_front.wasm",
        run: commands::front::run,
    },
    Command {
        name: "edge-hosts",
        usage: "[--wasmtime]",
        summary: "fetch jco, and build the command line of Wasmtime, for the suites to run edges on",
        run: commands::edge_hosts::run,
    },
    Command {
        name: "dbt",
        usage: "",
        summary: "fetch dbt, for the suites to build models with",
        run: commands::dbt::run,
    },
    Command {
        name: "conformance",
        usage: "[--release]",
        summary: "run the official conformance suite against tests/conformance/project",
        run: commands::conformance::run,
    },
    Command {
        name: "clients",
        usage: "[--release]",
        summary: "call the quickstart with the Python and TypeScript clients",
        run: commands::clients::run,
    },
    #[cfg(unix)]
    Command {
        name: "admin",
        usage: "[--release]",
        summary: "check the description of the admin socket's API, and what it answers to arbitrary questions",
        run: commands::admin::run,
    },
    #[cfg(unix)]
    Command {
        name: "reloads",
        usage: "[--tools N] [--seconds N] [--release]",
        summary: "reload many tools over and over under load; no call may fail",
        run: commands::reloads::run,
    },
    Command {
        name: "browser",
        usage: "[--release]",
        summary: "use the documentation and the inspector in a headless Chromium",
        run: commands::browser::run,
    },
    Command {
        name: "logins",
        usage: "[--release] [-- PART]",
        summary: "log people and clients in at a real identity provider; PART is of the rows that are wanted",
        run: commands::logins::run,
    },
    Command {
        name: "wheel",
        usage: "[--dev] [--test]",
        summary: "build the Python wheel; --test installs and uses it with every Python there is",
        run: commands::wheel::run,
    },
    Command {
        name: "components",
        usage: "[LANGUAGE…] [--check]",
        summary: "build the examples in components/; --check fails if one can't be built",
        run: commands::components::run,
    },
    Command {
        name: "wit",
        usage: "[--check]",
        summary: "copy the WIT packages that are not ours; --check fails if a copy is stale",
        run: commands::wit::run,
    },
];

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let Some(name) = words.next() else {
        print!("{}", help());
        return ExitCode::SUCCESS;
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print!("{}", help());
        return ExitCode::SUCCESS;
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprint!("error: no command `{name}`\n\n{}", help());
        return ExitCode::from(2);
    };
    let outcome = Workspace::find().and_then(|workspace| (command.run)(&workspace, Arguments::new(words)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn help() -> String {
    let mut text = String::from("usage: cargo xtask COMMAND\n\n");
    for Command { name, usage, summary, .. } in COMMANDS {
        let call = format!("{name} {usage}");
        text.push_str(&format!("  {call:<34}{summary}\n"));
    }
    text
}
