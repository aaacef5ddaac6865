//! Asks a server over its admin socket.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value as Json;

/// The other end of an admin socket.
#[derive(Clone, Debug)]
pub struct Admin {
    socket: PathBuf,
}

/// What comes back: status, head, body.
type Answer = (u16, String, String);

impl Admin {
    /// Asks there.
    #[must_use]
    pub fn at(socket: &Path) -> Self {
        Self { socket: socket.to_path_buf() }
    }

    /// Asks for a document that there is.
    ///
    /// # Errors
    /// There is none.
    pub fn get(&self, path: &str) -> anyhow::Result<Json> {
        let (status, _, body) = self.ask("GET", path)?;
        ensure!(status == 200, "{status}: {body}");
        serde_json::from_str(&body).with_context(|| body)
    }

    /// Asks anything.
    ///
    /// # Errors
    /// Nobody answers.
    pub fn ask(&self, method: &str, path: &str) -> anyhow::Result<Answer> {
        let mut stream = UnixStream::connect(&self.socket)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        )?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let (head, body) = text.split_once("\r\n\r\n").context("a head")?;
        let status = head.split(' ').nth(1).context("a status")?.parse()?;
        Ok((status, head.to_owned(), body.to_owned()))
    }

    /// Asks for a reload and waits until it has ended: what the status says of it.
    ///
    /// # Errors
    /// Nobody answers.
    pub fn reload(&self) -> anyhow::Result<Json> {
        let (status, _, body) = self.ask("POST", "/reload")?;
        ensure!(status == 200, "{status}: {body}");
        let asked: Json = serde_json::from_str(&body)?;
        self.wait_for(|reload| reload["last_reload_request_id"] == asked["reload_request_id"])
    }

    /// Waits until reloads stand in a certain way: what the status says of them.
    ///
    /// # Errors
    /// Nobody answers, or it takes more than a minute.
    pub fn wait_for(&self, ready: impl Fn(&Json) -> bool) -> anyhow::Result<Json> {
        let mut reload = Json::Null;
        for _ in 0..6000 {
            reload = self.get("/status")?["reload"].take();
            if ready(&reload) {
                return Ok(reload);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        anyhow::bail!("the reloads stay as they are: {reload}")
    }
}
