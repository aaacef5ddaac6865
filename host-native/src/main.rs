//! The `mxcp` program: its command line in [`cli`], one file per command in [`commands`], everything it prints in
//! [`ui`]. Which engines and transports it is made of is told in [`compose`], and nowhere else.

mod arguments;
mod cli;
mod commands;
mod compose;
mod config;
mod environment;
mod failure;
mod file;
mod logging;
mod project;
mod references;
mod report;
mod signals;
mod ui;

use std::process::ExitCode;

/// Loading a project and answering calls are made of small allocations from several threads at a time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    match cli::parse(&words) {
        Ok(command) => commands::run(command),
        Err(refusal) => ui::refuse(&refusal, cli::wants_json(&words)),
    }
}
