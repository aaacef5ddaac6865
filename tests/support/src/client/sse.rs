//! A client of the transport of 2024-11-05.

use std::process::{Child, Stdio};

use anyhow::ensure;
use serde_json::{Value as Json, json};

use super::{Client, Events, address_and_path, initialize, listening, post};
use crate::project::Project;

/// A server over HTTP with a stream of events.
#[derive(Debug)]
pub struct Sse {
    child: Child,
    place: String,
    events: Events,
    next: u64,
}

impl Sse {
    /// Starts `mxcp serve --transport sse`, opens the stream and begins a session.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(project: &Project, arguments: &[&str]) -> anyhow::Result<Self> {
        Self::begin(project, arguments, json!({}))
    }

    /// Starts it as [`Sse::start`] does, for a client with capabilities.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_with(project: &Project, capabilities: Json) -> anyhow::Result<Self> {
        Self::begin(project, &[], capabilities)
    }

    fn begin(project: &Project, arguments: &[&str], capabilities: Json) -> anyhow::Result<Self> {
        let (mut child, url, ..) = listening(project, "sse", 0, arguments, Stdio::inherit())?;
        let (address, path) = address_and_path(&url)?;
        let mut events = Events::open(address, "GET", path, &[], "").inspect_err(|_| {
            // Nobody else knows of it.
            let _ = child.kill().and_then(|()| child.wait());
        })?;
        let place = format!("http://{address}{}", events.data()?);
        let mut client = Self { child, place, events, next: 1 };
        let mut params = initialize();
        params["capabilities"] = capabilities;
        let response = client.request("initialize", params)?;
        ensure!(response["result"]["serverInfo"]["name"] == "mxcp", "{response}");
        client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))?;
        Ok(client)
    }

    /// Posts a message.
    ///
    /// # Errors
    /// It is not accepted.
    pub fn send(&mut self, message: &Json) -> anyhow::Result<()> {
        let (status, _, text) = post(&self.place, &message.to_string(), &[])?;
        ensure!(status == 202, "{status}: {text}");
        Ok(())
    }

    /// The next message on the stream.
    ///
    /// # Errors
    /// The stream ended.
    pub fn receive(&mut self) -> anyhow::Result<Json> {
        self.events.message()
    }

    /// Where messages are posted to.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.place
    }

    /// The server's process id.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Client for Sse {
    fn request(&mut self, method: &str, params: Json) -> anyhow::Result<Json> {
        let id = self.next;
        self.next += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))?;
        loop {
            let message = self.receive()?;
            if message["id"] == id {
                return Ok(message);
            }
        }
    }
}

impl Drop for Sse {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
