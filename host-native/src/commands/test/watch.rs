//! Testing again whenever a file of the project changes.

use std::env;

use tokio_util::sync::CancellationToken;

use super::{Request, once};
use crate::advice;
use crate::failure::{Failure, Outcome};
use crate::project::root_of;
use crate::ui::{Output, Ui};
use crate::watch::{Sight, Watch};

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
    let folder = env::current_dir()?;
    let Some(root) = root_of(&folder) else {
        return Err(Failure::Other(advice::without_project(&folder).into()));
    };
    // Before the tests: what is written while they run is news to the next round.
    let mut watch = Watch::begin(Sight::of(&root));
    loop {
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
            changed = watch.changed() => changed,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_changes_are_counted() {
        let files: Vec<_> = (1..=5).map(|number| format!("{number}.yml")).collect();
        assert_eq!(named(&files), "1.yml, 2.yml, 3.yml and 2 more");
        assert_eq!(named(files.get(..2).unwrap()), "1.yml, 2.yml");
    }
}
