//! Mixed calls for a long time: every answer is compared with what its caller alone can get, and memory is watched.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::json;

use crate::client::Client;
use crate::contender::{Call, Contender, tool_call};
use crate::process::ServerProcess;
use crate::table::Table;

/// How many call at once.
const CONNECTIONS: usize = 16;

/// The tools that say whose call it was.
const TOOLS: [&str; 4] = ["mine", "mine_async", "mine_in_a_transaction", "mine_sql"];

/// One in so many calls asks for a reload.
const RELOAD_EVERY: u64 = 2_000;

/// Calls a server for so long. A wrong answer, or none, is an error. Gives the calls made, and the memory over time.
pub(crate) fn run(contender: &Contender, duration: Duration) -> Result<(u64, Table)> {
    let server = ServerProcess::start(contender)?;
    let made = Arc::<AtomicU64>::default();
    let mut table = Table::new(&["server", "second", "calls", "resident MiB"]);
    let begin = Instant::now();
    let deadline = begin + duration;
    let calling: Vec<_> = (0..CONNECTIONS)
        .map(|caller| {
            let (address, made) = (server.address(), Arc::clone(&made));
            std::thread::spawn(move || call_until(address, caller, deadline, &made))
        })
        .collect();
    let mut next = Duration::ZERO;
    while !calling.iter().all(JoinHandle::is_finished) {
        if begin.elapsed() >= next {
            table.row([
                contender.name.to_owned(),
                format!("{:.0}", begin.elapsed().as_secs_f64()),
                made.load(Ordering::Relaxed).to_string(),
                server.resident_of_all().map_or("-".to_owned(), |bytes| format!("{:.1}", mebibytes(bytes))),
            ]);
            next += duration / 12;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    for caller in calling {
        caller.join().map_err(|_panic| anyhow::anyhow!("calling panicked"))??;
    }
    Ok((made.load(Ordering::Relaxed), table))
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}

/// Calls as one of two users, with a number that no other call has.
fn call_until(address: SocketAddr, caller: usize, deadline: Instant, made: &AtomicU64) -> Result<()> {
    let name = if caller.is_multiple_of(2) { "ann" } else { "bob" };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut number = caller;
        while Instant::now() < deadline {
            let calls: Vec<Call> = TOOLS.iter().map(|tool| call(tool, number, name)).collect();
            let first = calls.first().context("there are tools")?;
            let mut client = Client::connect(address, first).await?;
            // One connection for a while, then another one: both have to be right.
            for round in 0..100 {
                let call = calls.get(round % calls.len()).context("there are tools")?;
                client.switch(address, call);
                client.call().await.with_context(|| format!("{name}, {}", call.body))?;
                if made.fetch_add(1, Ordering::Relaxed) % RELOAD_EVERY == RELOAD_EVERY - 1 {
                    let refresh = call_of_reload();
                    Client::connect(address, &refresh).await?.call().await.context("refresh")?;
                }
            }
            number += CONNECTIONS;
        }
        Ok(())
    })
}

fn call(tool: &str, number: usize, name: &str) -> Call {
    let mine = json!([number.to_string(), name, name]);
    let expected = match tool {
        "mine_sql" => {
            ("/result/structuredContent", json!({"n": number.to_string(), "name": name, "caller": name}))
        }
        _ => ("/result/structuredContent/result", mine),
    };
    let mut call = tool_call(tool, &json!({"n": number}), vec![expected]);
    call.headers.push(("x-name", name.to_owned()));
    call
}

fn call_of_reload() -> Call {
    tool_call("refresh", &json!({}), vec![("/result/isError", json!(false))])
}
