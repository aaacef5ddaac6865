//! The audit log of a server: what was called, by whom, how it was decided, and what came of it.
//!
//! * [`AuditLog`] is the sink that the pipeline writes to. Whoever finds nobody writing does so, and a thread does
//!   where that may take its time (`writing`): gives each record its place in a chain of hashes (`chain`), appends it to a *segment*
//!   (`segment`: a file with one JSON record in each line); the thread signs from time to time how far it has come (`head`, `key`).
//! * What a record looks like is in `line`; what is kept out of it, in `schema` and `redaction`. Sensitive arguments and
//!   results are redacted by the core before they get here.
//! * [`AuditReader`] finds records again, [`verify`](AuditReader::verify) proves that none was changed or removed, and
//!   [`clean_up`](AuditReader::clean_up) deletes those that are too old. Readers create nothing.
//!
//! Several servers may write to one folder: each has segments of its own, and holds a lock on the one it writes.

mod answers;
mod archive;
mod chain;
mod clock;
mod csv;
mod destination;
mod error;
mod filter;
mod folder;
mod head;
mod ids;
mod key;
mod line;
mod lines;
mod log;
mod medium;
mod ocsf;
mod options;
mod place;
mod queue;
mod reader;
mod record;
mod recovery;
mod redaction;
mod retention;
mod schema;
mod segment;
mod stats;
mod table;
mod tail;
#[cfg(test)]
mod testing;
mod verify;
mod writer;
mod writing;

pub use archive::{AuditReader, Tail};
pub use clock::Clock;
pub use csv::Csv;
pub use error::Error;
pub use filter::{Decision, Filter};
pub use key::{PublicKey, SigningKey};
pub use log::AuditLog;
pub use ocsf::ocsf;
pub use options::{Options, Sync, WhenFull};
pub use reader::{Found, Malformed};
pub use record::Record;
pub use retention::CleanUp;
pub use stats::Stats;
pub use table::Table;
pub use verify::{SegmentReport, SegmentState, Verification};
