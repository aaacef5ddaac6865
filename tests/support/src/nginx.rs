//! nginx in front of servers, which takes turns with them.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tempfile::TempDir;

/// nginx, until it is dropped.
#[derive(Debug)]
pub struct Nginx {
    process: Child,
    folder: TempDir,
}

/// The program, if it is installed.
#[must_use]
pub fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join("nginx")).find(|program| program.is_file())
}

impl Nginx {
    /// Listens on a port of this machine, and passes every request on to one of some addresses.
    ///
    /// # Errors
    /// It is not installed, or does not start.
    pub fn start(port: u16, addresses: &[SocketAddr]) -> anyhow::Result<Self> {
        Self::start_with(port, &replicas(port, addresses))
    }

    /// Starts with settings that stand within `http { … }`, and waits until a port of this machine is listened on.
    ///
    /// # Errors
    /// It is not installed, or does not start.
    pub fn start_with(port: u16, settings: &str) -> anyhow::Result<Self> {
        let program = program().context("nginx is not installed")?;
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, whole(folder.path(), settings))?;
        let process = Command::new(program)
            .arg("-c")
            .arg(&file)
            .arg("-e")
            .arg(folder.path().join("log"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("nginx")?;
        let mut nginx = Self { process, folder };
        nginx.wait(port)?;
        Ok(nginx)
    }

    /// Its process id. There is one process, which does all the work.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.process.id()
    }

    fn wait(&mut self, port: u16) -> anyhow::Result<()> {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        for _ in 0..400 {
            if TcpStream::connect(address).is_ok() {
                return Ok(());
            }
            if self.process.try_wait()?.is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        bail!("{}", std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Settings that were written for servers named by `server NAME:PORT …;`, made to listen on a port of this machine and to pass
/// requests on to other addresses, each with what else was said of the first server.
///
/// # Errors
/// They name no server, or no port to listen on.
pub fn adapted(settings: &str, port: u16, addresses: &[SocketAddr]) -> anyhow::Result<String> {
    let is_server = |line: &&str| line.trim_start().starts_with("server ") && line.trim_end().ends_with(';');
    let first = settings.lines().find(is_server).context("no `server` to pass requests on to")?;
    let rest = first.trim().splitn(3, ' ').nth(2).unwrap_or(";");
    ensure!(settings.lines().any(|line| line.trim_start().starts_with("listen ")), "no `listen`");
    let mut text = String::new();
    for line in settings.lines() {
        if line == first {
            text.extend(addresses.iter().map(|address| format!("    server {address} {rest}\n")));
        } else if line.trim_start().starts_with("listen ") {
            text.push_str(&format!("    listen 127.0.0.1:{port};\n"));
        } else if !is_server(&line) {
            text.push_str(&format!("{line}\n"));
        }
    }
    Ok(text)
}

/// The whole of the settings.
fn whole(folder: &Path, settings: &str) -> String {
    let folder = folder.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("  {kind}_temp_path {folder}/{kind};\n"))
        .collect();
    format!(
        "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/log warn;\n\
         events {{ worker_connections 8192; }}\nhttp {{\n  access_log off;\n{temporary}{settings}}}\n"
    )
}

/// Requests are passed on by turns. A server that does not answer is asked again with the next request: which of them answer is
/// for tests to say.
fn replicas(port: u16, addresses: &[SocketAddr]) -> String {
    let servers: String =
        addresses.iter().map(|address| format!("    server {address} max_fails=0;\n")).collect();
    format!(
        "  upstream replicas {{\n{servers}    keepalive 64;\n  }}\n\
         \x20 server {{\n    listen 127.0.0.1:{port};\n    location / {{\n      proxy_pass http://replicas;\n\
         \x20     proxy_http_version 1.1;\n      proxy_set_header Connection \"\";\n      proxy_set_header Host $http_host;\n\
         \x20     proxy_buffering off;\n    }}\n  }}\n"
    )
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::adapted;

    #[test]
    fn servers_are_replaced_and_what_is_said_of_them_stays() {
        let settings = "upstream a {\n    server one:8000 max_fails=1;\n    server two:8000;\n    keepalive 4;\n}\n\
                        server {\n    listen 80;\n}";
        let addresses = [1, 2, 3].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        assert_eq!(
            adapted(settings, 9, &addresses).unwrap(),
            "upstream a {\n    server 127.0.0.1:1 max_fails=1;\n    server 127.0.0.1:2 max_fails=1;\n    \
             server 127.0.0.1:3 max_fails=1;\n    keepalive 4;\n}\nserver {\n    listen 127.0.0.1:9;\n}\n"
        );
        assert!(adapted("server {\n listen 80;\n}", 9, &addresses).is_err());
    }
}
