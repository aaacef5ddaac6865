//! Where the files of a log are, and what they are called.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime, Utc};

use crate::error::Error;

const STARTED: &str = "%Y%m%dT%H%M%S";

/// The folder of a log, and what the names of its files begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    folder: PathBuf,
    stem: String,
}

/// When a segment was begun, and the how manieth of that second it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Begun(NaiveDateTime, u32);

impl Place {
    /// The log of `<folder>/<stem>.jsonl`.
    pub(crate) fn new(base: &Path) -> Self {
        let folder = base.parent().filter(|folder| !folder.as_os_str().is_empty());
        let stem = base.file_stem().unwrap_or(OsStr::new("audit")).to_string_lossy().into_owned();
        Self { folder: folder.unwrap_or(Path::new(".")).to_path_buf(), stem }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file that says what records are.
    pub(crate) fn schemas(&self) -> PathBuf {
        self.folder.join(format!("{}_schemas.jsonl", self.stem))
    }

    /// The key that signs heads, unless the configuration has another.
    pub(crate) fn key(&self) -> PathBuf {
        self.folder.join(format!("{}_signing.key", self.stem))
    }

    /// Its other half.
    pub(crate) fn public_key(&self) -> PathBuf {
        self.folder.join(format!("{}_signing.pub", self.stem))
    }

    /// What is held while somebody decides which segment follows which, or deletes some.
    pub(crate) fn lock(&self) -> PathBuf {
        self.folder.join(format!("{}.lock", self.stem))
    }

    /// The file name of the `count`th segment that begins at a time.
    pub(crate) fn segment(&self, begun: DateTime<Utc>, count: u32) -> String {
        let suffix = if count == 0 { String::new() } else { format!("-{count}") };
        format!("{}-{}{suffix}.jsonl", self.stem, begun.format(STARTED))
    }

    /// The head of a segment.
    pub(crate) fn head(&self, segment: &str) -> PathBuf {
        self.folder.join(format!("{}.head", segment.strip_suffix(".jsonl").unwrap_or(segment)))
    }

    /// All segments, by the time at which they were begun; first the one file of versions that had no segments.
    ///
    /// # Errors
    /// The folder is there and can't be read.
    pub(crate) fn segments(&self) -> Result<Vec<PathBuf>, Error> {
        self.begun_files(".jsonl").map(|found| {
            let plain = self.folder.join(format!("{}.jsonl", self.stem));
            plain.is_file().then_some(plain).into_iter().chain(found).collect()
        })
    }

    /// The heads of all segments, also of those that are gone.
    ///
    /// # Errors
    /// As [`Place::segments`].
    pub(crate) fn heads(&self) -> Result<Vec<PathBuf>, Error> {
        self.begun_files(".head")
    }

    fn begun_files(&self, ending: &str) -> Result<Vec<PathBuf>, Error> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Error::unreadable(&self.folder)(error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry.map_err(Error::unreadable(&self.folder))?.path();
            let name = path.file_name().and_then(OsStr::to_str).and_then(|name| name.strip_suffix(ending));
            if let Some(begun) = name.and_then(|name| self.begun(name)) {
                found.push((begun, path));
            }
        }
        found.sort();
        Ok(found.into_iter().map(|(_, path)| path).collect())
    }

    /// `logs.jsonl` must not take the files of `logs-default.jsonl` for its own: only the form of the time tells.
    fn begun(&self, name: &str) -> Option<Begun> {
        let rest = name.strip_prefix(&self.stem)?.strip_prefix('-')?;
        let (time, count) = match rest.split_once('-') {
            Some((time, count)) => (time, count.parse().ok()?),
            None => (rest, 0),
        };
        Some(Begun(NaiveDateTime::parse_from_str(time, STARTED).ok().filter(|_| time.len() == 15)?, count))
    }
}

/// The name of a file of the log.
pub(crate) fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stem_ends_at_the_last_dot() {
        let place = Place::new(Path::new("x/a.b.jsonl"));
        let begun = "2026-01-15T10:30:45Z".parse().unwrap();
        assert_eq!(place.segment(begun, 0), "a.b-20260115T103045.jsonl");
        assert_eq!(place.segment(begun, 2), "a.b-20260115T103045-2.jsonl");
        assert_eq!(place.head("a.b-20260115T103045.jsonl"), Path::new("x/a.b-20260115T103045.head"));
    }

    #[test]
    fn only_names_with_a_time_are_segments() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "logs.jsonl",
            "logs-20260102T000000-10.jsonl",
            "logs-20260102T000000-2.jsonl",
            "logs-20260101T000000.jsonl",
            "logs-default-20260101T000000.jsonl",
            "logs_schemas.jsonl",
            "logs-20260101T000000.head",
            "logs-2026.jsonl",
        ] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let place = Place::new(&folder.path().join("logs.jsonl"));
        let names: Vec<_> = place.segments().unwrap().iter().map(|path| name(path)).collect();
        assert_eq!(
            names,
            [
                "logs.jsonl",
                "logs-20260101T000000.jsonl",
                "logs-20260102T000000-2.jsonl",
                "logs-20260102T000000-10.jsonl"
            ]
        );
        assert_eq!(place.heads().unwrap().len(), 1);
    }

    #[test]
    fn a_log_that_was_never_written_has_no_segments() {
        assert_eq!(Place::new(Path::new("/nowhere/at/all.jsonl")).segments().unwrap(), [] as [PathBuf; 0]);
    }
}
