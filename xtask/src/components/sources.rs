//! The sources of a component, without what was built from them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// Folders and files that no source is in.
const BUILT: &[&str] =
    &["target", "bindings", "wit_world", "node_modules", "package-lock.json", "__pycache__"];

/// What a component is found by: the digest of its sources and of what builds it.
pub(crate) fn digest(folder: &Path, toolchain: &str) -> Result<String> {
    let mut digest = Sha256::new();
    digest.update(toolchain.as_bytes());
    for file in files(folder)? {
        let bytes = fs::read(folder.join(&file)).with_context(|| file.display().to_string())?;
        let name = file.to_string_lossy();
        digest.update(format!("\n{name} {}\n", bytes.len()).as_bytes());
        digest.update(&bytes);
    }
    Ok(digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

/// Copies the sources.
pub(crate) fn copy(folder: &Path, to: &Path) -> Result<()> {
    for file in files(folder)? {
        let target = to.join(&file);
        fs::create_dir_all(target.parent().context("a file is in a folder")?)?;
        fs::copy(folder.join(&file), &target).with_context(|| file.display().to_string())?;
    }
    Ok(())
}

/// The files, relative to the folder, in order.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(relative) = open.pop() {
        let path = folder.join(&relative);
        for entry in fs::read_dir(&path).with_context(|| path.display().to_string())? {
            let entry = entry?;
            let name = entry.file_name();
            let text = name.to_string_lossy();
            if BUILT.contains(&text.as_ref()) || text.ends_with(".wasm") {
                continue;
            }
            let relative = relative.join(&name);
            if entry.file_type()?.is_dir() { open.push(relative) } else { found.push(relative) }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{digest, files};

    #[test]
    fn what_was_built_does_not_change_the_digest() {
        let folder = std::env::temp_dir().join(format!("xtask-sources-{}", std::process::id()));
        fs::create_dir_all(folder.join("wit")).unwrap();
        fs::write(folder.join("wit/a.wit"), "package a:b;").unwrap();
        let before = digest(&folder, "tool 1").unwrap();
        fs::create_dir_all(folder.join("target/release")).unwrap();
        fs::write(folder.join("target/release/x"), "built").unwrap();
        fs::write(folder.join("a.wasm"), "built").unwrap();
        let (after, found) = (digest(&folder, "tool 1").unwrap(), files(&folder).unwrap());
        let other = digest(&folder, "tool 2").unwrap();
        fs::write(folder.join("wit/a.wit"), "package a:c;").unwrap();
        let changed = digest(&folder, "tool 1").unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!((after, found.len()), (before.clone(), 1));
        assert_ne!(before, other);
        assert_ne!(before, changed);
    }
}
