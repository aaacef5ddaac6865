//! The audit log where it shows: in its files, through `mxcp log`, and after everything that may go wrong.

mod faults;
mod project;
mod reading;
mod records;
mod table;
