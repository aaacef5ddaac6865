//! What the operating system says about folders.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use notify::{Config, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::Notify;

use super::files::is_source;

/// Hears that something happens in folders. What happens is not heard: files are looked at for that.
#[derive(Debug)]
pub(super) struct Notices {
    watcher: RecommendedWatcher,
    watched: BTreeSet<PathBuf>,
    heard: Arc<Notify>,
}

impl Notices {
    /// Listens to nothing yet; none where the operating system says nothing. `files` are of interest whatever their names.
    pub(super) fn new(files: &[PathBuf]) -> notify::Result<Self> {
        let heard = Arc::<Notify>::default();
        let (tell, files) = (Arc::clone(&heard), files.to_vec());
        let hear = move |event: notify::Result<Event>| {
            // Whoever says that something was lost says that everything has to be looked at.
            if event.is_err() || event.is_ok_and(|event| matters(&event, &files)) {
                tell.notify_one();
            }
        };
        let watcher = RecommendedWatcher::new(hear, Config::default().with_follow_symlinks(false))?;
        Ok(Self { watcher, watched: BTreeSet::new(), heard })
    }

    /// Listens to these folders and no others.
    ///
    /// # Errors
    /// There are more than the operating system can watch.
    pub(super) fn listen(&mut self, folders: &BTreeSet<PathBuf>) -> notify::Result<()> {
        for gone in self.watched.difference(folders) {
            // If it is gone itself, its watch is, too.
            let _unwatched = self.watcher.unwatch(gone);
        }
        for new in folders.difference(&self.watched.clone()) {
            match self.watcher.watch(new, RecursiveMode::NonRecursive) {
                Ok(()) => {}
                // Gone since it was seen.
                Err(_) if !new.is_dir() => continue,
                Err(error) => return Err(error),
            }
        }
        self.watched.clone_from(folders);
        Ok(())
    }

    /// Waits until something has happened since this was last waited for.
    pub(super) async fn next(&self) {
        self.heard.notified().await;
    }
}

/// Whether files that people write may be others after an event: databases are written all the time.
fn matters(event: &Event, files: &[PathBuf]) -> bool {
    if matches!(event.kind, EventKind::Access(_)) {
        return false;
    }
    let of_interest = |path: &PathBuf| {
        is_source(path) || files.contains(path) || path.extension().is_none() || path.is_dir()
    };
    event.need_rescan() || event.paths.is_empty() || event.paths.iter().any(of_interest)
}

#[cfg(test)]
mod tests {
    use notify::event::{AccessKind, CreateKind, DataChange, ModifyKind};

    use super::*;

    #[test]
    fn reading_and_writing_data_wake_nobody() {
        let event = |kind, path: &str| Event::new(kind).add_path(PathBuf::from(path));
        let written = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        let files = [PathBuf::from("/home/a/config.old")];
        assert!(matters(&event(written, "/p/tools/a.yml"), &files));
        assert!(matters(&event(written, "/home/a/config.old"), &files));
        assert!(matters(&event(EventKind::Create(CreateKind::Folder), "/p/tools/new"), &files));
        assert!(!matters(&event(written, "/p/data/db.duckdb.wal"), &files));
        assert!(!matters(&event(EventKind::Access(AccessKind::Read), "/p/tools/a.yml"), &files));
    }
}
