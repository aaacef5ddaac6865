//! The admin socket of a server that a command started.

use std::fs;
use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::http;

/// The other end of an admin socket.
#[derive(Clone, Debug)]
pub(crate) struct Admin {
    socket: PathBuf,
}

impl Admin {
    /// Has a server that is yet to be started listen in a folder, which is made.
    pub(crate) fn of(server: &mut Command, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let socket = folder.join("admin.sock");
        server.env("MXCP_ADMIN_ENABLED", "1").env("MXCP_ADMIN_SOCKET", &socket);
        Ok(Self { socket })
    }

    /// Asks for a document.
    pub(crate) fn ask(&self, method: &str, path: &str) -> Result<Value> {
        let mut stream = UnixStream::connect(&self.socket).context("nobody listens on the admin socket")?;
        let request = format!("{method} {path} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n");
        let answer = http::exchange(&mut stream, &request)?;
        ensure!(answer.status == 200, "{path}: status {}: {}", answer.status, answer.body);
        Ok(serde_json::from_str(&answer.body)?)
    }

    /// Lets programs that know no such sockets ask through a port, as long as this program runs.
    pub(crate) fn relay(&self) -> Result<u16> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let socket = self.socket.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let socket = socket.clone();
                // Whose other end is gone sees its own closed.
                thread::spawn(move || drop(hand_on(client, &socket)));
            }
        });
        Ok(port)
    }
}

/// Hands on what both ends say, until both have said everything.
fn hand_on(client: TcpStream, socket: &Path) -> io::Result<()> {
    let server = UnixStream::connect(socket)?;
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    let asking = thread::spawn(move || {
        let _broken = io::copy(&mut from_client, &mut to_server);
        to_server.shutdown(Shutdown::Write)
    });
    let (mut from_server, mut to_client) = (server, client);
    let _broken = io::copy(&mut from_server, &mut to_client);
    to_client.shutdown(Shutdown::Both)?;
    drop(asking.join());
    Ok(())
}
