//! The whole server, by its routes: what works, and what attackers try.

mod challenge;
mod codes;
mod consent;
mod documents;
mod failures;
mod login;
mod redirects;
mod registration;
mod secrets;
mod sessions;
mod states;
mod world;
