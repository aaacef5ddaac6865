//! Asks language models, lets them call a project's tools, and judges what they do: `mxcp evals`.
//!
//! * A [`Model`] says where a model is and how it is spoken to. A [`Service`] asks it, over the network or from a [`Cassette`].
//! * [`run`] plays one test: it offers the endpoints that the caller may know of ([`offer`]), keeps the conversation
//!   ([`dialogue`]), makes the calls through the pipeline as the server would, and has the core judge the end.
//! * `interface` is what differs between services, one file for each: how requests are written and answers read. Where a service
//!   takes no tools, `prompt` describes them in words and `text_calls` finds the calls in the text of answers.

mod backoff;
mod cassette;
mod client;
mod dialogue;
mod error;
mod interface;
mod model;
mod offer;
mod prompt;
mod run;
mod service;
mod text_calls;
mod usage;

pub use cassette::{Cassette, CassetteError};
pub use error::{ModelError, ServiceError};
pub use model::{Model, Price};
pub use run::{Conclusion, Finished, Setting, run};
pub use service::{Service, Tape};
pub use usage::Usage;
