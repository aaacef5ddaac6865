//! Packages from npm, at pinned versions.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha512};

use crate::process;

/// Whether npm is there.
pub(crate) fn npm_answers() -> bool {
    process::answers(npm().arg("--version"))
}

/// Fetches one package as an archive into `folder`, refusing one whose checksum is not the pinned one.
pub(crate) fn pack(package: &str, integrity: &str, folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let name = process::output(npm().args(["pack", "--silent", package]).current_dir(folder))?;
    let name = name.lines().last().unwrap_or_default().trim();
    let archive = folder.join(name);
    let bytes = fs::read(&archive).with_context(|| format!("npm gave no archive of {package}"))?;
    check_integrity(package, &bytes, integrity)?;
    Ok(archive)
}

fn check_integrity(package: &str, bytes: &[u8], integrity: &str) -> Result<()> {
    let found = format!("sha512-{}", STANDARD.encode(Sha512::digest(bytes)));
    if found != integrity {
        bail!("{package} is not what it was: expected {integrity}, got {found}; nothing was installed");
    }
    Ok(())
}

/// Unpacks an archive of npm's into `folder`, without its leading `package/`.
pub(crate) fn unpack(archive: &Path, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(archive).args(["--strip-components", "1", "-C"]).arg(folder);
    process::run(&mut tar)
}

/// Makes `folder` hold exactly these packages under `node_modules`. Packages' own install scripts don't run.
pub(crate) fn install(packages: &[&str], folder: &Path) -> Result<()> {
    let stamp = folder.join("installed.txt");
    let wanted = packages.join("\n");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    if !npm_answers() {
        bail!("npm is needed to fetch {}; install Node.js 20 or newer", packages.join(", "));
    }
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    fs::write(folder.join("package.json"), "{\"private\": true}\n")?;
    let mut command = npm();
    command.args([
        "install",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--save-exact",
        "--loglevel=error",
    ]);
    process::run(command.args(packages).current_dir(folder))?;
    fs::write(&stamp, wanted).with_context(|| format!("can't write {}", stamp.display()))
}

fn npm() -> Command {
    Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

#[cfg(test)]
mod tests {
    use super::{check_integrity, install};

    #[test]
    fn refuses_what_is_not_the_pinned_archive() {
        // The digest of "abc" that the standard for SHA-512 gives as an example, in base64.
        let pinned =
            "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==";
        check_integrity("package", b"abc", pinned).unwrap();
        let error = check_integrity("package", b"abd", pinned).unwrap_err().to_string();
        assert!(error.contains("nothing was installed"), "{error}");
    }

    #[test]
    fn does_not_fetch_what_the_stamp_says_is_there() {
        let folder = std::env::temp_dir().join(format!("xtask-stamp-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("installed.txt"), "no-such-package@0.0.0").unwrap();
        let outcome = install(&["no-such-package@0.0.0"], &folder);
        std::fs::remove_dir_all(&folder).unwrap();
        outcome.unwrap();
    }
}
