//! Logins at identity providers that are played on this machine.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails says so by panicking")]

mod failures;
mod login;
mod refresh;
mod start;

use std::sync::Arc;

use mxcp_auth::Trust;
use mxcp_auth::upstream::{self, Arrival, Identity, Upstream, UpstreamError};
use mxcp_core::call::Secret;
use mxcp_core::schema::Auth;
use mxcp_test_support::provider::{CLIENT_ID, CLIENT_SECRET, Kind, Provider};
use serde_json::{Value as Json, json};

/// Where people come back to.
const CALLBACK: &str = "http://localhost:8000/back";

/// What is given to the provider to bring back.
const STATE: &str = "the-state-of-this-login";

/// The settings for a provider; `more` are further ones of its block.
fn settings(provider: &Provider, more: &Json) -> Auth {
    serde_json::from_value(provider.settings(more)).unwrap()
}

async fn started(provider: &Provider, more: &Json) -> Arc<dyn Upstream> {
    upstream::of(&settings(provider, more), &Trust::default()).await.unwrap()
}

/// Ada logs in: what the server learns when she comes back.
async fn log_in(provider: &Provider, upstream: &Arc<dyn Upstream>) -> Result<Identity, UpstreamError> {
    let departure = upstream.begin(STATE, CALLBACK);
    let back = provider.visit(&departure.url).unwrap();
    let query = back.strip_prefix(&format!("{CALLBACK}?")).unwrap();
    let (code, state) = query.split_once("&state=").unwrap();
    assert_eq!(state, STATE);
    let code = Secret::new(code.strip_prefix("code=").unwrap());
    let arrival = Arrival {
        code: &code,
        callback_url: CALLBACK,
        verifier: departure.verifier.as_ref(),
        scopes: upstream.scopes(),
    };
    upstream.finish(arrival).await
}
