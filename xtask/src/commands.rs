//! The commands, one file each.

#[cfg(unix)]
pub(crate) mod admin;
pub(crate) mod bench;
pub(crate) mod browser;
pub(crate) mod clients;
pub(crate) mod components;
pub(crate) mod conformance;
pub(crate) mod dbt;
pub(crate) mod demo;
#[cfg(unix)]
pub(crate) mod docs;
pub(crate) mod edge_hosts;
pub(crate) mod front;
pub(crate) mod fuzz;
pub(crate) mod logins;
pub(crate) mod people;
pub(crate) mod performance;
#[cfg(unix)]
pub(crate) mod reloads;
pub(crate) mod replicas;
pub(crate) mod scale;
pub(crate) mod schemas;
pub(crate) mod setup;
pub(crate) mod soak;
pub(crate) mod test;
pub(crate) mod wheel;
pub(crate) mod wit;
