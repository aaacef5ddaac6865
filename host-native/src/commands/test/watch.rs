//! Testing again whenever a file of the project changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{env, fs};

use tokio_util::sync::CancellationToken;

use super::{Request, once};
use crate::failure::{Failure, Outcome};
use crate::project::{SITE_FILE, root_of};
use crate::ui::{Output, Ui};

/// How often the files are looked at. Looking works on every file system, where notifications do not; a project's
/// few hundred files take a millisecond.
const PAUSE: Duration = Duration::from_millis(300);

/// What definitions and their sources are written in. Data is left out: the tests themselves may write it.
const EXTENSIONS: [&str; 5] = ["py", "sql", "wasm", "yaml", "yml"];

/// Folders full of files that nobody writes by hand.
const PASSED_OVER: [&str; 4] = ["__pycache__", "node_modules", "target", "venv"];

/// Most changed files that are named.
const NAMED: usize = 3;

/// Tests until a signal ends it. A project that can't be used, as between two edits, ends it not.
///
/// # Errors
/// There is no project, or nobody reads the output any more.
pub(super) async fn run(
    request: &Request<'_>,
    ui: &mut Ui,
    cancel: &CancellationToken,
) -> Result<Outcome, Failure> {
    let Some(root) = root_of(&env::current_dir()?) else {
        return Err(Failure::message(format!("No {SITE_FILE} found in current directory or parents")));
    };
    loop {
        // Taken before the tests: what is written while they run is news to the next round.
        let mut files = Files::of(&root);
        let ended = once(request, ui, cancel).await;
        let outcome = match ended {
            Err(failure) if failure.is_broken_pipe() => return Err(failure),
            Err(failure) => {
                ui.conclude("test", Err(failure), request.args.common.debug);
                Outcome::Findings
            }
            Ok(outcome) => outcome,
        };
        ui.flush()?;
        if cancel.is_cancelled() {
            return Ok(outcome);
        }
        if ui.output() == Output::Human {
            ui.remark("\nWaiting for changes, Ctrl-C ends")?;
        }
        let changed = tokio::select! {
            biased;
            () = cancel.cancelled() => return Ok(outcome),
            changed = files.changed(&root) => changed,
        };
        if ui.output() == Output::Human {
            ui.remark(format_args!("\n──── changed: {} ────\n", named(&changed)))?;
        }
    }
}

/// The first few of the files, and how many there are more.
fn named(changed: &[String]) -> String {
    let (named, more) = changed.split_at(changed.len().min(NAMED));
    match more.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// The files of a project as they were at some moment.
#[derive(Debug, Default, PartialEq, Eq)]
struct Files {
    /// Length and time of the last change, by path relative to the root.
    states: BTreeMap<PathBuf, (u64, Option<SystemTime>)>,
}

impl Files {
    fn of(root: &Path) -> Self {
        let mut files = Self::default();
        files.visit(root, root);
        files
    }

    /// A folder that can't be read has no files: it may be gone by the time it is looked at.
    fn visit(&mut self, root: &Path, folder: &Path) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let path = entry.path();
            let Ok(kind) = entry.file_type() else { continue };
            if name.starts_with('.') || kind.is_dir() && PASSED_OVER.contains(&&*name) {
                continue;
            }
            if kind.is_dir() {
                self.visit(root, &path);
            } else if path.extension().and_then(|it| it.to_str()).is_some_and(|it| EXTENSIONS.contains(&it))
                && let Ok(metadata) = fs::metadata(&path)
            {
                let relative = path.strip_prefix(root).unwrap_or(&path).to_path_buf();
                self.states.insert(relative, (metadata.len(), metadata.modified().ok()));
            }
        }
    }

    /// Waits for a change, and until no more follow: editors write several files at once. Gives what has changed.
    async fn changed(&mut self, root: &Path) -> Vec<String> {
        let mut latest = Self::of(root);
        loop {
            tokio::time::sleep(PAUSE).await;
            let now = Self::of(root);
            let quiet = now == latest;
            latest = now;
            let changed = self.difference(&latest);
            if quiet && !changed.is_empty() {
                return changed;
            }
        }
    }

    /// The files that are not as they were, new and gone ones among them.
    fn difference(&self, now: &Self) -> Vec<String> {
        let gone = self.states.keys().filter(|path| !now.states.contains_key(*path));
        let changed = now.states.iter().filter(|(path, state)| self.states.get(*path) != Some(state));
        let mut paths: Vec<_> =
            gone.chain(changed.map(|(path, _)| path)).map(|path| path.display().to_string()).collect();
        paths.sort();
        paths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_those_of_files_that_people_write() {
        let root = env::temp_dir().join(format!("mxcp-watch-{}", std::process::id()));
        for folder in ["tools", "data", ".git", "node_modules/x"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::write(root.join("tools/a.yml"), "a").unwrap();
        fs::write(root.join("tools/gone.yml"), "a").unwrap();
        let before = Files::of(&root);
        fs::write(root.join("tools/a.yml"), "longer").unwrap();
        fs::write(root.join("tools/b.sql"), "b").unwrap();
        fs::remove_file(root.join("tools/gone.yml")).unwrap();
        for other in ["data/db.duckdb", ".git/x.yml", "node_modules/x/y.yml", "data/out.csv"] {
            fs::write(root.join(other), "x").unwrap();
        }
        let after = Files::of(&root);
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(before.difference(&after), ["tools/a.yml", "tools/b.sql", "tools/gone.yml"]);
        assert!(before.difference(&before).is_empty());
    }

    #[test]
    fn many_changes_are_counted() {
        let files: Vec<_> = (1..=5).map(|number| format!("{number}.yml")).collect();
        assert_eq!(named(&files), "1.yml, 2.yml, 3.yml and 2 more");
        assert_eq!(named(files.get(..2).unwrap()), "1.yml, 2.yml");
    }
}
