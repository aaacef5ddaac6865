//! Files beside the definitions: databases, snapshots, what git ignores.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::found::Found;
use super::rule::{Rule, rules};
use super::subject::{Subject, source};

rules! { Refused:
    DATABASE = "database-format",
        "MXCP 0.12 can be installed with DuckDB 2, which makes files of a newer format",
        "DuckDB 1.5 reads formats 64 to 68 and refuses the file",
        "with the old program `mxcp query \"EXPORT DATABASE 'dump' (FORMAT parquet)\"`, move the file away, with the new one `mxcp query \"IMPORT DATABASE 'dump'\"`; or build it anew";
}

rules! { Otherwise:
    SNAPSHOT = "drift-snapshot",
        "a snapshot was compared without the files of SQL and Python, and `drift-check` always failed when it reported to people",
        "a snapshot of MXCP 0.12 is read; a new one has digests of these files as well",
        "take a new one with `mxcp drift-snapshot --force` when the old one shows no drift";
    AUDIT_KEY = "git-audit-key",
        "the folder of the audit log held records only",
        "it holds the key that signs them as well, unless `MXCP_AUDIT_KEY` is set",
        "have git ignore the folder";
}

rules! { Same:
    DBT_PROJECT = "dbt-project",
        "read by dbt",
        "read by dbt in the same way; `mxcp dbt-config` keeps what else it says, but for comments",
        "nothing";
}

pub(super) const RULES: &[&Rule] = &[&DATABASE, &SNAPSHOT, &AUDIT_KEY, &DBT_PROJECT];

/// Formats of DuckDB files that can be read.
const FORMATS: std::ops::RangeInclusive<u64> = 64..=68;

pub(super) fn find(subject: &Subject, found: &mut Found) {
    let root = subject.root();
    let profile = subject.project.site.profile(&subject.project.profile);
    let database = subject.project.path(&profile.database);
    if let Some(format) = format(&database).filter(|format| !FORMATS.contains(format)) {
        found.file(&DATABASE, shown(root, &database), format!("the file has format {format}"));
    }
    let snapshot = subject.project.path(&profile.drift_snapshot);
    if snapshot.is_file() {
        found.file(&SNAPSHOT, shown(root, &snapshot), "");
    }
    if root.join("dbt_project.yml").is_file() {
        found.file(&DBT_PROJECT, "dbt_project.yml", "");
    }
    if profile.audit && root.join(".git").exists() {
        let log = shown(root, &subject.project.path(&profile.audit_log));
        let folder = log.split('/').next().unwrap_or_default();
        let ignored = source(&root.join(".gitignore"), ".gitignore");
        let is_ignored = ignored.is_some_and(|file| {
            file.text().lines().any(|line| line.trim().trim_matches('/').trim_end_matches("/*") == folder)
        });
        if !is_ignored && !log.starts_with('/') {
            found.file(&AUDIT_KEY, ".gitignore", format!("`{folder}` is not ignored"));
        }
    }
}

/// A path as the author knows it.
fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

/// The format of a DuckDB file: eight bytes, the word `DUCK`, and the number of the format.
fn format(path: &Path) -> Option<u64> {
    let mut head = [0; 20];
    // A pipe in the file's place would never answer.
    path.is_file().then(|| File::open(path).ok()?.read_exact(&mut head).ok())??;
    let (_, rest) = head.split_at_checked(8)?;
    let number = rest.strip_prefix(b"DUCK")?;
    Some(u64::from_le_bytes(number.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_of_a_database_is_read_from_its_head() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.duckdb");
        assert_eq!(format(&path), None);
        std::fs::write(&path, [&[0; 8][..], b"DUCK", &999_u64.to_le_bytes()].concat()).unwrap();
        assert_eq!(format(&path), Some(999));
        std::fs::write(&path, "no database, and long enough to be one").unwrap();
        assert_eq!(format(&path), None);
    }
}
