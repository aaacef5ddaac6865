//! Instructions, counted by valgrind: what is done so many times more costs so many instructions more, and what happens once, as
//! the start of the process, falls out.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::options::Options;

/// How often something is done in the two runs that are compared.
pub(super) const FEW: usize = 100;
pub(super) const MANY: usize = 600;

/// Whether there is a valgrind.
pub(crate) fn are_counted() -> bool {
    let mut valgrind = Command::new("valgrind");
    valgrind.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    valgrind.status().is_ok_and(|status| status.success())
}

/// What a program is started with to have its instructions counted, in a file when it ends.
pub(super) fn counting(log: &Path) -> Result<Vec<String>> {
    let log = log.to_str().context("a path")?;
    let words = ["--tool=callgrind", "--callgrind-out-file=/dev/null", &format!("--log-file={log}")];
    Ok(words.map(str::to_owned).into())
}

/// How many were counted.
pub(super) fn counted(log: &Path) -> Result<f64> {
    let text = std::fs::read_to_string(log)?;
    let line = text.lines().find_map(|line| line.split_once("Collected :"));
    let (_, number) = line.with_context(|| format!("nothing was counted: {text}"))?;
    Ok(number.trim().parse()?)
}

/// Instructions of one time through a stage.
pub(super) fn of_stage(options: &Options, name: &str) -> Result<f64> {
    let scratch = tempfile::tempdir()?;
    let run = |times: usize| -> Result<f64> {
        let log = scratch.path().join(times.to_string());
        let status = Command::new("valgrind")
            .args(counting(&log)?)
            .arg(std::env::current_exe()?)
            .arg("--binaries")
            .arg(&options.binaries)
            .arg("--workspace")
            .arg(&options.workspace)
            .args(["--stage", name, &times.to_string()])
            .stdin(Stdio::null())
            .status()?;
        ensure!(status.success(), "`{name}` failed under valgrind");
        counted(&log)
    };
    Ok((run(MANY)? - run(FEW)?) / (MANY - FEW) as f64)
}
