//! What a result is found by.

use std::fmt::{self, Write as _};

use mxcp_core::call::{CallContext, Headers, Principal};
use mxcp_core::delivery::Cache;
use mxcp_core::registry::{Plan, Prepared};
use sha2::{Digest as _, Sha256};

use crate::knowledge::Known;

/// Headers that differ between requests that are otherwise the same, and say nothing of who makes them.
const OF_ONE_REQUEST: [&str; 3] = ["content-length", "traceparent", "tracestate"];

/// The SHA-256 of all that a result can depend on. Tokens and arguments are not kept for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key([u8; 32]);

/// The keys that the result of a call can be found by, depending on what the code of its endpoint knows.
#[derive(Debug)]
pub(crate) struct Keys<'a> {
    /// What stands in all of them.
    common: Parts,
    context: &'a CallContext,
}

impl<'a> Keys<'a> {
    /// The keys of a call of an endpoint that says what of the caller has to be the same. None if nobody knows what its result
    /// depends on.
    pub(crate) fn new(prepared: &'a Prepared, cache: &Cache) -> Option<Self> {
        let (endpoint, context) = (prepared.endpoint(), prepared.context());
        // The form for people who debug tells kinds of values apart that have the same form in JSON.
        let arguments = match prepared.plan() {
            Plan::Sql { arguments, .. } | Plan::Python { arguments, .. } => format!("{arguments:?}"),
            Plan::Component { arguments, .. } => format!("{arguments:?}"),
            _ => return None,
        };
        let mut common = Parts::default();
        common.add(endpoint.kind.as_str());
        common.add(&endpoint.name);
        common.add(arguments);
        // The database leaves out rows by what these say, and facts of the caller stand in them.
        common.add(format_args!("{:?}", prepared.row_tests()));
        match &cache.key {
            Some(claims) => {
                for claim in claims {
                    common.add(claim);
                    common.add(format_args!("{:?}", claim.of(context.principal.as_deref())));
                }
            }
            None => common.add_caller(context),
        }
        Some(Self { common, context })
    }

    /// The key where the code knows so much.
    pub(crate) fn at(&self, known: Known) -> Key {
        let mut parts = self.common.clone();
        parts.add(format_args!("{known:?}"));
        if known >= Known::Caller {
            parts.add_caller(self.context);
        }
        if known >= Known::Request {
            parts.add_headers(&self.context.headers);
            parts.add(format_args!("{:?}", self.context.session_id));
        }
        Key(parts.0.finalize().into())
    }
}

/// Texts of which none runs into the next.
#[derive(Clone, Default)]
struct Parts(Sha256);

impl Parts {
    fn add(&mut self, part: impl fmt::Display) {
        let mut text = String::new();
        // Memory takes it.
        let _ = write!(text, "{part}");
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    fn add_caller(&mut self, context: &CallContext) {
        self.add(context.caller.transport());
        let Some(principal) = context.principal.as_deref() else { return self.add("nobody") };
        let Principal { user_id, username, email, name, provider, profile, capabilities, external_token } =
            principal;
        self.add("somebody");
        self.add(provider);
        self.add(user_id);
        self.add(username);
        self.add(format_args!("{email:?} {name:?} {capabilities:?} {profile:?}"));
        self.add(format_args!("{:?}", external_token.as_ref().map(|token| token.reveal())));
    }

    fn add_headers(&mut self, headers: &Headers) {
        let headers = headers.to_json();
        self.add(headers.is_some());
        for (name, value) in headers.into_iter().flatten() {
            if !OF_ONE_REQUEST.iter().any(|other| name.eq_ignore_ascii_case(other)) {
                self.add(name);
                self.add(value);
            }
        }
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Parts").finish_non_exhaustive()
    }
}

#[cfg(test)]
impl Key {
    /// A key for tests.
    pub(super) fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }
}
