//! Drift: what a project was at some time, and how it differs from that now (spec `drift.md`).
//!
//! A host looks at the database, checks the endpoints, runs their tests and hashes files; what it found is a
//! [`Snapshot`]. Here is what a snapshot means, how one is read, and what counts as a difference between two.

mod baseline;
mod compare;
mod definition;
mod fingerprint;
mod report;
mod snapshot;

pub use baseline::Unusable;
pub use definition::Definition;
pub use report::{
    ChangeKind, ColumnChange, Details, FileChange, Report, ResourceChange, StatusChange, Summary, TableChange,
};
pub use snapshot::{
    Column, Resource, Snapshot, Table, TestResult, TestResults, TestsStatus, Validation, ValidationStatus,
    Verdict,
};

/// The version of the format that is written and read.
pub const VERSION: i64 = 1;

#[cfg(test)]
mod tests;
