//! What one command costs, from start to end.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::options::Options;
use crate::sample::{least, median};
use crate::table::Table;

/// Tools of the large project.
const TOOLS: usize = 1000;

/// Runs the commands whose start matters.
pub(crate) fn measure(options: &Options, scratch: &Path, project: &Path) -> Result<Table> {
    let large = scratch.join("large");
    write_large_project(&large)?;
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
    time("mxcp list, 1,000 tools", &large, &["list", "--json-output"], &|text| {
        at(text, "/result/endpoints").and_then(|list| Some(list.as_array()?.len())) == Some(TOOLS)
    })?;
    let call = ["run", "tool", "answer", "--param", "n=41", "--json-output"];
    time("mxcp run, a trivial tool", project, &call, &|text| at(text, "/result") == Some(json!(42)))?;
    Ok(table)
}

fn at(text: &str, pointer: &str) -> Option<Value> {
    serde_json::from_str::<Value>(text).ok()?.pointer(pointer).cloned()
}

fn write_large_project(folder: &Path) -> Result<()> {
    let tools = folder.join("tools");
    fs::create_dir_all(&tools)?;
    fs::write(folder.join("mxcp-site.yml"), "mxcp: 1\nproject: large\nprofile: default\n")?;
    for number in 0..TOOLS {
        let text = format!(
            "mxcp: 1\ntool:\n  name: tool_{number:04}\n  description: Tool {number} of many\n  tags: [many]\n  \
             annotations: {{readOnlyHint: true}}\n  parameters:\n    \
             - {{name: region, type: string, description: A region, enum: [north, south], default: north}}\n    \
             - {{name: amount, type: integer, description: An amount, minimum: 1, maximum: 100}}\n  return:\n    \
             type: object\n    description: What was found\n    properties:\n      \
             region: {{type: string, description: The region}}\n      \
             total: {{type: integer, description: The total}}\n  source:\n    \
             code: SELECT $region AS region, $amount + {number} AS total\n"
        );
        fs::write(tools.join(format!("tool_{number:04}.yml")), text)?;
    }
    Ok(())
}
