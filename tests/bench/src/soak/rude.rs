//! Clients that should not be there: nonsense, too much of everything, halves of requests, tokens that are not good, and floods.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use serde_json::json;

use super::ground::{Dice, Ground};
use super::person::Person;
use super::request::{Request, post};
use super::wire::Wire;

/// How many connections there may be at once, and by how many a flood exceeds them.
pub(super) const CONNECTIONS: usize = 200;
const BEYOND: usize = 40;

/// How long a flood lasts, and how long it is to the next one.
const FLOOD: Duration = Duration::from_secs(2);
const CALM: Duration = Duration::from_secs(90);

/// Is rude in one way after the other.
pub(super) async fn run(ground: Arc<Ground>, number: usize) {
    let mut dice = Dice::new(number as u64 + 5000);
    let mut way = number as u64;
    while !ground.is_over() {
        way += 1;
        if let Err(error) = rude(&ground, way, &mut dice).await
            && !ground.flooded.load(Ordering::SeqCst)
        {
            ground.tally.failed(&format!("rude way {}", way % WAYS), &error);
        }
        ground.rest(dice.millis(50, 300)).await;
    }
}

/// How many ways there are.
const WAYS: u64 = 16;

async fn rude(ground: &Ground, way: u64, dice: &mut Dice) -> Result<()> {
    let address = ground.address;
    let token = ground.token(&Person::of(0))?;
    let authorization = format!("Authorization: Bearer {token}\r\n");
    let good = Request::call("read", &json!({ "n": 1 }), &token).bytes(address);
    let (name, request, expected): (&str, Vec<u8>, &[u16]) = match way % WAYS {
        0 => ("nonsense", (0..500).map(|_| dice.below(256) as u8).chain(*b"\r\n\r\n").collect(), &[400]),
        1 => {
            let head =
                format!("GET /mcp HTTP/1.1\r\nHost: {address}\r\nX-Long: {}\r\n\r\n", "x".repeat(100_000));
            ("huge head", head.into_bytes(), &[431])
        }
        2 => {
            let many: String = (0..150).map(|number| format!("X-{number}: 1\r\n")).collect();
            ("many headers", post(address, &many, "{}"), &[431])
        }
        3 => {
            let head = format!("{authorization}Content-Type: application/json\r\n");
            let text =
                format!("POST /mcp HTTP/1.1\r\nHost: {address}\r\n{head}Content-Length: 99999999999\r\n\r\n");
            ("huge body announced", text.into_bytes(), &[413])
        }
        4 => {
            let body = format!("{{\"jsonrpc\": \"{}\"}}", "x".repeat(20 << 20));
            ("huge body", post(address, &authorization, &body), &[413])
        }
        5 => ("no JSON", post(address, &authorization, "{\"jsonrpc\": "), &[400]),
        6 => ("no JSON-RPC", post(address, &authorization, "[1, 2, 3]"), &[400, 415, 422]),
        7 => {
            let request = Request::alone("tools/destroy", json!({}), &token);
            ("unknown method", request.bytes(address), &[200, 400, 404])
        }
        8 => ("no token", Request::call("read", &json!({}), "").bytes(address), &[401]),
        9 => {
            let forged = ground.provider.forged("person0", &format!("key-{}", dice.below(5)))?;
            ("forged token", Request::call("read", &json!({}), &forged).bytes(address), &[401])
        }
        10 => {
            let changes = json!({ "exp": 1_000_000_000 });
            let expired = ground.provider.token("person0", &changes)?;
            ("expired token", Request::call("read", &json!({}), &expired).bytes(address), &[401])
        }
        11 => {
            let other = ground.provider.token("person0", &json!({ "aud": "somebody else" }))?;
            ("token for another", Request::call("read", &json!({}), &other).bytes(address), &[401])
        }
        12 => {
            let text = format!("GET /secret HTTP/1.1\r\nHost: {address}\r\n{authorization}\r\n");
            ("unknown path", text.into_bytes(), &[404])
        }
        13 => {
            let half = good.get(..dice.below(good.len() as u64) as usize).unwrap_or_default();
            return halved(ground, half, Duration::ZERO, "half a request").await;
        }
        14 => {
            let half = good.get(..good.len() - 10).unwrap_or_default();
            return halved(ground, half, Duration::from_secs(3), "half a request, and silence").await;
        }
        _ => {
            let text = format!(
                "POST /mcp HTTP/1.1\r\nHost: {address}\r\n{authorization}Content-Type: application/json\r\n\
                 Accept: application/json, text/event-stream\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            );
            ("a request with two ends", text.into_bytes(), &[400])
        }
    };
    let mut wire = Wire::connect(address).await?;
    // A server that has read enough closes before the rest is written.
    let _written = wire.send(&request).await;
    match wire.answer().await {
        Ok(answer) if answer.turned_away() => bail!("turned away"),
        Ok(answer) => ensure!(expected.contains(&answer.status), "{name}: {} {}", answer.status, answer.body),
        // It may have been closed before the answer could be read.
        Err(_) if name.starts_with("huge") => {}
        Err(error) => return Err(error.context(name)),
    }
    ground.tally.right(&format!("refused: {name}"));
    Ok(())
}

/// Sends a part of a request, waits, and hangs up.
async fn halved(ground: &Ground, half: &[u8], wait: Duration, name: &str) -> Result<()> {
    let mut wire = Wire::connect(ground.address).await?;
    wire.send(half).await?;
    ground.rest(wait).await;
    ground.tally.right(name);
    Ok(())
}

/// Opens more connections than there may be, for a moment, now and then.
pub(super) async fn flood(ground: Arc<Ground>) {
    loop {
        ground.rest(CALM).await;
        if ground.is_over() {
            return;
        }
        ground.flooded.store(true, Ordering::SeqCst);
        let mut wires = Vec::new();
        for _ in 0..CONNECTIONS + BEYOND {
            match Wire::connect(ground.address).await {
                Ok(wire) => wires.push(wire),
                Err(error) => ground.tally.failed("flood", &error),
            }
        }
        tokio::time::sleep(FLOOD).await;
        drop(wires);
        ground.tally.right("flood of connections");
        // Whoever was turned away during it knows why.
        tokio::time::sleep(2 * FLOOD).await;
        ground.flooded.store(false, Ordering::SeqCst);
    }
}
