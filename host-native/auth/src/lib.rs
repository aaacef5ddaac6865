//! Who calls.
//!
//! [`Authentication`] is what a server over HTTP asks. It knows up to two kinds of callers: people who logged in, whose
//! tokens are either verified ([`Verifier`]: those of an identity provider) or issued here ([`issuer`]: an authorization
//! server of our own in front of an [upstream] provider, which remembers in a [store]), and edge hosts in front ([`Edge`]),
//! who say for whom they call.

mod authentication;
mod discovery;
mod edge;
mod error;
mod http;
pub mod issuer;
mod publisher;
mod recent;
pub mod store;
#[cfg(test)]
mod testing;
mod trust;
pub mod upstream;
mod verifier;

pub use authentication::{Authentication, Door};
pub use edge::Edge;
pub use error::Error;
pub use trust::Trust;
pub use verifier::Verifier;

/// The time as tokens tell it: seconds since 1970.
fn now() -> i64 {
    chrono::Utc::now().timestamp()
}
