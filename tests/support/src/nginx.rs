//! nginx in front of servers, which takes turns with them.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
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
        let program = program().context("nginx is not installed")?;
        let folder = tempfile::tempdir()?;
        let settings = folder.path().join("nginx.conf");
        std::fs::write(&settings, written(folder.path(), port, addresses))?;
        let process = Command::new(program)
            .arg("-c")
            .arg(&settings)
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

/// The settings. One that does not answer is asked again with the next request: which of them answer is for tests to say.
fn written(folder: &Path, port: u16, addresses: &[SocketAddr]) -> String {
    let folder = folder.display();
    let servers: String =
        addresses.iter().map(|address| format!("    server {address} max_fails=0;\n")).collect();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("  {kind}_temp_path {folder}/{kind};\n"))
        .collect();
    format!(
        "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/log warn;\n\
         events {{ worker_connections 8192; }}\nhttp {{\n  access_log off;\n{temporary}\
         \x20 upstream replicas {{\n{servers}    keepalive 64;\n  }}\n\
         \x20 server {{\n    listen 127.0.0.1:{port};\n    location / {{\n      proxy_pass http://replicas;\n\
         \x20     proxy_http_version 1.1;\n      proxy_set_header Connection \"\";\n      proxy_set_header Host $http_host;\n\
         \x20     proxy_buffering off;\n    }}\n  }}\n}}\n"
    )
}
