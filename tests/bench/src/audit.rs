//! The audit log: what recording costs calls, and how fast a long log is filtered and verified.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::contender::{Contender, contenders};
use crate::options::Options;
use crate::table::Table;
use crate::{copy_folder, measure_calls};

/// Records in a segment: about 50 MB, as servers write them.
const SEGMENT: u64 = 60_000;
/// How long the log goes back.
const HOURS: i64 = 24;
/// Tools whose calls are in it.
const TOOLS: u64 = 20;

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

    let mut table = Table::new(&["command", "seconds", "MB/s"]);
    // What the server has just written is a whole chain.
    let (seconds, written) = time(options, &audited, &["log", "verify", "--json"])?;
    let bytes = serde_json::from_slice::<serde_json::Value>(&written)?
        .pointer("/result/bytes")
        .and_then(serde_json::Value::as_f64)
        .unwrap_or(0.0);
    table.row(["log verify".to_owned(), format!("{seconds:.2}"), format!("{:.0}", bytes / seconds / 1e6)]);
    fs::remove_dir_all(audited.join("audit"))?;

    eprintln!("a log of {records} records");
    let bytes = write(&audited.join("audit"), records)?;
    for filter in
        [&["--tool", "tool_07", "--since", "1h"][..], &["--tool", "tool_07"], &["--user", "nobody"], &[]]
    {
        let words: Vec<_> = ["log", "--json"].iter().chain(filter).copied().collect();
        let (seconds, found) = time(options, &audited, &words)?;
        let found: serde_json::Value = serde_json::from_slice(&found)?;
        let expected = if filter.contains(&"nobody") { 0 } else { 100 };
        let count = found.pointer("/result/count").and_then(serde_json::Value::as_u64);
        ensure!(count == Some(expected), "{filter:?}: {count:?}");
        table.row([words.join(" "), format!("{seconds:.2}"), format!("{:.0}", bytes as f64 / seconds / 1e6)]);
    }
    println!("a log of {records} records, {} MB\n\n{table}", bytes / 1_000_000);
    Ok(())
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

/// Writes the log of a day: segments as servers leave them, but for the chain. Gives how many bytes they are.
fn write(folder: &Path, records: u64) -> Result<u64> {
    fs::create_dir_all(folder)?;
    let (end, mut written, mut bytes) = (Utc::now(), 0, 0);
    let step = TimeDelta::hours(HOURS) / i32::try_from(records.max(1)).context("so many records")?;
    let at = |number: u64| -> Result<DateTime<Utc>> {
        Ok(end - step * i32::try_from(records - number).context("so many records")?)
    };
    while written < records {
        let (first, last) = (written, (written + SEGMENT).min(records));
        let name = format!("logs-default-{}-{first}", at(first)?.format("%Y%m%dT%H%M%S"));
        let path = folder.join(format!("{name}.jsonl"));
        let mut out = BufWriter::new(File::create(&path)?);
        let mut line = String::new();
        while written < last {
            line.clear();
            record(&mut line, written, at(written)?)?;
            out.write_all(line.as_bytes())?;
            bytes += line.len() as u64;
            written += 1;
        }
        out.flush()?;
        let head = json!({
            "head": {
                "segment": format!("{name}.jsonl"), "state": "closed", "records": last - first, "bytes": 0,
                "follows": "", "hash": "", "oldest": at(first)?, "newest": at(last - 1)?, "signed_at": end,
            },
            "public_key": "", "signature": "",
        });
        fs::write(folder.join(format!("{name}.head")), head.to_string())?;
    }
    Ok(bytes)
}

fn record(line: &mut String, number: u64, time: DateTime<Utc>) -> Result<()> {
    let (tool, time) = (number % TOOLS, time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true));
    let digest = "0123456789abcdef".repeat(4);
    writeln!(
        line,
        r#"{{"schema_name":"mxcp.endpoints","schema_version":2,"record_id":"{number:08x}-0000-4000-8000-000000000000","timestamp":"{time}","operation_type":"tool","operation_name":"tool_{tool:02}","operation_status":"success","duration_ms":3,"caller_type":"http","user_id":"user-{}","session_id":null,"trace_id":null,"input_data":{{"n":{number}}},"output_data":{{"answer":{number},"text":"what the tool had to say"}},"error":null,"policies_evaluated":["input[0]: user.role != 'admin'"],"policy_decision":"allow","policy_reason":null,"business_context":{{"operation_type":"tool","operation_name":"tool_{tool:02}","operation_status":"success","policy_decision":"allow"}},"execution_events":[],"request_id":"{number}","definition_digest":"sha256:{digest}","policy_digest":"sha256:{digest}","policy_errors":[],"input_tokens":3,"output_tokens":12,"output_bytes":48,"prev_hash":"{digest}","record_hash":"{digest}","signature":null}}"#,
        number % 1000
    )?;
    Ok(())
}
