//! Clients that take their time: they send a byte at a time, or read a little now and then.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::caller::expect;
use super::ground::{Dice, Ground};
use super::person::Person;
use super::request::Request;
use super::wire::Wire;

/// Rows of the answer that is read slowly: more than what the system keeps for a connection.
const ROWS: u64 = 15_000;

/// Is slow, over and over.
pub(super) async fn run(ground: Arc<Ground>, number: usize) {
    let mut dice = Dice::new(number as u64 + 4000);
    while !ground.is_over() {
        let sends = dice.below(3) != 0;
        let outcome = match sends {
            true => sends_slowly(&ground, number, &mut dice).await,
            false => reads_slowly(&ground, number, &mut dice).await,
        };
        if let Err(error) = outcome
            && !ground.flooded.load(Ordering::SeqCst)
        {
            ground.tally.failed(&format!("person{number}, slow"), &error);
        }
        ground.rest(dice.millis(500, 2000)).await;
    }
}

async fn sends_slowly(ground: &Ground, number: usize, dice: &mut Dice) -> Result<()> {
    let person = Person::of(number);
    let token = ground.token(&person)?;
    let n = dice.below(1_000_000);
    let request = Request::call("read", &json!({ "n": n }), &token).bytes(ground.address);
    let mut wire = Wire::connect(ground.address).await?;
    for byte in request {
        wire.send(&[byte]).await?;
        sleep(Duration::from_millis(8)).await;
    }
    let answer = wire.answer().await?;
    ensure!(!answer.turned_away(), "turned away");
    let answer = answer.message(1)?;
    ground.tally.recorded("tool:read");
    expect(&answer, "/result/structuredContent", &json!({ "doubled": 2 * n, "who": person.id }))?;
    ground.tally.right("sent a byte at a time");
    Ok(())
}

async fn reads_slowly(ground: &Ground, number: usize, dice: &mut Dice) -> Result<()> {
    let person = Person::of(number);
    let token = ground.token(&person)?;
    let mut wire = Wire::connect(ground.address).await?;
    wire.send(&Request::call("listing", &json!({ "rows": ROWS }), &token).bytes(ground.address)).await?;
    // Not all of them stay to the end.
    let stays = dice.below(3) != 0;
    ground.tally.perhaps_recorded("tool:listing");
    for _ in 0..100 {
        wire.sip(8 * 1024).await?;
        sleep(Duration::from_millis(50)).await;
    }
    if stays {
        let answer = wire.answer().await?.message(1)?;
        let rows = answer.pointer("/result/structuredContent/result").and_then(Value::as_array);
        ensure!(rows.is_some_and(|rows| rows.len() as u64 == ROWS), "WRONG ANSWER: not {ROWS} rows");
        let last = format!("/result/structuredContent/result/{}/who", ROWS - 1);
        expect(&answer, &last, &json!(person.id))?;
        ground.tally.right("read slowly");
    } else {
        ground.tally.right("left while reading");
    }
    Ok(())
}
