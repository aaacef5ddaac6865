//! Tools in Python: calls, coroutines that rest, and functions of plug-ins.

mod mixed;

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::client::Client;
use crate::contender::{Call, python_contenders, tool_call};
use crate::options::Options;
use crate::process::ServerProcess;
use crate::sample::median;
use crate::table::Table;
use crate::{copy_folder, measure_calls};

/// Coroutines that rest at the same time, and for how long.
const RESTING: usize = 64;
const MILLISECONDS: u64 = 100;

/// Rows that functions are computed for.
const ROWS: u64 = 1_000_000;

/// Measures Python in place of SQL; `package` is the folder of the package.
pub(crate) fn run(options: &Options, package: &Path, scratch: &Path) -> Result<()> {
    let contenders = python_contenders(options, package, scratch);
    // Each with a project of its own, since a database has one process only that writes.
    for contender in &contenders {
        copy_folder(&options.workspace.join("tests/bench/python/project"), &contender.folder)?;
    }
    let own = || contenders.iter().filter(|contender| contender.name.starts_with("mxcp"));
    if let Some(duration) = options.soak {
        for contender in own() {
            let (calls, table) = mixed::run(contender, duration).with_context(|| contender.name)?;
            println!(
                "{}: {calls} mixed calls, every answer that of its caller, with reloads between\n\n{table}",
                contender.name
            );
        }
        return Ok(());
    }
    let mut rest = Table::new(&["server", "ms (median)"]);
    let mut functions = Table::new(&["functions of", "integers, ms", "texts, ms"]);
    for contender in own() {
        eprintln!("{}: coroutines and functions", contender.name);
        let server = ServerProcess::start(contender)?;
        let times: Vec<f64> =
            (0..options.rounds.max(3)).map(|_| resting(server.address())).collect::<Result<_>>()?;
        rest.row([contender.name.to_owned(), format!("{:.0}", median(&times) * 1000.0)]);
        functions.row(row(contender.name, &computed(server.address())?)?);
    }
    if let Some(python) = &options.duckdb {
        functions.row(row("the package duckdb, create_function", &floor(python, &options.workspace)?)?);
    }
    let (calls, memory) = measure_calls(options, &contenders)?;
    let (rounds, turn) = (options.rounds, options.turn);
    println!(
        "\ncalls over HTTP: medians of {rounds} rounds of {turn:?} each; every answer was checked\n\n{calls}"
    );
    println!("resident memory, without worker processes\n\n{memory}");
    println!("{RESTING} coroutines that rest for {MILLISECONDS} ms, all done after\n\n{rest}");
    println!("a function of a plug-in over {ROWS} rows, best of five\n\n{functions}");
    Ok(())
}

/// Seconds until calls of many connections at once have all been answered.
fn resting(address: SocketAddr) -> Result<f64> {
    let expected = vec![("/result/structuredContent/result", json!(MILLISECONDS))];
    let call: &'static Call =
        Box::leak(Box::new(tool_call("rest", &json!({"milliseconds": MILLISECONDS}), expected)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let barrier = std::sync::Arc::new(Barrier::new(RESTING + 1));
        let mut calls = JoinSet::new();
        for _ in 0..RESTING {
            let barrier = std::sync::Arc::clone(&barrier);
            calls.spawn(async move {
                let mut client = Client::connect(address, call).await?;
                barrier.wait().await;
                client.call().await
            });
        }
        barrier.wait().await;
        let begin = Instant::now();
        while let Some(called) = calls.join_next().await {
            called??;
        }
        Ok(begin.elapsed().as_secs_f64())
    })
}

/// What the tool says that computing took.
fn computed(address: SocketAddr) -> Result<Value> {
    let call = tool_call("functions", &json!({"rows": ROWS}), vec![("/result/isError", json!(false))]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(async { Client::connect(address, &call).await?.answer().await })?;
    answer.pointer("/result/structuredContent").cloned().context("the tool says nothing")
}

/// What the same takes in the package `duckdb`.
fn floor(python: &Path, workspace: &Path) -> Result<Value> {
    let script = workspace.join("tests/bench/python/project/floor/functions.py");
    let output = Command::new(python).arg(script).arg(ROWS.to_string()).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn row(name: &str, times: &Value) -> Result<[String; 3]> {
    let time = |name: &str| times.get(name).and_then(Value::as_f64).with_context(|| format!("{times}"));
    Ok([name.to_owned(), format!("{:.0}", time("twice")?), format!("{:.0}", time("shout")?)])
}
