//! A PostgreSQL server of the tests' own, in a temporary folder, that nothing but its socket leads to.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, bail, ensure};

/// Who owns the server's files if whoever runs the tests is root, whom PostgreSQL refuses.
const OWNER: &str = "postgres";

/// Where distributions put what is not meant for everybody's `PATH`.
const INSTALLED: &str = "/usr/lib/postgresql";

/// Runs a server until the input ends, which it does with this process, however that ends; then the folder goes, too.
const KEEPER: &str = r#"folder=$1; shift
"$@" >"$folder/log" 2>&1 & server=$!
cat >/dev/null
kill -INT "$server"; wait "$server"
rm -rf -- "$folder""#;

/// A server that runs until the process ends.
#[derive(Debug)]
pub struct Postgres {
    folder: PathBuf,
    programs: PathBuf,
    databases: AtomicUsize,
    // Dropped, it closes its input.
    _keeper: Mutex<Child>,
}

/// The folder of the server's programs, if they are installed.
#[must_use]
pub fn programs() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let mut folders: Vec<PathBuf> = std::fs::read_dir(INSTALLED)
        .into_iter()
        .flatten()
        .flatten()
        .map(|it| it.path().join("bin"))
        .collect();
    folders.sort();
    folders.into_iter().rev().chain(on_path.unwrap_or_default()).find(|folder| {
        ["initdb", "postgres", "createdb"].iter().all(|program| folder.join(program).is_file())
    })
}

impl Postgres {
    /// Makes a cluster and starts its server.
    ///
    /// # Errors
    /// There are no programs, or they fail.
    pub fn start() -> anyhow::Result<Self> {
        Self::start_with(&[])
    }

    /// Makes a cluster and starts its server with further settings, `name=value`.
    ///
    /// # Errors
    /// There are no programs, or they fail.
    pub fn start_with(settings: &[&str]) -> anyhow::Result<Self> {
        let programs = programs().context("PostgreSQL is not installed")?;
        // The keeper removes it.
        let folder = tempfile::Builder::new().prefix("mxcp-postgres-").tempdir()?.keep();
        if is_root()? {
            done(Command::new("chown").arg(OWNER).arg(&folder))?;
        }
        let data = folder.join("data");
        done(own(&programs.join("initdb"))?.arg("-D").arg(&data).args([
            "-A",
            "trust",
            "-U",
            "mxcp",
            "-E",
            "UTF8",
            "--no-locale",
            "--no-sync",
        ]))?;
        let server = own(&programs.join("postgres"))?;
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "keeper"]).arg(&folder);
        keeper.arg(server.get_program()).args(server.get_args());
        keeper.arg("-D").arg(&data).arg("-k").arg(&folder);
        keeper.args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=400"]);
        keeper.args(settings.iter().flat_map(|&setting| ["-c", setting]));
        let keeper = keeper
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .current_dir("/")
            .spawn()
            .context("sh")?;
        let server = Self { folder, programs, databases: AtomicUsize::new(0), _keeper: Mutex::new(keeper) };
        server.wait()?;
        Ok(server)
    }

    /// Makes an empty database; gives its URL.
    ///
    /// # Errors
    /// The server refuses.
    pub fn database(&self) -> anyhow::Result<String> {
        let name = format!("d{}", self.databases.fetch_add(1, Ordering::Relaxed));
        done(self.client("createdb").arg(&name))?;
        Ok(format!("postgresql://mxcp@localhost/{name}?host={}", self.folder.display()))
    }

    /// The process id of the server, whose children do the work.
    ///
    /// # Errors
    /// It does not run.
    pub fn process(&self) -> anyhow::Result<u32> {
        let file = self.folder.join("data/postmaster.pid");
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        Ok(text.lines().next().unwrap_or_default().trim().parse()?)
    }

    /// What SQL gives in a database, which is named by its URL: a line for each row, with `|` between its columns.
    ///
    /// # Errors
    /// It fails.
    pub fn ask(&self, database: &str, sql: &str) -> anyhow::Result<String> {
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql, "-d", database]);
        let output = command.output().context("psql")?;
        ensure!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    fn wait(&self) -> anyhow::Result<()> {
        for _ in 0..600 {
            let ready = self.client("pg_isready").stdout(Stdio::null()).status()?;
            if ready.success() {
                return Ok(());
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        bail!("{}", std::fs::read_to_string(self.folder.join("log")).unwrap_or_default())
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.arg("-h").arg(&self.folder).args(["-U", "mxcp"]);
        command
    }
}

/// A program, run as somebody whom PostgreSQL does not refuse.
fn own(program: &Path) -> anyhow::Result<Command> {
    if !is_root()? {
        return Ok(Command::new(program));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", OWNER, "--regid", OWNER, "--clear-groups"]).arg(program);
    command.current_dir("/");
    Ok(command)
}

fn is_root() -> anyhow::Result<bool> {
    let output = Command::new("id").arg("-u").output().context("id")?;
    Ok(output.stdout.trim_ascii() == b"0")
}

fn done(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
