//! Assertions of an edge host in front of this server: the edge has verified the caller, and says who it is.

use std::sync::Arc;

use mxcp_core::call::{Principal, Secret};
use mxcp_core::value::Value;
use mxcp_server::{Item, Refusal, SingleUse, UseError, UsedHere};
use mxcp_token::{Assertion, AssertionKey, CallDigest};
use serde_json::Value as Json;

use crate::error::Error;
use crate::now;

/// Most assertions that are remembered at once in this process. They are good for a minute, so this bounds calls for a minute.
const REMEMBERED: usize = 200_000;

/// What assertions are among all that is good once.
const PURPOSE: &str = "assertion";

/// Believes whoever has the key, for one call at a time.
#[derive(Debug)]
pub struct Edge {
    key: AssertionKey,
    audience: String,
    used: Arc<dyn SingleUse>,
}

impl Edge {
    /// The key as `MXCP_EDGE_KEY` has it, and what edges know this server as.
    ///
    /// # Errors
    /// The key is too short.
    pub fn new(key: &Secret, audience: Option<&str>) -> Result<Self, Error> {
        let key = AssertionKey::new(key.reveal().as_bytes());
        Ok(Self {
            key: key.map_err(|error| Error::settings(format!("MXCP_EDGE_KEY: {error}")))?,
            audience: audience.unwrap_or(mxcp_token::ORIGIN).to_owned(),
            used: Arc::new(UsedHere::new(REMEMBERED)),
        })
    }

    /// The same, with a memory of used assertions that servers share: each is good once at all of them together.
    #[must_use]
    pub fn sharing(self, used: Arc<dyn SingleUse>) -> Self {
        Self { used, ..self }
    }

    /// Who makes the call that is in `body`; nobody in particular if the edge does not know.
    ///
    /// # Errors
    /// The token is no assertion about this call, or was used before.
    pub(crate) async fn verify(
        &self,
        token: &str,
        body: Option<&[u8]>,
    ) -> Result<Option<Arc<Principal>>, Refusal> {
        let refuse = |reason: &dyn std::fmt::Display| Refusal::Unauthenticated(reason.to_string());
        let request: Option<Json> = body.and_then(|body| serde_json::from_slice(body).ok());
        let call = request.as_ref().and_then(CallDigest::of_request);
        let call = call.ok_or_else(|| refuse(&"an assertion comes with a call only"))?;
        let now = now();
        let asserted = Assertion::verify(&self.key, token, &self.audience, now, &call)
            .map_err(|error| refuse(&error))?;
        let principal = match asserted.user {
            None => None,
            Some(user) => {
                let user = Principal::from_user(Value::from_json(Json::Object(user)));
                Some(Arc::new(user.map_err(|error| refuse(&error))?))
            }
        };
        let item = Item { purpose: PURPOSE, id: &asserted.id, expires_at: asserted.expires_at };
        match self.used.use_up(item, now).await {
            Ok(()) => Ok(principal),
            Err(UseError::Used) => Err(refuse(&"the assertion was used before")),
            Err(UseError::Unknown(error)) => Err(Refusal::Unavailable(error)),
        }
    }
}
