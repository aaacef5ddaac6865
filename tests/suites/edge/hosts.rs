//! Programs that serve what `mxcp build` made.

use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a host may take until it answers: the slowest compiles the component anew each time.
const PATIENCE: Duration = Duration::from_secs(120);

/// A host that can be started.
pub(super) struct Host {
    pub(super) name: &'static str,
    program: PathBuf,
    arguments: fn(component: &str, port: &str) -> Vec<String>,
}

/// A host that answers, ended when dropped with all that it started.
pub(super) struct Running {
    pub(super) url: String,
    child: Child,
}

fn words(text: &str, component: &str, port: &str) -> Vec<String> {
    text.split(' ').map(|word| word.replace("FILE", component).replace("PORT", port)).collect()
}

/// The hosts that are on this machine; a line for each that is not.
pub(super) fn present() -> Vec<Host> {
    let cache = std::env::var_os("MXCP_CACHE").map(PathBuf::from).or_else(|| {
        let user = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        Some(user.or_else(|| Some(std::env::home_dir()?.join(".cache")))?.join("mxcp"))
    });
    let tools = cache.unwrap_or_default().join("tools");
    let all = [
        Host {
            name: "mxcp edge serve",
            program: env!("CARGO_BIN_EXE_mxcp").into(),
            arguments: |file, port| words("edge serve FILE --port PORT --concurrency 1", file, port),
        },
        Host {
            name: "wasmtime serve",
            program: tools.join("wasmtime-48.0.8/bin/wasmtime"),
            arguments: |file, port| {
                words("serve -S cli -S http -S inherit-env --addr 127.0.0.1:PORT FILE", file, port)
            },
        },
        Host {
            name: "jco serve",
            program: tools.join("jco-1.35.0/node_modules/.bin/jco"),
            arguments: |file, port| {
                words("serve FILE --host 127.0.0.1 --port PORT --isolate-requests instance", file, port)
            },
        },
    ];
    all.into_iter().filter(Host::is_present).collect()
}

impl Host {
    fn is_present(&self) -> bool {
        let present = self.program.exists();
        if !present {
            #[expect(clippy::print_stderr, reason = "what was not tested has to be seen")]
            {
                eprintln!("skipped: no `{}`; run `cargo xtask edge-hosts --wasmtime`", self.name);
            }
        }
        present
    }

    /// Starts it with these variables and no others, and waits until it answers. What it writes goes to a file in `folder`.
    pub(super) fn start(&self, component: &Path, folder: &Path, variables: &[(&str, &str)]) -> Running {
        // The port is free when the host is told of it; not all of them choose one themselves.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = folder.join(format!("{port}.log"));
        let file = std::fs::File::create(&log).unwrap();
        let arguments = (self.arguments)(component.to_str().unwrap(), &port.to_string());
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(folder).env_clear();
        for variable in ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"] {
            command.envs(std::env::var_os(variable).map(|value| (variable, value)));
        }
        // Machine code of an earlier run serves this one.
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("edge-cache");
        command.env("HOME", folder).env("TMPDIR", folder).env("XDG_CACHE_HOME", cache);
        command.envs(variables.iter().copied());
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file).process_group(0);
        let child = command.spawn().unwrap();
        let mut running = Running { url: format!("http://127.0.0.1:{port}/mcp"), child };
        let begin = Instant::now();
        while ureq::get(format!("http://127.0.0.1:{port}/health")).call().is_err() {
            let ended = running.child.try_wait().unwrap();
            assert!(
                ended.is_none() && begin.elapsed() < PATIENCE,
                "{} does not answer: {}",
                self.name,
                std::fs::read_to_string(&log).unwrap_or_default()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        running
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have started others, which are of its group.
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
    }
}
