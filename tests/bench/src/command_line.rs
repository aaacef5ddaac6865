//! What one command costs, from start to end.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::large::{self, Size};
use crate::options::Options;
use crate::sample::{least, median};
use crate::table::Table;

/// Endpoints of the projects that show how the time to load grows.
const SIZES: &[usize] = &[10, 100, 1_000, 3_000, 10_000];

/// Runs the commands whose start matters.
pub(crate) fn measure(options: &Options, scratch: &Path, project: &Path, large: &Path) -> Result<Table> {
    let mut table = Table::new(&["command", "min ms", "median ms"]);
    let mxcp = options.binaries.join("mxcp");
    let mut time =
        |name: &str, folder: &Path, arguments: &[&str], check: &dyn Fn(&str) -> bool| -> Result<()> {
            let mut times = Vec::with_capacity(options.runs);
            for _ in 0..options.runs {
                let mut command = Command::new(&mxcp);
                command.args(arguments).current_dir(folder).stdin(Stdio::null()).stderr(Stdio::inherit());
                let begin = Instant::now();
                let output = command.output().with_context(|| format!("can't start {}", mxcp.display()))?;
                times.push(begin.elapsed().as_secs_f64());
                let text = String::from_utf8_lossy(&output.stdout);
                if !output.status.success() || !check(&text) {
                    bail!("`{name}` gave ({}): {text}", output.status);
                }
            }
            let figure = |seconds: f64| format!("{:.2}", seconds * 1000.0);
            table.row([name.to_owned(), figure(least(&times)), figure(median(&times))]);
            Ok(())
        };
    time("mxcp --version", scratch, &["--version"], &|text| !text.is_empty())?;
    let endpoints = Size::LARGE.endpoints();
    time("mxcp list, 1,300 endpoints", large, &["list", "--json-output"], &|text| {
        length(text, "/result/endpoints") == Some(endpoints)
    })?;
    time("mxcp validate, 1,300 endpoints", large, &["validate", "--json-output"], &|text| {
        at(text, "/result/status") == Some(json!("ok"))
            && length(text, "/result/validated") == Some(endpoints)
    })?;
    let call = ["run", "tool", "answer", "--param", "n=41", "--json-output"];
    time("mxcp run, a trivial tool", project, &call, &|text| at(text, "/result") == Some(json!(42)))?;
    Ok(table)
}

/// How the time of `list` grows with the number of endpoints: the least of several runs, as only that is the command's
/// own.
pub(crate) fn growth(options: &Options, scratch: &Path) -> Result<Table> {
    let mut table = Table::new(&["endpoints", "list ms (min)", "ms per 1,000 endpoints"]);
    for &endpoints in SIZES {
        let folder = scratch.join(format!("sized-{endpoints}"));
        large::write(&folder, Size::about(endpoints))?;
        let mut times = Vec::new();
        for _ in 0..options.runs.min(10) {
            let mut command = Command::new(options.binaries.join("mxcp"));
            command.args(["list", "--json-output"]).current_dir(&folder).stdin(Stdio::null());
            let begin = Instant::now();
            let output = command.output()?;
            times.push(begin.elapsed().as_secs_f64() * 1000.0);
            if length(&String::from_utf8_lossy(&output.stdout), "/result/endpoints") != Some(endpoints) {
                bail!(
                    "`mxcp list` of {endpoints} endpoints gave {}",
                    String::from_utf8_lossy(&output.stderr)
                );
            }
        }
        let own = least(&times);
        let per_thousand = own * 1000.0 / endpoints as f64;
        table.row([endpoints.to_string(), format!("{own:.2}"), format!("{per_thousand:.2}")]);
    }
    Ok(table)
}

fn length(text: &str, pointer: &str) -> Option<usize> {
    Some(at(text, pointer)?.as_array()?.len())
}

fn at(text: &str, pointer: &str) -> Option<Value> {
    serde_json::from_str::<Value>(text).ok()?.pointer(pointer).cloned()
}
