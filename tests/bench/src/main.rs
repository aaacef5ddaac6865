//! Measures `mxcp serve`, the edge and the command line against their floors, in one run on one machine; measures several servers
//! on shared data; and shows that many people at once are not mixed up, and that a server holds no more after an hour than before.
//!
//! Contenders take turns: each round gives every contender the same time, so that what else the machine does hits
//! all of them. Figures are medians over rounds; a ratio is taken inside a round first. Every answer is checked, and
//! a wrong one ends the run. Nothing leaves this machine.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the figures are what this program is for")]

mod audit;
mod client;
mod collector;
mod command_line;
mod connection;
mod contender;
mod edge;
mod identity;
mod large;
mod load;
mod options;
mod people;
mod performance;
mod process;
mod python;
mod replicas;
mod sample;
mod soak;
mod stages;
mod table;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::contender::{Call, Contender, contenders};
use crate::large::Size;
use crate::load::{Load, Measured};
use crate::options::Options;
use crate::process::ServerProcess;
use crate::sample::median;
use crate::table::Table;

fn main() -> ExitCode {
    match Options::parse(std::env::args().skip(1)).and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    if let Some(duration) = options.soak_all {
        return soak::run(options, duration);
    }
    let scratch = tempfile::tempdir()?;
    let project = scratch.path().join("project");
    copy_folder(&options.workspace.join("tests/bench/project"), &project)?;
    let quickstart = scratch.path().join("quickstart");
    copy_folder(&options.workspace.join("examples/quickstart"), &quickstart)?;
    if let Some(page) = &options.performance {
        return performance::run(options, page, scratch.path());
    }
    if let Some(stage) = &options.stage {
        return stages::repeat(stage);
    }
    if let Some(package) = &options.python {
        return python::run(options, package, scratch.path());
    }
    if let Some(folder) = &options.edge {
        return edge::run(options, folder, scratch.path());
    }
    if options.identity {
        return identity::run(options, scratch.path());
    }
    if let Some(people) = options.people {
        return people::run(options, people, scratch.path());
    }
    if let Some(extensions) = &options.replicas {
        return replicas::run(options, extensions, scratch.path());
    }
    if let Some(records) = options.audit {
        return audit::run(options, records, scratch.path());
    }
    let traced = scratch.path().join("traced");
    copy_folder(&project, &traced)?;
    let contenders = contenders(options, &project, (&traced, &collector::start()?));

    eprintln!("starts, {} each", options.starts);
    let mut starts = Table::new(&["server", "ready ms (min)", "ready ms (median)"]);
    let large = scratch.path().join("large");
    large::write(&large, Size::LARGE)?;
    let whole = [Contender::quickstart(options, &quickstart), Contender::large(options, &large)];
    for contender in contenders.iter().chain(whole.iter().filter(|contender| options.wants(contender.name))) {
        let times = process::starts(contender, options.starts).with_context(|| contender.name)?;
        starts.row([contender.name.to_owned(), millis(sample::least(&times)), millis(median(&times))]);
    }
    let (calls, memory) = measure_calls(options, &contenders)?;
    let (rounds, turn) = (options.rounds, options.turn);
    println!(
        "\ncalls over HTTP: medians of {rounds} rounds of {turn:?} each; every answer was checked\n\n{calls}"
    );
    println!("resident memory\n\n{memory}");
    println!("from start to first answer\n\n{starts}");
    if options.wants("mxcp") {
        eprintln!("command line, {} runs each", options.runs);
        let commands = command_line::measure(options, scratch.path(), &project, &large)?;
        println!("command line, from start to end\n\n{commands}");
        let growth = command_line::growth(options, scratch.path())?;
        println!("loading, by size of the project\n\n{growth}");
    }
    Ok(())
}

/// Lets the contenders take turns on every workload; gives the table of calls and the one of memory.
fn measure_calls(options: &Options, contenders: &[Contender]) -> Result<(Table, Table)> {
    let mut servers = Vec::new();
    for contender in contenders {
        servers.push(ServerProcess::start(contender)?);
    }
    let mut memory = Table::new(&["server", "idle MiB", "after load MiB"]);
    let idle: Vec<_> = servers.iter().map(ServerProcess::resident).collect();

    let mut table = Table::new(&[
        "call",
        "server",
        "connections",
        "calls/s",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "of the first",
        "calls",
    ]);
    for workload in contender::WORKLOADS {
        for &connections in &options.connections {
            eprintln!("{workload}, {connections} connections");
            let runners: Vec<_> = contenders
                .iter()
                .zip(&servers)
                .filter_map(|(contender, server)| Some((contender, server, contender.call(workload)?)))
                .collect();
            let rounds = take_turns(options, &runners, connections)?;
            for (place, (contender, ..)) in runners.iter().enumerate() {
                table.row(row(workload, contender.name, connections, place, &rounds));
            }
        }
    }
    for ((contender, server), idle) in contenders.iter().zip(&servers).zip(idle) {
        memory.row([contender.name.to_owned(), mebibytes(idle), mebibytes(server.resident())]);
    }
    Ok((table, memory))
}

/// Lets servers take turns on a call each, after a warm-up: what each did in every round.
fn take_turns(
    options: &Options,
    runners: &[(&Contender, &ServerProcess, &Call)],
    connections: usize,
) -> Result<Vec<Vec<Measured>>> {
    for (contender, server, call) in runners {
        let warm_up = Load { connections, duration: options.warm_up };
        load::run(server.address(), call, warm_up).with_context(|| contender.name)?;
    }
    let turn = Load { connections, duration: options.turn };
    let round = || {
        let turns = runners.iter().map(|(contender, server, call)| {
            load::run(server.address(), call, turn).with_context(|| contender.name)
        });
        turns.collect::<Result<Vec<_>>>()
    };
    (0..options.rounds).map(|_| round()).collect()
}

/// One contender on one workload: medians over the rounds, ratios taken within each.
fn row(
    workload: &str,
    name: &str,
    connections: usize,
    place: usize,
    rounds: &[Vec<Measured>],
) -> [String; 9] {
    let own: Vec<&Measured> = rounds.iter().filter_map(|round| round.get(place)).collect();
    let of_rounds =
        |figure: fn(&Measured) -> f64| median(&own.iter().map(|round| figure(round)).collect::<Vec<_>>());
    let ratios = rounds.iter().filter_map(|round| Some(round.get(place)?.rate() / round.first()?.rate()));
    [
        workload.to_owned(),
        name.to_owned(),
        connections.to_string(),
        format!("{:.0}", of_rounds(Measured::rate)),
        millis(of_rounds(|round| round.latency(0.50))),
        millis(of_rounds(|round| round.latency(0.95))),
        millis(of_rounds(|round| round.latency(0.99))),
        format!("{:.2}", median(&ratios.collect::<Vec<_>>())),
        own.iter().map(|round| round.calls()).sum::<usize>().to_string(),
    ]
}

fn millis(seconds: f64) -> String {
    format!("{:.2}", seconds * 1000.0)
}

fn mebibytes(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "?".to_owned(), |bytes| format!("{:.1}", bytes as f64 / (1024.0 * 1024.0)))
}

/// Copies a project, so that measuring leaves no database behind.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("can't read {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
