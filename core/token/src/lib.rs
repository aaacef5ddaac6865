//! Bearer tokens and assertions: who calls, as far as a signature proves it.
//!
//! * [`verify`] takes a token of an identity provider (a JWT) with the provider's public keys ([`Jwks`]) and what is expected of
//!   it ([`Expectations`]), and gives its [`Claims`]. A [`TokenError`] says why it is refused, and whether fresher keys might help.
//!   Tokens that say nothing themselves are known by what their issuer answers: [`introspected`], [`userinfo`].
//! * An [`Assertion`] is what an edge host tells its origin: this user makes exactly this call ([`CallDigest`]), now. Both
//!   know one [`AssertionKey`]; [`Replays`] remembers which assertions were used.
//!
//! The crate acts on nothing: keys, the time and ids are arguments. Times are seconds since 1970-01-01 UTC.

mod algorithm;
mod answer;
mod assertion;
mod assertion_key;
mod call_digest;
mod claims;
mod compact;
mod error;
mod expectations;
mod jwks;
mod numeric_date;
mod replays;
#[cfg(test)]
mod testing;
mod verify;

pub use algorithm::Algorithm;
pub use answer::{introspected, userinfo};
pub use assertion::{Asserted, Assertion, ISSUER, LIFETIME, ORIGIN, is_assertion};
pub use assertion_key::{AssertionKey, ShortKey};
pub use call_digest::{CallDigest, CallKind};
pub use claims::Claims;
pub use compact::MOST_BYTES;
pub use error::TokenError;
pub use expectations::{Audiences, Expectations};
pub use jwks::{Jwks, JwksError};
pub use replays::{ReplayError, Replays};
pub use verify::verify;
