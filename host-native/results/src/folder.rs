//! The folder of kept results: what its files are called, and which of them have to go.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use mxcp_runtime::user_cache;

use crate::error::{Doing as _, Error};

/// What the names of files of one result begin with: until when it is kept, in seconds since 1970, and its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stem {
    pub(crate) expires_at: u64,
    id: u128,
}

impl Stem {
    /// One that there is not.
    pub(crate) fn random(expires_at: u64) -> Result<Self, Error> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(Error::Random)?;
        Ok(Self { expires_at, id: u128::from_be_bytes(id) })
    }

    pub(crate) fn to_bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        let both = self.expires_at.to_be_bytes().into_iter().chain(self.id.to_be_bytes());
        bytes.iter_mut().zip(both).for_each(|(place, byte)| *place = byte);
        bytes
    }

    pub(crate) fn from_bytes(bytes: [u8; 24]) -> Self {
        let number =
            |bytes: &[u8]| bytes.iter().fold(0, |number: u128, byte| number << 8 | u128::from(*byte));
        let (expires_at, id) = bytes.split_at(8);
        Self { expires_at: u64::try_from(number(expires_at)).unwrap_or_default(), id: number(id) }
    }

    /// The name of one of its files.
    pub(crate) fn file(self, suffix: &str) -> String {
        format!("{self}.{suffix}")
    }

    /// What tells the result from others.
    pub(crate) fn id(self) -> String {
        format!("{:032x}", self.id)
    }

    /// The stem of a file's name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let (stem, _suffix) = name.split_once('.')?;
        let (expires_at, id) = stem.split_once('-')?;
        Self::with(u64::from_str_radix(expires_at, 16).ok()?, id)
    }

    /// The one of an id.
    pub(crate) fn with(expires_at: u64, id: &str) -> Option<Self> {
        Some(Self { expires_at, id: u128::from_str_radix(id, 16).ok()? })
    }
}

impl std::fmt::Display for Stem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:016x}-{:032x}", self.expires_at, self.id)
    }
}

/// The folder.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Makes it, for this user alone.
    pub(crate) fn make(&self) -> Result<(), Error> {
        user_cache::make_private(&self.0).doing("making the folder of results")?;
        let mode = fs::Permissions::from_mode(0o700);
        fs::set_permissions(&self.0, mode).doing("making the folder of results")
    }

    /// Opens a file in it that this user wrote.
    pub(crate) fn open(&self, stem: &Stem, suffix: &str) -> Result<fs::File, Error> {
        user_cache::open_private(&self.0, &stem.file(suffix)).doing("reading a kept result")
    }

    /// Removes what is not kept any longer and, if files have more than `most` bytes, those that go first. What can't be looked at
    /// or removed stays.
    pub(crate) fn sweep(&self, now: u64, most: u64) -> io::Result<()> {
        let mut results: BTreeMap<Stem, (u64, Vec<PathBuf>)> = BTreeMap::new();
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(stem) = name.to_str().and_then(Stem::of) else { continue };
            let bytes = entry.metadata().map_or(0, |found| found.len());
            let (total, files) = results.entry(stem).or_default();
            *total += bytes;
            files.push(entry.path());
        }
        let mut total: u64 = results.values().map(|(bytes, _)| bytes).sum();
        // In the order in which they expire.
        for (stem, (bytes, files)) in results {
            if stem.expires_at > now && total <= most {
                break;
            }
            for file in files {
                if let Err(error) = fs::remove_file(&file)
                    && error.kind() != io::ErrorKind::NotFound
                {
                    tracing::warn!(%error, "a kept result can't be removed");
                }
            }
            total = total.saturating_sub(bytes);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(folder: &Folder) -> Vec<u64> {
        let mut stems: Vec<Stem> = fs::read_dir(&folder.0)
            .unwrap()
            .filter_map(|entry| Stem::of(entry.unwrap().file_name().to_str().unwrap()))
            .collect();
        stems.sort();
        stems.iter().map(|stem| stem.expires_at).collect()
    }

    #[test]
    fn a_stem_is_the_same_after_its_way_through_names_and_bytes() {
        let stem = Stem::random(1_800_000_000).unwrap();
        assert_eq!(Stem::of(&stem.file("rows")), Some(stem));
        assert_eq!(Stem::from_bytes(stem.to_bytes()), stem);
        for other in ["", "a.rows", ".tmpAb12", "12-xy.rows"] {
            assert_eq!(Stem::of(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_expired_goes_and_then_what_would_go_first() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().join("kept"));
        folder.make().unwrap();
        assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o700);
        for expires_at in [10, 20, 30, 40] {
            let stem = Stem::random(expires_at).unwrap();
            fs::write(folder.path().join(stem.file("rows")), [0; 60]).unwrap();
            fs::write(folder.path().join(stem.file("index")), [0; 40]).unwrap();
        }
        fs::write(folder.path().join("else"), "").unwrap();
        folder.sweep(10, 1000).unwrap();
        assert_eq!(kept(&folder), [20, 20, 30, 30, 40, 40]);
        folder.sweep(10, 200).unwrap();
        assert_eq!(kept(&folder), [30, 30, 40, 40]);
        folder.sweep(50, 200).unwrap();
        assert!(kept(&folder).is_empty());
        assert!(folder.path().join("else").exists());
    }
}
