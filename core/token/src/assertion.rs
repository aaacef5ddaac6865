//! What an edge host tells its origin: this user makes this call.

use serde_json::{Map, Value as Json, json};

use crate::assertion_key::AssertionKey;
use crate::call_digest::CallDigest;
use crate::compact::Compact;
use crate::error::TokenError;
use crate::numeric_date;

/// Who issues assertions.
pub const ISSUER: &str = "mxcp-edge";

/// The audience of assertions where none is configured. An edge whose key several origins know needs one for each.
pub const ORIGIN: &str = "mxcp-origin";

/// How long an assertion is good, in seconds.
pub const LIFETIME: i64 = 60;

/// Seconds by which the clock of an edge may be ahead of the origin's.
const AHEAD: i64 = 30;

/// Longest id of an assertion, in bytes.
const ID_BYTES: usize = 128;

/// That a user makes a call: a JWT signed with HMAC-SHA-256. `Debug` does not show the user.
#[derive(Clone)]
pub struct Assertion<'a> {
    /// Who calls, as [`Claims::user`](crate::Claims::user) has it; nobody in particular if none.
    pub user: Option<&'a Map<String, Json>>,
    /// The origin it is for.
    pub audience: &'a str,
    /// The call that is made.
    pub call: CallDigest,
    /// When, in seconds since 1970.
    pub issued_at: i64,
    /// Unguessable and never used before: 1 to 128 bytes.
    pub id: &'a str,
}

/// What an origin learns from an assertion. `Debug` does not show the user.
#[derive(Clone, PartialEq)]
pub struct Asserted {
    /// Who calls; nobody in particular if none.
    pub user: Option<Map<String, Json>>,
    /// The id, to be given to [`Replays`](crate::Replays) before the call is made.
    pub id: String,
    /// When it stops being good, in seconds since 1970.
    pub expires_at: i64,
}

impl Assertion<'_> {
    /// The assertion as a token, good for [`LIFETIME`].
    ///
    /// # Errors
    /// The token would be too long, or its id is none.
    pub fn sign(&self, key: &AssertionKey) -> Result<String, TokenError> {
        if self.id.is_empty() || self.id.len() > ID_BYTES {
            return Err(TokenError::Malformed("its id is none"));
        }
        let claims = json!({
            "iss": ISSUER,
            "aud": self.audience,
            "sub": self.user.and_then(|user| user.get("user_id")),
            "iat": self.issued_at,
            "exp": self.issued_at.saturating_add(LIFETIME),
            "jti": self.id,
            "call": self.call.to_hex(),
            "user": self.user,
        });
        let signed = format!("{}.{}", part(&json!({ "alg": "HS256", "typ": "JWT" })), part(&claims));
        let signature =
            jsonwebtoken::crypto::sign(signed.as_bytes(), &key.signing(), jsonwebtoken::Algorithm::HS256)
                .map_err(|_| TokenError::Malformed("it can't be signed"))?;
        let token = format!("{signed}.{signature}");
        // What is refused there need not be sent.
        Compact::parse(&token).map(|_| token.clone())
    }

    /// What a token asserts, if it is an assertion for this origin about this call. `now` is in seconds since 1970.
    ///
    /// Whether it was used before is not known here: see [`Replays`](crate::Replays).
    ///
    /// # Errors
    /// It is not.
    pub fn verify(
        key: &AssertionKey,
        token: &str,
        audience: &str,
        now: i64,
        call: &CallDigest,
    ) -> Result<Asserted, TokenError> {
        let parts = Compact::parse(token)?;
        if parts.text("alg")? != Some("HS256") {
            return Err(TokenError::WrongAlgorithm);
        }
        let (signed, algorithm) = (parts.signed.as_bytes(), jsonwebtoken::Algorithm::HS256);
        // Compares in constant time.
        match jsonwebtoken::crypto::verify(parts.signature, signed, &key.verifying(), algorithm) {
            Ok(true) => {}
            Ok(false) | Err(_) => return Err(TokenError::BadSignature),
        }
        let claims = parts.claims()?;
        let text = |key: &str| claims.get(key).and_then(Json::as_str);
        if text("iss") != Some(ISSUER) {
            return Err(TokenError::WrongIssuer);
        }
        if text("aud") != Some(audience) {
            return Err(TokenError::WrongAudience);
        }
        let time = |key| numeric_date::read(&claims, key)?.ok_or(TokenError::Malformed("it lacks a time"));
        let (issued_at, expires_at) = (time("iat")?, time("exp")?);
        if now >= expires_at {
            return Err(TokenError::Expired);
        }
        if issued_at > now.saturating_add(AHEAD) {
            return Err(TokenError::NotYetValid);
        }
        if expires_at.saturating_sub(issued_at) > LIFETIME {
            return Err(TokenError::Malformed("it is good for too long"));
        }
        let id = text("jti").filter(|id| !id.is_empty() && id.len() <= ID_BYTES);
        let id = id.ok_or(TokenError::Malformed("its id is none"))?.to_owned();
        if text("call") != Some(&call.to_hex()) {
            return Err(TokenError::WrongCall);
        }
        let user = match claims.get("user") {
            Some(Json::Null) => None,
            Some(Json::Object(user)) => Some(user.clone()),
            _ => return Err(TokenError::Malformed("its user is none")),
        };
        Ok(Asserted { user, id, expires_at })
    }
}

/// Whether a token says that it is an assertion: it is then to be verified as one, and as nothing else.
#[must_use]
pub fn is_assertion(token: &str) -> bool {
    Compact::parse(token).is_ok_and(|parts| {
        parts.text("alg") == Ok(Some("HS256"))
            && parts.claims().is_ok_and(|claims| claims.get("iss").is_some_and(|issuer| issuer == ISSUER))
    })
}

fn part(json: &Json) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json.to_string())
}

impl std::fmt::Debug for Assertion<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Assertion")
            .field("audience", &self.audience)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Asserted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Asserted")
            .field("id", &self.id)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
