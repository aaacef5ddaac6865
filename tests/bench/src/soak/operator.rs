//! Whoever runs the server: edits, reloads in every way, broken edits, and looks into the audit log.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mxcp_test_support::client::Admin;
use mxcp_test_support::project::Project;
use serde_json::{Value, json};

use super::ground::Ground;
use super::person::Person;
use super::request::Request;
use super::served;
use super::wire::Wire;

/// How long it is between two things that are done.
const EVERY: Duration = Duration::from_secs(4);

/// Longest time until a signal shows.
const PATIENCE: Duration = Duration::from_secs(100);

/// A round that is never served, as what is broken comes with it.
const NEVER: u64 = u64::MAX / 4;

/// What breaks a project, each in its way.
const BROKEN: &[(&str, &str)] = &[
    ("tools/broken.yml", "mxcp: 1\ntool:\n  name: broken\n  source: {code: 'SELECT 1'\n"),
    ("tools/broken.yml", "mxcp: 1\ntool: {name: broken, sorce: {code: SELECT 1}}\n"),
    ("tools/broken.yml", "mxcp: 1\ntool: {name: read, source: {code: SELECT 1}}\n"),
    (
        "tools/broken.yml",
        "mxcp: 1\ntool: {name: broken, source: {file: ../components/nothing.wasm, export: x}}\n",
    ),
    (
        "tools/broken.yml",
        "mxcp: 1\ntool: {name: broken, source: {code: SELECT 1}, policies: {input: [{condition: 'user.', action: deny}]}}\n",
    ),
];

/// Works on the project of a server until everybody goes home.
pub(super) struct Operator<'server> {
    /// What is there for all.
    pub(super) ground: &'server Ground,
    /// The project.
    pub(super) project: &'server Project,
    /// The admin socket of its server.
    pub(super) admin: Admin,
    /// The server's process.
    pub(super) process: u32,
}

impl Operator<'_> {
    /// Does one thing after the other.
    pub(super) fn run(&self) {
        let mut turn = 0;
        while !self.ground.is_over() {
            turn += 1;
            let (what, done) = match turn % 30 {
                7 | 22 => ("mxcp log", self.look()),
                10 => ("reload with other Python", self.python(turn)),
                20 => ("database opened anew", self.refresh()),
                _ if turn % 5 == 0 => ("reload refused", self.broken(turn)),
                _ if turn % 5 == 2 => ("reload by a signal", self.by_signal()),
                _ => ("reload", self.by_admin()),
            };
            match done {
                Ok(()) => self.ground.tally.right(what),
                Err(error) => self.ground.tally.failed(what, &error),
            }
            let begun = Instant::now();
            while begun.elapsed() < EVERY && !self.ground.is_over() {
                thread::sleep(Duration::from_millis(100));
            }
        }
    }

    /// Writes the tool that changes anew.
    fn write(&self, round: u64) -> Result<()> {
        let text = format!(
            "mxcp: 1\ntool:\n  name: changing\n  description: Gives its round, {round}\n  return: {{type: integer}}\n  \
             source: {{code: SELECT {round} AS round}}\n"
        );
        // There all at once: a signal may come while it is written.
        self.project.file("changing.new", &text)?;
        let folder = self.project.path();
        Ok(fs::rename(folder.join("changing.new"), folder.join("tools/changing.yml"))?)
    }

    fn next(&self) -> Result<u64> {
        let round = self.ground.given.fetch_add(1, Ordering::SeqCst) + 1;
        self.write(round)?;
        Ok(round)
    }

    fn confirm(&self, round: u64) {
        self.ground.confirmed.store(round, Ordering::SeqCst);
    }

    fn by_admin(&self) -> Result<()> {
        let round = self.next()?;
        let reload = self.admin.reload()?;
        ensure!(reload.get("last_reload_status") == Some(&json!("success")), "{reload}");
        self.confirm(round);
        Ok(())
    }

    fn by_signal(&self) -> Result<()> {
        let round = self.next()?;
        let before = self.admin.get("/status")?;
        served::signal("-HUP", self.process)?;
        let count = |status: &serde_json::Value| {
            status.get("reload").and_then(|it| it.get("last_reload_request_id")).cloned()
        };
        let begun = Instant::now();
        loop {
            let status = self.admin.get("/status")?;
            if count(&status) != count(&before) {
                let outcome = status.pointer("/reload/last_reload_status");
                ensure!(outcome == Some(&json!("success")), "{status}");
                break;
            }
            ensure!(begun.elapsed() < PATIENCE, "the signal does nothing: {status}");
            thread::sleep(Duration::from_millis(20));
        }
        self.confirm(round);
        Ok(())
    }

    /// What is broken is refused, and what came with it is not served.
    fn broken(&self, turn: usize) -> Result<()> {
        let (path, text) = BROKEN.get(turn / 5 % BROKEN.len()).context("a way to break it")?;
        self.write(NEVER)?;
        self.project.file(path, text)?;
        let reload = self.admin.reload();
        fs::remove_file(self.project.path().join(path))?;
        self.write(self.ground.confirmed.load(Ordering::SeqCst))?;
        let reload = reload?;
        ensure!(reload.get("last_reload_status") == Some(&json!("error")), "not refused: {text}{reload}");
        Ok(())
    }

    /// Other Python: workers are replaced.
    fn python(&self, turn: usize) -> Result<()> {
        let path: PathBuf = self.project.path().join("python/mine.py");
        let text = fs::read_to_string(&path)?;
        let text = text.split("\n# Edited").next().unwrap_or_default();
        fs::write(&path, format!("{text}\n# Edited: {turn}\n"))?;
        self.by_admin()
    }

    /// Python asks for the database to be opened anew.
    fn refresh(&self) -> Result<()> {
        let before = self.admin.get("/status")?.pointer("/reload/last_reload_request_id").cloned();
        let token = self.ground.token(&Person::of(0))?;
        let request = Request::call("refresh", &json!({}), &token).bytes(self.ground.address);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let answer = runtime.block_on(async { self.ground.once(&request).await?.message(1) })?;
        self.ground.tally.recorded("tool:refresh");
        ensure!(answer.pointer("/result/isError") == Some(&json!(false)), "{answer}");
        let reload = self.admin.wait_for(|reload| reload.get("last_reload_request_id") != before.as_ref())?;
        ensure!(reload.get("last_reload_status") == Some(&json!("success")), "{reload}");
        Ok(())
    }

    fn look(&self) -> Result<()> {
        for words in
            [&["log", "--since", "1m", "--limit", "20", "--json"][..], &["log", "--tool", "read", "--json"]]
        {
            let ran = self.project.run(words)?;
            ensure!(ran.code == Some(0) && ran.json().is_ok(), "{words:?}: {:?} {}", ran.code, ran.stderr);
        }
        Ok(())
    }
}

/// Has opened again what may have been closed last: both workers, one of which may have been killed for a caller that left, and the
/// file of what was written since the database was opened.
pub(super) async fn wake(ground: &Ground) -> Result<()> {
    let rests = json!({ "seconds": 1 });
    let wrote = json!({ "slot": 0, "n": 0 });
    tokio::try_join!(
        ask(ground, "rests", &rests),
        ask(ground, "rests", &rests),
        ask(ground, "write", &wrote)
    )?;
    Ok(())
}

/// A call that shows that the server answers.
pub(super) async fn is_answering(ground: &Ground) -> Result<()> {
    ask(ground, "read", &json!({ "n": 1 })).await
}

async fn ask(ground: &Ground, tool: &str, arguments: &Value) -> Result<()> {
    let token = ground.token(&Person::of(0))?;
    let mut wire = Wire::connect(ground.address).await?;
    let request = Request::call(tool, arguments, &token).bytes(ground.address);
    let answer = wire.exchange(&request).await?.message(1)?;
    ground.tally.recorded(&format!("tool:{tool}"));
    ensure!(answer.pointer("/result/isError") == Some(&json!(false)), "{answer}");
    Ok(())
}
