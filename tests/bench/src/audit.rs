//! The audit log: what recording costs calls, and how fast a long log is filtered and verified.

mod long;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, ensure};
use chrono::TimeDelta;

use self::long::LongLog;
use crate::contender::{Contender, contenders};
use crate::options::Options;
use crate::table::Table;
use crate::{copy_folder, measure_calls};

/// How long the log goes back.
const HOURS: i64 = 24;

/// Measures auditing in place of SQL; `records` is the length of the log that is filtered.
pub(crate) fn run(options: &Options, records: u64, scratch: &Path) -> Result<()> {
    // Each with a project of its own, since a database has one process only that writes.
    let audited = scratch.join("audited");
    copy_folder(&options.workspace.join("tests/bench/project"), &audited)?;
    let project = scratch.join("project");
    // The one that is traced is left out, wherever it would send to.
    let mut own = contenders(options, &project, (&project, ""));
    own.retain(|contender| contender.name == "mxcp serve");
    let with = own.iter().map(|plain| Contender {
        name: "mxcp serve, audited",
        program: plain.program.clone(),
        arguments: plain.arguments.clone(),
        variables: vec![("MXCP_AUDIT_ENABLED", "true".into())],
        folder: audited.clone(),
        calls: plain.calls.clone(),
    });
    let with: Vec<_> = with.collect();
    own.extend(with);
    let (calls, memory) = measure_calls(options, &own)?;
    println!("\nthe cost of auditing\n\n{calls}\n{memory}");

    fs::remove_dir_all(audited.join("audit"))?;
    eprintln!("a log of {records} records");
    let begun = Instant::now();
    let path = audited.join("audit/logs-default.jsonl");
    LongLog { path, records, span: TimeDelta::hours(HOURS) }.write()?;
    let seconds = begun.elapsed().as_secs_f64();
    let mut table = Table::new(&["command", "seconds", "MB/s"]);
    let megabytes = size(&audited.join("audit"))? as f64 / 1e6;
    let mut row = |what: String, seconds: f64| {
        table.row([what, format!("{seconds:.2}"), format!("{:.0}", megabytes / seconds)]);
    };
    row("(written)".to_owned(), seconds);
    let (seconds, verified) = time(options, &audited, &["log", "verify", "--json"])?;
    let verified: serde_json::Value = serde_json::from_slice(&verified)?;
    ensure!(verified.pointer("/result/records") == Some(&records.into()), "{verified}");
    row("log verify --json".to_owned(), seconds);
    for (filter, expected) in [
        (&["--tool", "tool_07", "--since", "1h"][..], 100),
        (&["--tool", "tool_99", "--since", "1h"], 0),
        (&["--tool", "tool_07"], 100),
        (&["--user", "nobody"], 0),
        (&[], 100),
    ] {
        let words: Vec<_> = ["log", "--json"].iter().chain(filter).copied().collect();
        let (seconds, found) = time(options, &audited, &words)?;
        let found: serde_json::Value = serde_json::from_slice(&found)?;
        let count = found.pointer("/result/count").and_then(serde_json::Value::as_u64);
        ensure!(count == Some(expected), "{filter:?}: {count:?}");
        row(words.join(" "), seconds);
    }
    println!("a log of {records} records, {megabytes:.0} MB\n\n{table}");
    Ok(())
}

/// How many bytes the files of a folder have.
fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}

/// Runs a command to its end: how long that takes, and what it prints.
fn time(options: &Options, folder: &Path, words: &[&str]) -> Result<(f64, Vec<u8>)> {
    let begun = Instant::now();
    let output = Command::new(options.binaries.join("mxcp"))
        .args(words)
        .current_dir(folder)
        .env("MXCP_AUDIT_ENABLED", "true")
        .output()?;
    ensure!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok((begun.elapsed().as_secs_f64(), output.stdout))
}
