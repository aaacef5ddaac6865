//! `mxcp.lock` on this machine: what is hashed, and what becomes of a project that is not as it was locked.

mod inventory;
mod python;

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use mxcp_core::lock::{Change, Digest, Lock};
use mxcp_core::source::SourceFile;
use mxcp_core::yaml;
use sha2::{Digest as _, Sha256};

pub(crate) use inventory::Inventory;
pub(crate) use python::may_hold_modules;

use crate::failure::Failure;
use crate::file;
use crate::project::{Definitions, Project, SITE_FILE};

/// Name of the lock file, beside the site file.
pub(crate) const LOCK_FILE: &str = "mxcp.lock";

/// What introduces problems of the lock file.
const UNUSABLE: &str = "the lock can't be used";

/// The digest of bytes.
pub(crate) fn digest(bytes: &[u8]) -> Digest {
    Digest::new(Sha256::digest(bytes).into())
}

/// The lock of a project as it is now. What was read for `definitions` is not read again.
///
/// # Errors
/// Something of it lies outside of the project's folder or can't be read: all such files.
pub(crate) fn of(project: &Project, definitions: &Definitions) -> Result<Lock, Failure> {
    inventory(project, definitions)
        .into_files()
        .map(Lock::of)
        .map_err(|problems| Failure::message(format!("the project can't be locked: {}", problems.join("\n"))))
}

/// The digests of all files that a project is made of. What was read for `definitions` is not read again.
pub(crate) fn inventory(project: &Project, definitions: &Definitions) -> Inventory {
    let mut inventory = definitions.inventory.clone();
    inventory.put(SITE_FILE, project.site_digest);
    for function in project.sql_function_files() {
        if !inventory.has(function) {
            inventory.hash(function);
        }
    }
    if project.needs_python(&definitions.registry) {
        python::add(project, &mut inventory);
    }
    inventory
}

/// The lock file in a folder; none if there is none.
///
/// # Errors
/// It can't be read or used.
pub(crate) fn read(root: &Path) -> Result<Option<Lock>, Failure> {
    let path = root.join(LOCK_FILE);
    if !path.try_exists()? {
        return Ok(None);
    }
    let bytes = file::read(&path)
        .with_context(|| format!("{} can't be read", path.display()))?
        .ok_or_else(|| file::too_large(UNUSABLE, LOCK_FILE))?;
    let text = yaml::decode(&bytes).map_err(|problem| Failure::project(UNUSABLE, [problem.at(LOCK_FILE)]))?;
    let lock = Lock::parse(&SourceFile::new(LOCK_FILE, text));
    lock.map(Some).map_err(|findings| Failure::project(UNUSABLE, findings))
}

/// Writes the lock file of a folder.
///
/// # Errors
/// It can't be written; the one from before stays then.
pub(crate) fn write(root: &Path, lock: &Lock) -> Result<(), Failure> {
    let path = root.join(LOCK_FILE);
    let written = file::replace(&path, lock.to_text().as_bytes());
    Ok(written.with_context(|| format!("{} can't be written", path.display()))?)
}

/// How a project differs from its lock.
///
/// # Errors
/// It has none, or can't be locked as it is.
pub(crate) fn changes(project: &Project, definitions: &Definitions) -> Result<Vec<Change>, Failure> {
    let locked = read(&project.root)?.ok_or_else(|| {
        Failure::message(format!(
            "the project is not locked: it has no {LOCK_FILE}, which `mxcp lock` writes"
        ))
    })?;
    Ok(locked.compare(&of(project, definitions)?))
}

/// Makes sure that a project is as its lock says.
///
/// # Errors
/// It is not, and every difference is told; or as [`changes`].
pub(crate) fn verify(project: &Project, definitions: &Definitions) -> Result<(), Failure> {
    let changes = changes(project, definitions)?;
    if changes.is_empty() {
        return Ok(());
    }
    let mut message = format!("the project is not as {LOCK_FILE} says:");
    for Change { path, change } in &changes {
        // Writing to a string can't fail.
        let _ = write!(message, "\n  {change} {path}");
    }
    message.push_str("\nif that is meant, `mxcp lock` locks it as it is now");
    Err(Failure::message(message))
}
