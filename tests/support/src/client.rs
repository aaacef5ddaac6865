//! The smallest MCP clients that can test a server: JSON-RPC over its pipes, or over HTTP.

mod admin;
mod events;
mod sse;

pub use admin::Admin;
pub use events::Events;
pub use sse::Sse;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value as Json, json};

use crate::project::Project;

/// Something that answers JSON-RPC requests.
pub trait Client {
    /// Sends a request and gives its response, whole.
    ///
    /// # Errors
    /// There is no answer.
    fn request(&mut self, method: &str, params: Json) -> anyhow::Result<Json>;

    /// Calls a tool and gives the `result` of the response.
    ///
    /// # Errors
    /// The answer is an error.
    fn call_tool(&mut self, name: &str, arguments: &Json) -> anyhow::Result<Json> {
        let mut response = self.request("tools/call", json!({ "name": name, "arguments": arguments }))?;
        ensure!(response.get("error").is_none(), "{response}");
        Ok(response["result"].take())
    }

    /// Reads a resource and gives its one content.
    ///
    /// # Errors
    /// The answer is an error, or has not one content.
    fn read_resource(&mut self, uri: &str) -> anyhow::Result<Json> {
        let mut response = self.request("resources/read", json!({ "uri": uri }))?;
        ensure!(response["result"]["contents"].as_array().is_some_and(|all| all.len() == 1), "{response}");
        Ok(response["result"]["contents"][0].take())
    }

    /// Gets a prompt and gives its messages.
    ///
    /// # Errors
    /// The answer is an error.
    fn get_prompt(&mut self, name: &str, arguments: &Json) -> anyhow::Result<Json> {
        let mut response = self.request("prompts/get", json!({ "name": name, "arguments": arguments }))?;
        ensure!(response.get("error").is_none(), "{response}");
        Ok(response["result"]["messages"].take())
    }
}

/// A server over its pipes.
#[derive(Debug)]
pub struct Pipes {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    next: u64,
}

/// A server over HTTP, in the stateless manner of 2026-07-28 or in a session of 2025-11-25.
#[derive(Debug)]
pub struct Http {
    child: Child,
    url: String,
    session: Option<String>,
    modern: bool,
    next: u64,
    /// What the server printed before and with the line that says where it listens.
    pub banner: String,
    rest: Option<BufReader<ChildStdout>>,
}

fn initialize() -> Json {
    json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": { "name": "mxcp-tests", "version": "1" },
    })
}

impl Pipes {
    /// Starts `mxcp serve --transport stdio` and initializes it.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(project: &Project, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut client = Self::start_bare(project, arguments)?;
        client.begin()?;
        Ok(client)
    }

    /// Starts it as [`Pipes::start`] does, and gives its log of errors, too.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_logging(project: &Project) -> anyhow::Result<(Self, BufReader<ChildStderr>)> {
        let mut command = project.command(&["serve", "--transport", "stdio"]);
        command.env("RUST_LOG", "error");
        Self::start_logging_as(command)
    }

    /// Starts a command that serves over its standard streams, and gives its log, too.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_logging_as(mut command: Command) -> anyhow::Result<(Self, BufReader<ChildStderr>)> {
        command.stderr(Stdio::piped());
        let mut client = Self::spawn(command)?;
        let log = BufReader::new(client.child.stderr.take().context("a pipe")?);
        client.begin()?;
        Ok((client, log))
    }

    /// Starts it without saying a word.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_bare(project: &Project, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut command = project.command(&["serve", "--transport", "stdio"]);
        command.args(arguments);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> anyhow::Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().context("a pipe")?);
        Ok(Self { child, input, output, next: 1 })
    }

    fn begin(&mut self) -> anyhow::Result<()> {
        let response = self.request("initialize", initialize())?;
        ensure!(response["result"]["serverInfo"]["name"] == "mxcp", "{response}");
        self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string())
    }

    /// Sends one line.
    ///
    /// # Errors
    /// The pipe is closed.
    pub fn send(&mut self, line: &str) -> anyhow::Result<()> {
        let input = self.input.as_mut().context("input is closed")?;
        input.write_all(line.as_bytes())?;
        input.write_all(b"\n")?;
        Ok(input.flush()?)
    }

    /// The next line, which must be JSON.
    ///
    /// # Errors
    /// The pipe is closed, or something else than protocol is on it.
    pub fn receive(&mut self) -> anyhow::Result<Json> {
        let mut line = String::new();
        ensure!(self.output.read_line(&mut line)? > 0, "the server closed its output");
        serde_json::from_str(&line).with_context(|| line)
    }

    /// Closes the input and waits: everything the server still says, and its exit code.
    ///
    /// # Errors
    /// The pipes fail.
    pub fn close(mut self) -> anyhow::Result<(String, Option<i32>)> {
        drop(self.input.take());
        let mut rest = String::new();
        self.output.read_to_string(&mut rest)?;
        Ok((rest, self.child.wait()?.code()))
    }

    /// The server's process id.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Client for Pipes {
    fn request(&mut self, method: &str, params: Json) -> anyhow::Result<Json> {
        let id = self.next;
        self.next += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string())?;
        loop {
            let message = self.receive()?;
            if message["id"] == id {
                return Ok(message);
            }
        }
    }
}

impl Drop for Pipes {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Http {
    /// Starts `mxcp serve` on a free port and waits until it says that it listens. `modern` requests are
    /// stateless; the others go through a session.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(project: &Project, arguments: &[&str], modern: bool) -> anyhow::Result<Self> {
        let mut client = Self::spawn(project, arguments, modern, Stdio::inherit())?;
        if !modern {
            let response = client.request("initialize", initialize())?;
            ensure!(response["result"]["protocolVersion"] == "2025-11-25", "{response}");
        }
        Ok(client)
    }

    /// Starts it on a port, for requests that are written by hand.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_at(project: &Project, port: u16) -> anyhow::Result<Self> {
        let (child, url, banner, output) =
            listening(project, "streamable-http", port, &[], Stdio::inherit())?;
        Ok(Self { child, url, session: None, modern: true, next: 1, banner, rest: Some(output) })
    }

    /// Starts it for requests that are written by hand, with all it logs in a file of the project.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_logging(project: &Project, log: &str) -> anyhow::Result<Self> {
        let log = std::fs::File::create(project.path().join(log))?;
        Self::spawn(project, &["--debug"], true, Stdio::from(log))
    }

    fn spawn(project: &Project, arguments: &[&str], modern: bool, errors: Stdio) -> anyhow::Result<Self> {
        let (child, url, banner, output) = listening(project, "streamable-http", 0, arguments, errors)?;
        Ok(Self { child, url, session: None, modern, next: 1, banner, rest: Some(output) })
    }

    /// Begins a session with capabilities.
    ///
    /// # Errors
    /// There is no answer.
    pub fn begin(&mut self, capabilities: Json) -> anyhow::Result<()> {
        self.session = None;
        let mut params = initialize();
        params["capabilities"] = capabilities;
        let response = self.request("initialize", params)?;
        ensure!(response["result"].is_object(), "{response}");
        Ok(())
    }

    /// Ends the session.
    ///
    /// # Errors
    /// There is none, or it does not end.
    pub fn end(&mut self) -> anyhow::Result<()> {
        let session = self.session.take().context("a session")?;
        let ended = ureq::delete(&self.url).header("mcp-session-id", session).call()?;
        ensure!(ended.status() == 200, "{}", ended.status());
        Ok(())
    }

    /// Sends a request of the session and gives the stream of its answer.
    ///
    /// # Errors
    /// The answer is no stream.
    pub fn open(&mut self, method: &str, params: &Json) -> anyhow::Result<Events> {
        let (address, path) = address_and_path(&self.url)?;
        let session = self.session.as_deref().context("a session")?;
        let headers = [("mcp-session-id", session), ("mcp-protocol-version", "2025-11-25")];
        let body = json!({ "jsonrpc": "2.0", "id": self.next, "method": method, "params": params });
        self.next += 1;
        Events::open(address, "POST", path, &headers, &body.to_string())
    }

    /// Answers a request of the server's.
    ///
    /// # Errors
    /// The answer is not accepted.
    pub fn reply(&self, question: &Json, result: &Json) -> anyhow::Result<()> {
        let session = self.session.as_deref().context("a session")?;
        let headers = [("mcp-session-id", session), ("mcp-protocol-version", "2025-11-25")];
        let body = json!({ "jsonrpc": "2.0", "id": question["id"], "result": result });
        let (status, text) = self.post(&body.to_string(), &headers)?;
        ensure!(status == 202, "{status}: {text}");
        Ok(())
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The server's process id.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Opens the stream of what the server says on its own: that of the session, or one that listens for everything in
    /// `notifications`, and reads up to the acknowledgement.
    ///
    /// # Errors
    /// There is no such stream.
    pub fn listen(&mut self, notifications: Json) -> anyhow::Result<Events> {
        let (address, path) = address_and_path(&self.url)?;
        if let Some(session) = &self.session {
            let headers = [("mcp-session-id", session.as_str()), ("mcp-protocol-version", "2025-11-25")];
            return Events::open(address, "GET", path, &headers, "");
        }
        let mut params = json!({ "notifications": notifications });
        params["_meta"] = modern_meta();
        let id = self.next;
        self.next += 1;
        let body = json!({ "jsonrpc": "2.0", "id": id, "method": "subscriptions/listen", "params": params });
        let headers = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "subscriptions/listen")];
        let mut events = Events::open(address, "POST", path, &headers, &body.to_string())?;
        let acknowledged = events.message()?;
        ensure!(acknowledged["method"] == "notifications/subscriptions/acknowledged", "{acknowledged}");
        Ok(events)
    }

    /// Sends a request and gives everything that is said on its stream, the response last.
    ///
    /// # Errors
    /// There is no answer.
    pub fn ask_for_all(&mut self, method: &str, params: Json) -> anyhow::Result<Vec<Json>> {
        let (_, text) = self.ask(method, params)?;
        if let Ok(message) = serde_json::from_str::<Json>(&text) {
            return Ok(vec![message]);
        }
        let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
        Ok(data.filter_map(|data| serde_json::from_str(data.trim()).ok()).collect())
    }

    /// Sends a request: its id, and the answer's text.
    fn ask(&mut self, method: &str, mut params: Json) -> anyhow::Result<(u64, String)> {
        let id = self.next;
        self.next += 1;
        let mut headers = vec![];
        let named_by = match method {
            "resources/read" => "uri",
            "tasks/get" | "tasks/update" | "tasks/cancel" => "taskId",
            _ => "name",
        };
        let name = params[named_by].as_str().unwrap_or_default().to_owned();
        let session = self.session.clone().unwrap_or_default();
        if self.modern {
            // What the request says of itself stands.
            for (key, value) in modern_meta().as_object().into_iter().flatten() {
                if params["_meta"][key].is_null() {
                    params["_meta"][key] = value.clone();
                }
            }
            headers.extend([("mcp-protocol-version", "2026-07-28"), ("mcp-method", method)]);
            if !name.is_empty() {
                headers.push(("mcp-name", name.as_str()));
            }
        } else if !session.is_empty() {
            headers.extend([("mcp-session-id", session.as_str()), ("mcp-protocol-version", "2025-11-25")]);
        }
        let body = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string();
        let (_, session, text) = post(&self.url, &body, &headers)?;
        if session.is_some() {
            self.session = session;
        }
        Ok((id, text))
    }

    /// Sends a body with headers: status, and the answer's text.
    ///
    /// # Errors
    /// There is no answer.
    pub fn post(&self, body: &str, headers: &[(&str, &str)]) -> anyhow::Result<(u16, String)> {
        let (status, _, text) = post(&self.url, body, headers)?;
        Ok((status, text))
    }

    /// Waits for the server's end: its exit code.
    ///
    /// # Errors
    /// It can't be waited for.
    pub fn wait(mut self) -> anyhow::Result<Option<i32>> {
        if let Some(mut rest) = self.rest.take() {
            rest.read_to_string(&mut self.banner)?;
        }
        Ok(self.child.wait()?.code())
    }
}

impl Client for Http {
    fn request(&mut self, method: &str, params: Json) -> anyhow::Result<Json> {
        let (id, text) = self.ask(method, params)?;
        message(&text, id).with_context(|| text)
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts `mxcp serve` on a port, a free one if it is 0, and waits until it says where it listens: the process, the URL, what it printed up
/// to there, and what it prints after.
fn listening(
    project: &Project,
    transport: &str,
    port: u16,
    arguments: &[&str],
    errors: Stdio,
) -> anyhow::Result<(Child, String, String, BufReader<ChildStdout>)> {
    let mut command = project.command(&["serve", "--transport", transport, "--port", &port.to_string()]);
    command.args(arguments).stdout(Stdio::piped()).stderr(errors);
    let mut child = command.spawn()?;
    let mut output = BufReader::new(child.stdout.take().context("a pipe")?);
    let mut banner = String::new();
    loop {
        let mut line = String::new();
        if output.read_line(&mut line)? == 0 {
            let _ = child.kill();
            bail!("the server ended before it listened: {banner} {:?}", child.wait());
        }
        banner.push_str(&line);
        if let Some((_, url)) = line.split_once("Listening on ") {
            return Ok((child, url.trim().to_owned(), banner, output));
        }
    }
}

/// What a self-contained request says of itself.
fn modern_meta() -> Json {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

/// The two parts of `http://address/path`; the path without its slash.
fn address_and_path(url: &str) -> anyhow::Result<(&str, &str)> {
    url.trim_start_matches("http://").split_once('/').context("a path")
}

/// Status, session header and text of the answer.
fn post(url: &str, body: &str, headers: &[(&str, &str)]) -> anyhow::Result<(u16, Option<String>, String)> {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut request = agent.post(url);
    if !headers.iter().any(|(name, _)| *name == "content-type") {
        request = request.header("content-type", "application/json");
    }
    request = request.header("accept", "application/json, text/event-stream");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = request.send(body)?;
    let session = response.headers().get("mcp-session-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    Ok((response.status().as_u16(), session, response.body_mut().read_to_string()?))
}

/// The response of id `id` in a body that is JSON or a stream of events.
fn message(text: &str, id: u64) -> anyhow::Result<Json> {
    if let Ok(message) = serde_json::from_str::<Json>(text) {
        return Ok(message);
    }
    let events = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let mut messages = events.filter_map(|data| serde_json::from_str::<Json>(data.trim()).ok());
    messages.find(|message| message["id"] == id).context("no response in the answer")
}
