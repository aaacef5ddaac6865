//! Counting calls, so that there are not too many.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use mxcp_core::call::{ExceededLimit, Principal};
use mxcp_core::definition::Kind;
use mxcp_core::limits::Limit;

use super::BoxFuture;

/// Bits of an IPv6 address that name a customer of a provider; the rest is the customer's own choice.
const CUSTOMER_BITS: u32 = 64;

/// Counts calls. Servers that share one count together.
pub trait Limiter: fmt::Debug + Send + Sync {
    /// Counts a call under all of some limits, or under none of them.
    ///
    /// # Errors
    /// One of them is exceeded; then nothing has been counted.
    fn enter<'a>(&'a self, demands: &'a [Demand<'a>]) -> BoxFuture<'a, Result<Place, Exceeded>>;
}

/// One limit that a call is under.
#[derive(Clone, Copy, Debug)]
pub struct Demand<'a> {
    /// What is limited.
    pub scope: Scope<'a>,
    /// Whose calls are counted; none: everybody's together.
    pub party: Option<&'a Party>,
    /// How many there may be.
    pub limit: &'a Limit,
}

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    /// Requests to the server.
    Server,
    /// Calls of an endpoint.
    Endpoint(Kind, &'a str),
    /// Clients of OAuth that register themselves.
    Registrations,
    /// Documents of such clients that are fetched.
    Documents,
}

/// Whose calls are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Party {
    /// Those of a user of an identity provider.
    User {
        /// The provider.
        provider: String,
        /// Its id of the user.
        id: String,
    },
    /// Those from an address, or from the network of one customer, of people who have not said who they are.
    Address(IpAddr),
    /// Those of whoever started the server.
    Local,
}

/// A call that is counted. It is running until this is dropped.
pub struct Place(Option<Box<dyn Send + Sync>>);

/// Why a call is one too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// Which limit it is.
    pub limit: ExceededLimit,
    /// When a call may succeed at the earliest.
    pub retry_after: Duration,
}

impl Party {
    /// Whoever makes a call.
    #[must_use]
    pub fn of(principal: Option<&Principal>, address: Option<IpAddr>) -> Self {
        match (principal, address) {
            (Some(user), _) => Self::User { provider: user.provider.clone(), id: user.user_id.clone() },
            (None, Some(address)) => Self::at(address),
            (None, None) => Self::Local,
        }
    }

    /// Whoever is at an address.
    #[must_use]
    pub fn at(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = address.to_bits() >> CUSTOMER_BITS << CUSTOMER_BITS;
                IpAddr::V6(Ipv6Addr::from_bits(network))
            }
            address => address,
        })
    }
}

impl Place {
    /// A place that `held` gives back when it is dropped.
    #[must_use]
    pub fn new(held: impl Send + Sync + 'static) -> Self {
        Self(Some(Box::new(held)))
    }

    /// The place of a call that nobody counts.
    #[must_use]
    pub fn unlimited() -> Self {
        Self(None)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Place").field("limited", &self.0.is_some()).finish()
    }
}

impl Exceeded {
    /// When a call may succeed at the earliest, in whole seconds.
    #[must_use]
    pub fn retry_after_seconds(&self) -> u64 {
        let seconds = self.retry_after.as_secs();
        if self.retry_after.subsec_nanos() > 0 { seconds.saturating_add(1) } else { seconds.max(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_customer_are_one_party() {
        let at = |address: &str| Party::at(address.parse().unwrap());
        assert_eq!(at("2001:db8:1:2::1"), at("2001:db8:1:2:ffff::9"));
        assert_ne!(at("2001:db8:1:2::1"), at("2001:db8:1:3::1"));
        assert_eq!(at("::ffff:10.0.0.1"), at("10.0.0.1"));
        assert_ne!(at("10.0.0.1"), at("10.0.0.2"));
    }

    #[test]
    fn nobody_is_told_to_come_back_at_once() {
        let seconds = |millis| {
            let retry_after = Duration::from_millis(millis);
            Exceeded { limit: ExceededLimit::Rate, retry_after }.retry_after_seconds()
        };
        assert_eq!((seconds(0), seconds(1), seconds(1000), seconds(1001)), (1, 1, 1, 2));
    }
}
