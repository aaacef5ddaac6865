//! `cargo xtask replicas`: two servers on one PostgreSQL behind nginx, in all that they have to agree on.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use super::setup;
use crate::arguments::Arguments;
use crate::workspace::Workspace;

/// The suite, with the colons of its tests.
const SUITE: &str = "replicas::";

/// The command. The suite starts a PostgreSQL and an nginx of its own in temporary folders; where they are not installed, nothing
/// can be shown, which is said and no error.
pub(crate) fn run(workspace: &Workspace, arguments: Arguments) -> Result<()> {
    arguments.finish()?;
    if let Some(missing) = missing() {
        println!("skipped: {missing} is not installed (on Debian: apt-get install postgresql nginx)");
        return Ok(());
    }
    setup::ensure(workspace)?;
    let mut tests = workspace.cargo(["test", "--package", "mxcp", "--test", "suites", "--", SUITE]);
    let output = tests.env("MXCP_REPLICAS", "required").stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8(output.stdout).context("the tests wrote no UTF-8")?;
    let results = results(&text);
    println!();
    for (claim, result) in &results {
        println!("  {result:<8}{claim}");
    }
    println!("{} of {} hold", results.iter().filter(|(_, result)| *result == "ok").count(), results.len());
    if !output.status.success() || results.is_empty() {
        bail!("the suite failed:\n{text}");
    }
    Ok(())
}

/// What can't be started here.
pub(crate) fn missing() -> Option<&'static str> {
    let is_there = |folders: &[&str], program: &str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let given = folders.iter().map(|folder| Path::new(folder).to_owned());
        std::env::split_paths(&path).chain(given).any(|folder| folder.join(program).is_file())
    };
    if !is_there(&["/usr/sbin", "/usr/local/sbin"], "nginx") {
        return Some("nginx");
    }
    let installed =
        std::fs::read_dir("/usr/lib/postgresql").is_ok_and(|mut versions| versions.next().is_some());
    (!installed && !is_there(&[], "initdb")).then_some("PostgreSQL")
}

/// What each test claims, and whether it holds.
fn results(text: &str) -> Vec<(String, &str)> {
    let tests =
        text.lines().filter_map(|line| line.strip_prefix("test ")?.strip_prefix(SUITE)?.split_once(" ... "));
    tests.map(|(name, result)| (name.replace('_', " "), result)).collect()
}

#[cfg(test)]
mod tests {
    use super::results;

    #[test]
    fn reads_what_each_test_claims() {
        let text = "running 2 tests\ntest replicas::a_b ... ok\ntest replicas::c ... FAILED\ntest other::d ... ok\n\nfailures:\n";
        assert_eq!(results(text), [("a b".to_owned(), "ok"), ("c".to_owned(), "FAILED")]);
    }
}
