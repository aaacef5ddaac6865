//! Where a chain of records goes.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::error::Error;
use crate::segment::Extent;

/// Takes the records of one server, in segments that follow each other.
pub(crate) trait Destination: fmt::Debug + Send {
    /// How far the segment has come.
    fn extent(&self) -> Extent;

    /// Whether the segment is so long that another one is to follow.
    fn is_full(&self) -> bool;

    /// Whether appending takes no longer than handing bytes to the operating system does, as a rule.
    fn is_quick(&self) -> bool;

    /// Whether somebody has taken the segment away, so that nobody would ever see what is written.
    fn is_gone(&self) -> bool;

    /// Ends the segment and begins another one, whose first record follows its last.
    ///
    /// # Errors
    /// There can't be another one. The old one goes on.
    fn begin(&mut self, now: DateTime<Utc>) -> Result<(), Error>;

    /// Appends whole lines, all or none; `extent` is how far the segment has come then. What is given again after an error is
    /// there once only.
    ///
    /// # Errors
    /// They can't be written.
    fn append(&mut self, text: &[u8], extent: Extent, now: DateTime<Utc>) -> Result<(), Error>;

    /// Does what is to be done once a second: signs how far the segment has come, and has it kept.
    fn beat(&mut self, now: DateTime<Utc>);

    /// Ends the segment for good.
    fn end(&mut self, now: DateTime<Utc>);
}

/// Says what is wrong, with its causes.
pub(crate) fn said(error: &Error, consequence: &str) {
    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    tracing::error!(cause, "{error}: {consequence}");
}
