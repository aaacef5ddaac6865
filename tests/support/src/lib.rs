//! What the suites under `tests/` share.
//!
//! A *case* ([`case`]) is a small project and the calls made to it. Playing it on a [`Surface`](transcript::Surface)
//! gives a [`Transcript`](transcript::Transcript); the same case must give the same transcript, byte for byte, on the
//! core as a Rust library ([`native`]) and as a component ([`component`]).

#![allow(clippy::indexing_slicing, reason = "a JSON value indexed by a key it lacks is null")]

pub mod case;
pub mod client;
pub mod collector;
pub mod component;
pub mod composed;
pub mod entry;
pub mod guest;
pub mod model;
pub mod native;
pub mod nginx;
pub mod oauth;
pub mod postgres;
pub mod project;
pub mod provider;
pub mod python;
pub mod registry;
pub mod test_guest;
pub mod transcript;

use std::path::PathBuf;

/// The root of the workspace.
#[must_use]
pub fn workspace_root() -> PathBuf {
    // The variable is of the package that is tested; the constant may name another checkout that shares the target folder.
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let root = here.ancestors().find(|folder| folder.join("Cargo.lock").exists());
    root.map_or(here.clone(), PathBuf::from)
}
