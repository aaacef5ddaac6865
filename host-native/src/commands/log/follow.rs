//! Showing records as they are written.

use std::io;
use std::time::Duration;

use mxcp_audit::{AuditReader, Filter, Tail};

use super::line::{self, Shown};
use super::warn;
use crate::compose;
use crate::failure::{Failure, Outcome};
use crate::signals;
use crate::ui::{Output, Ui};

/// How long to wait before looking again.
const PAUSE: Duration = Duration::from_millis(200);

/// Shows the newest records there are, oldest first, and then each that comes, until a signal or until nobody reads it.
pub(super) fn run(reader: AuditReader, filter: Filter, ui: &mut Ui) -> Result<Outcome, Failure> {
    let limit = filter.limit.unwrap_or(usize::MAX);
    let mut tail = Tail::new(reader, filter);
    let mut found = tail.read_on()?;
    let before = found.records.len().saturating_sub(limit);
    found.records.drain(..before);
    compose::block_on(async {
        loop {
            warn(&found.malformed, ui)?;
            for record in &found.records {
                match ui.output() {
                    Output::Json => {
                        ui.line(serde_json::to_string(&Shown::of(record)).map_err(io::Error::from)?)?
                    }
                    Output::Human => line::show(record, false, ui)?,
                }
            }
            ui.flush()?;
            tokio::select! {
                ended = signals::end_requested() => {
                    ended?;
                    return Ok(Outcome::Fine);
                }
                () = tokio::time::sleep(PAUSE) => {}
            }
            found = tail.read_on()?;
        }
    })
}
