//! Calls that take more than one request: results in parts, tasks, and questions.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::caller::{Caller, expect};
use super::request::Request;

/// Rows of the long result, and of each part that is shown.
const ROWS: u64 = 1000;
const PART: u64 = 250;

/// Longest time that a task may take, in polls, and how long it is between two.
const POLLS: u32 = 2000;
const POLL: Duration = Duration::from_millis(30);

/// Reads a result in parts, to its end or not, and sometimes the whole of it as a file.
pub(super) async fn parts(caller: &mut Caller) -> Result<()> {
    let base = caller.dice.below(1_000_000);
    let wanted = 1 + caller.dice.below(ROWS / PART);
    let mut cursor = Value::Null;
    for part in 0..wanted {
        let arguments = json!({ "base": base, "cursor": cursor });
        let request = Request::call("paged", &arguments, &caller.token.clone());
        let answer = caller.ask(&request).await?;
        caller.ground.tally.recorded("tool:paged");
        let rows = answer.pointer("/result/structuredContent/result").and_then(Value::as_array);
        ensure!(rows.is_some_and(|rows| rows.len() as u64 == PART), "WRONG ANSWER: {part}: {answer}");
        for (place, row) in [(0, part * PART), (PART - 1, (part + 1) * PART - 1)] {
            let expected = json!({ "id": base + row, "who": caller.person.id, "text": format!("row {row}") });
            expect(&answer, &format!("/result/structuredContent/result/{place}"), &expected)?;
        }
        caller.ground.tally.answered("result in parts", caller.sent());
        let meta = answer.pointer("/result/_meta/io.mxcp~1result").context("what is shown")?;
        if part == 0 && caller.dice.below(4) == 0 {
            let uri = meta.pointer("/export/uri").and_then(Value::as_str).context("a link")?.to_owned();
            whole(caller, &uri, base).await?;
        }
        cursor = meta.get("nextCursor").cloned().unwrap_or_default();
    }
    Ok(())
}

/// Reads a complete result.
async fn whole(caller: &mut Caller, uri: &str, base: u64) -> Result<()> {
    let request = Request::alone("resources/read", json!({ "uri": uri }), &caller.token.clone());
    let result = caller.result(&request).await?;
    caller.ground.tally.recorded("resource:mxcp://results/");
    let text = result.pointer("/contents/0/text").and_then(Value::as_str).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let last = format!("{},{},row {}", base + ROWS - 1, caller.person.id, ROWS - 1);
    ensure!(
        lines.len() as u64 == ROWS + 1 && lines.last() == Some(&last.as_str()),
        "WRONG ANSWER: {} lines, the last is {:?}",
        lines.len(),
        lines.last()
    );
    caller.ground.tally.answered("complete result", caller.sent());
    Ok(())
}

/// Has a call run as a task, and looks after it or takes it back.
pub(super) async fn task(caller: &mut Caller) -> Result<()> {
    let n = caller.dice.below(1_000_000);
    let token = caller.token.clone();
    let capable = json!({ "io.modelcontextprotocol/clientCapabilities": { "extensions": { "io.modelcontextprotocol/tasks": {} } } });
    let params = json!({ "name": "job", "arguments": { "n": n }, "_meta": capable });
    let begun = caller.result(&Request::alone("tools/call", params, &token)).await?;
    let Some(id) = begun.get("taskId").and_then(Value::as_str) else {
        caller.ground.tally.perhaps_recorded("tool:job");
        anyhow::bail!("no task: {begun}");
    };
    let about = json!({ "taskId": id, "_meta": capable });
    let taken_back = caller.dice.below(5) == 0;
    if taken_back {
        caller.result(&Request::alone("tasks/cancel", about.clone(), &token)).await?;
    }
    for _ in 0..POLLS {
        let task = caller.result(&Request::alone("tasks/get", about.clone(), &token)).await?;
        match task.get("status").and_then(Value::as_str) {
            Some("working") => sleep(POLL).await,
            Some("cancelled") if taken_back => {
                caller.ground.tally.recorded("tool:job");
                caller.ground.tally.right("task taken back");
                return Ok(());
            }
            // What is taken back may have ended already.
            Some("completed") => {
                let who = json!(caller.person.id);
                caller.ground.tally.recorded("tool:job");
                let expected = json!({ "n": n, "who": who, "by_sql": who });
                expect(&task, "/result/structuredContent", &expected)?;
                caller.ground.tally.right("task");
                return Ok(());
            }
            _ => break,
        }
    }
    anyhow::bail!("the task {id} did not end well")
}

/// Is asked for a word, gives one, and has it back.
pub(super) async fn question(caller: &mut Caller) -> Result<()> {
    let word = format!("word{}", caller.dice.below(1_000_000));
    let token = caller.token.clone();
    let capable = json!({ "io.modelcontextprotocol/clientCapabilities": { "elicitation": {} } });
    let mut params = json!({ "name": "asks", "arguments": {}, "_meta": capable });
    let asked = caller.result(&Request::alone("tools/call", params.clone(), &token)).await?;
    caller.ground.tally.perhaps_recorded("tool:asks");
    expect(&asked, "/inputRequests/word/params/message", &json!("Which word?"))?;
    if caller.dice.below(10) == 0 {
        caller.ground.tally.right("question left open");
        return Ok(());
    }
    if let Value::Object(params) = &mut params {
        params.insert("requestState".to_owned(), asked.get("requestState").cloned().unwrap_or_default());
        let answers = json!({ "word": { "action": "accept", "content": { "word": word } } });
        params.insert("inputResponses".to_owned(), answers);
    }
    let answer = caller.ask(&Request::alone("tools/call", params, &token)).await?;
    caller.ground.tally.recorded("tool:asks");
    let expected = json!({ "word": word, "who": caller.person.id });
    expect(&answer, "/result/structuredContent", &expected)?;
    caller.ground.tally.answered("question answered", caller.sent());
    Ok(())
}
