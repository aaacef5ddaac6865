//! Results of many rows, and what they leave behind in memory.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::page::Page;
use crate::client::Client;
use crate::contender::{Contender, tool_call};
use crate::process::ServerProcess;

/// How many rows, and how often they are asked for.
const ROWS: usize = 100_000;
const TIMES: usize = 20;

/// Asks a server for many rows again and again, and watches its memory.
pub(super) fn measure(page: &mut Page, contender: &Contender) -> Result<()> {
    let server = ServerProcess::start(contender)?;
    let call = tool_call("rows", &json!({"count": ROWS}), vec![("/result/isError", json!(false))]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut after = Vec::with_capacity(TIMES);
    let mut bytes = 0;
    for _ in 0..TIMES {
        let answer: Value =
            runtime.block_on(async { Client::connect(server.address(), &call).await?.answer().await })?;
        let rows = answer.pointer("/result/structuredContent/result").and_then(Value::as_array);
        ensure!(rows.map(Vec::len) == Some(ROWS), "not all rows");
        bytes = answer.to_string().len();
        after.push(server.resident().context("no memory to be seen")?);
    }
    let mebibytes = |bytes: u64| bytes as f64 / (1024.0 * 1024.0);
    let (Some(first), Some(last)) = (after.first(), after.last()) else { return Ok(()) };
    let what = format!(
        "a result of {ROWS} rows ({} MB of JSON), {TIMES} times: MiB after the first, after the last, at most",
        bytes / 1_000_000
    );
    let most = server.most_resident().context("no memory to be seen")?;
    page.seen(&what, &format!("{:.0}, {:.0}, {:.0}", mebibytes(*first), mebibytes(*last), mebibytes(most)));
    Ok(())
}
