//! Clients that hang up while their call runs.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Result;
use serde_json::{Value, json};

use super::ground::{Dice, Ground};
use super::person::Person;
use super::request::Request;
use super::wire::Wire;

/// Begins calls and leaves, over and over.
pub(super) async fn run(ground: Arc<Ground>, number: usize) {
    let mut dice = Dice::new(number as u64 + 3000);
    while !ground.is_over() {
        if let Err(error) = leave(&ground, number, &mut dice).await
            && !ground.flooded.load(Ordering::SeqCst)
        {
            ground.tally.failed(&format!("person{number}, leaving"), &error);
        }
        ground.rest(dice.millis(300, 1200)).await;
    }
}

async fn leave(ground: &Ground, number: usize, dice: &mut Dice) -> Result<()> {
    let token = ground.token(&Person::of(number))?;
    let rests = json!({ "seconds": 15 });
    let calls: [(&str, Value); 6] = [
        ("endless", json!({})),
        ("rests", rests.clone()),
        ("rests_async", rests),
        ("spins", json!({})),
        ("listing", json!({ "rows": 5_000 })),
        ("mine", json!({ "n": 1 })),
    ];
    let Some((tool, arguments)) = calls.get(dice.below(calls.len() as u64) as usize) else { return Ok(()) };
    let mut wire = Wire::connect(ground.address).await?;
    wire.send(&Request::call(tool, arguments, &token).bytes(ground.address)).await?;
    ground.tally.perhaps_recorded(&format!("tool:{tool}"));
    tokio::time::sleep(dice.millis(1, 150)).await;
    drop(wire);
    ground.tally.right("left during a call");
    Ok(())
}
