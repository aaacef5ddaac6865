//! Changes of a project's files, as they are made.
//!
//! The operating system says that something happens; what has happened, the files themselves say. Where it says nothing, as
//! on file systems of other machines, they are looked at time and again.

mod files;
mod notices;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use self::files::Files;
use self::notices::Notices;

/// How often the files are looked at where the operating system says nothing. A project's few hundred files take a millisecond.
const LOOK: Duration = Duration::from_millis(200);

/// How often they are looked at all the same where it does: a folder may be on another machine, or behind a link.
const LOOK_ANYWAY: Duration = Duration::from_secs(2);

/// How long nothing more may happen for a change to be complete: editors write several files at once.
const QUIET: Duration = Duration::from_millis(40);

/// How often that is waited for: somebody may write all the time.
const PATIENCE: usize = 4;

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sight {
    /// Paths are told relative to it.
    root: PathBuf,
    /// The folders whose files are, and those of the folders within.
    folders: Vec<PathBuf>,
    /// Further files, whatever their names.
    files: Vec<PathBuf>,
}

impl Sight {
    /// The files below a folder.
    pub(crate) fn of(root: &Path) -> Self {
        Self { root: root.to_path_buf(), folders: vec![root.to_path_buf()], files: Vec::new() }
    }

    /// A file, too.
    pub(crate) fn with_file(mut self, file: PathBuf) -> Self {
        self.files.push(file);
        self
    }

    /// A folder, too, unless it is below the others.
    pub(crate) fn with_folder(mut self, folder: PathBuf) -> Self {
        if !self.folders.iter().any(|other| folder.starts_with(other)) {
            self.folders.push(folder);
        }
        self
    }
}

/// Looks at files for changes.
#[derive(Debug)]
pub(crate) struct Watch {
    sight: Sight,
    seen: Files,
    /// None where the operating system says nothing.
    notices: Option<Notices>,
}

impl Watch {
    /// What changes from now on is a change.
    pub(crate) fn begin(sight: Sight) -> Self {
        let seen = Files::of(&sight);
        let mut notices = Notices::new(&sight.files).ok();
        listen(&mut notices, &seen);
        Self { sight, seen, notices }
    }

    /// Looks at something else from now on. What comes into sight counts as changed: nobody knows since when it is as it is.
    pub(crate) fn look_at(&mut self, sight: Sight) {
        if sight != self.sight {
            if self.notices.is_some() {
                self.notices = Notices::new(&sight.files).ok();
                listen(&mut self.notices, &self.seen);
            }
            self.sight = sight;
        }
    }

    /// Waits for changes since the last ones that were given, and until no more follow. Gives the files that are not as they
    /// were. Dropping the future loses none.
    pub(crate) async fn changed(&mut self) -> Vec<String> {
        loop {
            let mut now = Files::of(&self.sight);
            if now != self.seen {
                for _ in 0..PATIENCE {
                    // Before waiting: what is written into a new folder meanwhile has to be heard of.
                    listen(&mut self.notices, &now);
                    sleep(QUIET).await;
                    let next = Files::of(&self.sight);
                    let quiet = next == now;
                    now = next;
                    if quiet {
                        break;
                    }
                }
                listen(&mut self.notices, &now);
                let changed = self.seen.difference(&now, &self.sight.root);
                self.seen = now;
                if !changed.is_empty() {
                    return changed;
                }
            }
            match &self.notices {
                // Nobody minds whether it was said or looked for.
                Some(notices) => drop(timeout(LOOK_ANYWAY, notices.next()).await),
                None => sleep(LOOK).await,
            }
        }
    }
}

/// Has the operating system say what happens in the folders there are, as long as it can.
fn listen(notices: &mut Option<Notices>, files: &Files) {
    if let Some(listening) = notices
        && let Err(error) = listening.listen(files.folders())
    {
        tracing::warn!(%error, "changes of files are not told by the system, and looked for instead");
        *notices = None;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    async fn sees_changes(mut watch: Watch, root: &Path) {
        fs::write(root.join("a.yml"), "changed").unwrap();
        assert_eq!(watch.changed().await, ["a.yml"]);
        fs::create_dir(root.join("new")).unwrap();
        fs::write(root.join("new/b.sql"), "b").unwrap();
        assert_eq!(watch.changed().await, ["new/b.sql"]);
        fs::write(root.join("new/c.tmp"), "longer").unwrap();
        fs::rename(root.join("new/c.tmp"), root.join("new/b.sql")).unwrap();
        assert_eq!(watch.changed().await, ["new/b.sql"]);
    }

    #[tokio::test]
    async fn changes_are_seen_whether_or_not_the_system_tells_them() {
        for told in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("a.yml"), "a").unwrap();
            let mut watch = Watch::begin(Sight::of(folder.path()));
            assert!(watch.notices.is_some());
            if !told {
                watch.notices = None;
            }
            sees_changes(watch, folder.path()).await;
        }
    }

    #[tokio::test]
    async fn what_comes_into_sight_is_a_change_and_is_looked_at_from_then_on() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let key = other.path().join("key");
        fs::write(&key, "one").unwrap();
        let mut watch = Watch::begin(Sight::of(folder.path()));
        watch.look_at(Sight::of(folder.path()).with_file(key.clone()));
        let shown = key.display().to_string();
        assert_eq!(watch.changed().await, [shown.as_str()]);
        fs::write(&key, "another").unwrap();
        assert_eq!(watch.changed().await, [shown.as_str()]);
    }

    #[tokio::test]
    async fn what_was_changed_before_anybody_waited_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let mut watch = Watch::begin(Sight::of(folder.path()));
        fs::write(folder.path().join("a.yml"), "a").unwrap();
        // Whoever waits may be called away at any time.
        drop(timeout(Duration::from_millis(1), watch.changed()).await);
        assert_eq!(watch.changed().await, ["a.yml"]);
    }
}
