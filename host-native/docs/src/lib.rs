//! A website about the endpoints of a project, made from what their definitions say.
//!
//! [`Site`] is the whole of it: pages by path, each rendered when it is asked for. `mxcp docs` writes them to a
//! folder; `mxcp serve` gives them to browsers, together with the inspector, a page to call tools from. The
//! pages are for whoever uses the tools: they say what a tool takes, gives and refuses. How it works inside is
//! left out unless the [`Options`] ask for it, so are endpoints that hide from callers, and examples of what is
//! `sensitive` are left out always.
//!
//! Pages load nothing from elsewhere and have neither scripts nor styles inside, so that a strict content
//! security policy fits them. Links are relative: the site works at any address, and from a folder.

mod example;
mod field;
mod json;
mod page;
mod policy;
mod prose;
mod schema;
mod secret;
pub mod shell;
mod site;
mod slug;
mod template;
mod test;
mod words;

pub use page::{Error, Page};
pub use site::{Options, Site};
