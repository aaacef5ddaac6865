//! Clients of before 2026-07-28: a handshake, a session, and its end, or none.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::caller::expect;
use super::ground::{Dice, Ground};
use super::person::Person;
use super::request::{OLD, Request};
use super::wire::Wire;

/// One in so many sessions is left open by its client, for so long. The server keeps it for an hour: if nobody ever closed any, there would be
/// more of them all the time.
const ABANDONED: u64 = 150;
const LEFT: Duration = Duration::from_secs(600);

/// A session that is open.
struct Session<'ground> {
    ground: &'ground Ground,
    person: Person,
    token: String,
    id: String,
    next: u64,
}

/// Opens sessions, uses them and closes them, one after the other.
pub(super) async fn run(ground: Arc<Ground>, number: usize) {
    let mut dice = Dice::new(number as u64 + 1000);
    let mut left = VecDeque::new();
    while !ground.is_over() {
        let outcome = async {
            if let Some((_, session)) = left.pop_front_if(|(since, _)| Instant::elapsed(since) > LEFT) {
                Session::end(session).await?;
            }
            if let Some(session) = one(&ground, number, &mut dice).await? {
                left.push_back((Instant::now(), session));
            }
            Ok(())
        };
        if let Err(error) = outcome.await {
            ground.tally.failed(&format!("person{number}, session"), &error);
        }
        ground.rest(dice.millis(200, 800)).await;
    }
}

/// Listens to what the server says on its own, for a while, as clients of both eras do.
pub(super) async fn listen(ground: Arc<Ground>, number: usize) {
    let mut dice = Dice::new(number as u64 + 2000);
    while !ground.is_over() {
        let old = dice.below(2) == 0;
        let time = dice.millis(1000, 20_000);
        let outcome = if old {
            listen_in_session(&ground, number, time).await
        } else {
            listen_alone(&ground, number, time).await
        };
        if let Err(error) = outcome {
            ground.tally.failed(&format!("person{number}, listening"), &error);
        }
        ground.rest(dice.millis(100, 1000)).await;
    }
}

/// A session, which is given if it is left open.
async fn one<'ground>(
    ground: &'ground Ground,
    number: usize,
    dice: &mut Dice,
) -> Result<Option<Session<'ground>>> {
    let mut session = Session::begin(ground, number).await?;
    for _ in 0..1 + dice.below(6) {
        let n = dice.below(1_000_000);
        let who = json!(session.person.id);
        match dice.below(4) {
            0 => {
                let expected = json!({ "doubled": 2 * n, "who": who });
                session.call("read", &json!({ "n": n }), &expected).await?;
            }
            1 => {
                let expected = json!({ "n": n, "who": who, "by_sql": who });
                session.call("mine_async", &json!({ "n": n }), &expected).await?;
            }
            2 if dice.below(10) == 0 => {
                session.question(&format!("word{n}"), false).await?;
                break;
            }
            2 => session.question(&format!("word{n}"), true).await?,
            _ => session.taken_back(dice).await?,
        }
    }
    if dice.below(ABANDONED) == 0 {
        ground.tally.right("session left open");
        return Ok(Some(session));
    }
    session.end().await?;
    ground.tally.right("session");
    Ok(None)
}

impl<'ground> Session<'ground> {
    async fn begin(ground: &'ground Ground, number: usize) -> Result<Self> {
        let person = Person::of(number);
        let token = ground.token(&person)?;
        let params = json!({
            "protocolVersion": OLD, "capabilities": { "elicitation": {} },
            "clientInfo": { "name": "soak", "version": "1" },
        });
        let begin =
            Request { method: "initialize", params, token: token.clone(), session: None, id: Some(1) };
        let answer = ground.once(&begin.bytes(ground.address)).await?;
        expect(&answer.message(1)?, "/result/protocolVersion", &json!(OLD))?;
        let id = answer.header("mcp-session-id").context("a session")?.to_owned();
        let session = Self { ground, person, token, id, next: 2 };
        session.tell("notifications/initialized", json!({})).await?;
        Ok(session)
    }

    fn request(&mut self, method: &'static str, params: Value) -> (u64, Vec<u8>) {
        let id = self.next;
        self.next += 1;
        let (token, session) = (self.token.clone(), Some(self.id.clone()));
        (id, Request { method, params, token, session, id: Some(id) }.bytes(self.ground.address))
    }

    /// Sends a notification.
    async fn tell(&self, method: &'static str, params: Value) -> Result<()> {
        let (token, session) = (self.token.clone(), Some(self.id.clone()));
        let request = Request { method, params, token, session, id: None };
        let answer = self.ground.once(&request.bytes(self.ground.address)).await?;
        ensure!(answer.status == 202, "{method}: {} {}", answer.status, answer.body);
        Ok(())
    }

    async fn call(&mut self, tool: &str, arguments: &Value, expected: &Value) -> Result<()> {
        let (id, request) = self.request("tools/call", json!({ "name": tool, "arguments": arguments }));
        let answer = self.ground.once(&request).await?.message(id)?;
        self.ground.tally.recorded(&format!("tool:{tool}"));
        expect(&answer, "/result/structuredContent", expected)?;
        self.ground.tally.right("call in a session");
        Ok(())
    }

    /// A call that asks: the question comes on its stream, the answer goes on another connection, if the client stays.
    async fn question(&mut self, word: &str, stays: bool) -> Result<()> {
        let (_, request) = self.request("tools/call", json!({ "name": "asks", "arguments": {} }));
        let (mut stream, status, head) = self.ground.open(&request).await?;
        ensure!(status == 200, "{head}");
        let question = stream.event().await?.context("a question")?;
        if question.get("method").is_none() || !stays {
            self.ground.tally.perhaps_recorded("tool:asks");
        }
        expect(&question, "/method", &json!("elicitation/create"))?;
        if !stays {
            self.ground.tally.right("question left open in a session");
            return Ok(());
        }
        let body = json!({
            "jsonrpc": "2.0", "id": question.get("id"),
            "result": { "action": "accept", "content": { "word": word } },
        });
        let headers = format!(
            "Authorization: Bearer {}\r\nMcp-Session-Id: {}\r\nMcp-Protocol-Version: {OLD}\r\n",
            self.token, self.id
        );
        let reply = super::request::post(self.ground.address, &headers, &body.to_string());
        let accepted = self.ground.once(&reply).await?;
        ensure!(accepted.status == 202, "{} {}", accepted.status, accepted.body);
        let answer = stream.event().await?.context("an answer")?;
        self.ground.tally.recorded("tool:asks");
        let expected = json!({ "word": word, "who": self.person.id });
        expect(&answer, "/result/structuredContent", &expected)?;
        self.ground.tally.right("question in a session");
        Ok(())
    }

    /// A call that the client takes back while it runs.
    async fn taken_back(&mut self, dice: &mut Dice) -> Result<()> {
        let tool = ["rests", "rests_async"].get(dice.below(2) as usize).copied().unwrap_or_default();
        let params = json!({ "name": tool, "arguments": { "seconds": 20 } });
        let (id, request) = self.request("tools/call", params);
        let mut wire = Wire::connect(self.ground.address).await?;
        if wire.send(&request).await.is_err() {
            return Ok(());
        }
        self.ground.tally.perhaps_recorded(&format!("tool:{tool}"));
        tokio::time::sleep(dice.millis(50, 300)).await;
        self.tell("notifications/cancelled", json!({ "requestId": id, "reason": "soak" })).await?;
        self.ground.tally.right("taken back in a session");
        Ok(())
    }

    async fn end(self) -> Result<()> {
        // That of its beginning may be too old by now.
        let token = self.ground.token(&self.person)?;
        let request = format!(
            "DELETE /mcp HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nMcp-Session-Id: {}\r\n\
             Mcp-Protocol-Version: {OLD}\r\nContent-Length: 0\r\n\r\n",
            self.ground.address, token, self.id
        );
        let answer = self.ground.once(request.as_bytes()).await?;
        ensure!((200..300).contains(&answer.status), "{} {}", answer.status, answer.body);
        Ok(())
    }
}

async fn listen_in_session(ground: &Ground, number: usize, time: Duration) -> Result<()> {
    let session = Session::begin(ground, number).await?;
    let request = format!(
        "GET /mcp HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nMcp-Session-Id: {}\r\n\
         Mcp-Protocol-Version: {OLD}\r\nAccept: text/event-stream\r\n\r\n",
        ground.address, session.token, session.id
    );
    let (stream, status, head) = ground.open(request.as_bytes()).await?;
    ensure!(status == 200, "{head}");
    hear(ground, stream, time).await?;
    session.end().await?;
    ground.tally.right("listened in a session");
    Ok(())
}

async fn listen_alone(ground: &Ground, number: usize, time: Duration) -> Result<()> {
    let token = ground.token(&Person::of(number))?;
    let params = json!({ "notifications": { "toolsListChanged": true } });
    let request = Request::alone("subscriptions/listen", params, &token);
    let (mut stream, status, head) = ground.open(&request.bytes(ground.address)).await?;
    ensure!(status == 200, "{head}");
    let first = stream.event().await?.context("an acknowledgement")?;
    expect(&first, "/method", &json!("notifications/subscriptions/acknowledged"))?;
    hear(ground, stream, time).await?;
    ground.tally.right("listened");
    Ok(())
}

/// Counts what is said, and hangs up after a while.
async fn hear(ground: &Ground, mut stream: Wire, time: Duration) -> Result<()> {
    let hear = async {
        while let Some(message) = stream.event().await? {
            if message.get("method") == Some(&json!("notifications/tools/list_changed")) {
                ground.tally.right("heard of a change");
            }
        }
        anyhow::bail!("the stream ended")
    };
    tokio::select! {
        heard = hear => heard,
        () = ground.rest(time) => Ok(()),
    }
}
