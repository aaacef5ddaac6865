//! `cargo xtask wheel`: what `pip install .` makes, and whether it works with every Python there is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::arguments::Arguments;
use crate::workspace::{Profile, Workspace};
use crate::{process, steps::Steps};

/// The minor versions of Python 3 that are looked for.
const MINORS: std::ops::RangeInclusive<u8> = 10..=14;

/// Tests of the module, which run against the installed wheel.
const TESTS: &str = "host-native/python/native/tests";

/// The command.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let test = arguments.flag("--test");
    let profile = if arguments.flag("--dev") { Profile::Dev } else { Profile::Release };
    arguments.finish()?;
    let mut steps = Steps::new();
    let wheels = workspace.target()?.join("wheels");
    let wheel = steps.run("wheel", || build(workspace, &wheels, profile))?;
    if test {
        let interpreters = interpreters();
        ensure!(!interpreters.is_empty(), "no Python from 3.{} on is on the path", MINORS.start());
        for python in interpreters {
            steps.run("installed", || check(workspace, &wheels, &wheel, &python))?;
        }
    }
    eprint!("\n{}", steps.summary());
    println!("{}", wheel.display());
    Ok(())
}

/// Builds the wheel as an installation would and gives its file.
fn build(workspace: &Workspace, wheels: &Path, profile: Profile) -> Result<PathBuf> {
    let partial = wheels.join("partial");
    if partial.exists() {
        fs::remove_dir_all(&partial)?;
    }
    let pip = ["-m", "pip", "wheel", ".", "--no-deps", "--disable-pip-version-check", "--wheel-dir"];
    let mut install = plain(workspace, "python3");
    install.args(pip).arg(&partial);
    if profile == Profile::Dev {
        install.args(["--config-settings", "profile=dev"]);
    }
    process::run(&mut install).context("Python 3.10 or newer is needed, with its `pip` module")?;
    let built = fs::read_dir(&partial)?.next().context("pip made no wheel")??;
    let wheel = wheels.join(built.file_name());
    fs::rename(built.path(), &wheel)?;
    fs::remove_dir_all(&partial)?;
    Ok(wheel)
}

/// Installs the wheel into a fresh environment of an interpreter, and uses it.
fn check(workspace: &Workspace, wheels: &Path, wheel: &Path, python: &Path) -> Result<()> {
    let name = python.file_name().context("an interpreter has a name")?;
    let folder = wheels.join("environments").join(name);
    let program = |name: &str| folder.join("bin").join(name);
    process::run(plain(workspace, python).args(["-m", "venv", "--clear"]).arg(&folder))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    process::run(plain(workspace, program("python")).args(pip).arg(wheel))?;

    process::run(plain(workspace, program("mxcp")).arg("--version"))?;
    let demo = folder.join("demo");
    // It asks on a terminal.
    let mut init = plain(workspace, program("mxcp"));
    process::run(init.arg("init").arg(&demo).arg("--bootstrap").stdin(Stdio::null()))?;
    process::run(plain(workspace, program("mxcp")).current_dir(&demo).arg("validate"))?;
    let tests = ["-m", "unittest", "discover", "--start-directory"];
    process::run(plain(workspace, program("python")).args(tests).arg(workspace.path(TESTS)))
}

/// A program without the variables that would have it use the workspace's library in place of the wheel's.
fn plain(workspace: &Workspace, program: impl AsRef<Path>) -> Command {
    let mut command = workspace.program(program.as_ref());
    for variable in ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV"] {
        command.env_remove(variable);
    }
    command
}

/// The interpreters on the path, one of each version, and those of pyenv.
fn interpreters() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let pyenv = std::env::home_dir().map(|home| home.join(".pyenv/versions"));
    let versions = pyenv.and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.extend(std::env::split_paths(&path).filter(|folder| !folder.ends_with("shims")));
    let of_version = |minor| {
        let name = format!("python3.{minor}");
        folders.iter().map(|folder| folder.join(&name)).find(|program| program.is_file())
    };
    MINORS.filter_map(of_version).collect()
}
