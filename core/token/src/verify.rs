//! Verifying tokens of an identity provider.

use serde_json::{Map, Value as Json};

use crate::algorithm::Algorithm;
use crate::claims::Claims;
use crate::compact::Compact;
use crate::error::TokenError;
use crate::expectations::{Audiences, Expectations};
use crate::jwks::Jwks;
use crate::numeric_date;

/// What a token says, if one of `keys` signed it and it is what is expected. `now` is in seconds since 1970.
///
/// # Errors
/// It is not; the signature is looked at before anything that is signed.
pub fn verify(token: &str, keys: &Jwks, expected: &Expectations, now: i64) -> Result<Claims, TokenError> {
    let parts = Compact::parse(token)?;
    let name = parts.text("alg")?.ok_or(TokenError::Malformed("its header names no algorithm"))?;
    let algorithm = Algorithm::of_name(name)
        .filter(|algorithm| expected.algorithms.contains(algorithm))
        .ok_or(TokenError::WrongAlgorithm)?;
    let key = keys.find(parts.text("kid")?, algorithm)?;
    let signed = parts.signed.as_bytes();
    match jsonwebtoken::crypto::verify(parts.signature, signed, key, algorithm.of_library()) {
        Ok(true) => {}
        Ok(false) | Err(_) => return Err(TokenError::BadSignature),
    }
    let claims = check(parts.claims()?, expected, now)?;
    claims.carrying(&expected.required_scopes)
}

fn check(claims: Map<String, Json>, expected: &Expectations, now: i64) -> Result<Claims, TokenError> {
    let expires_at = within_time(&claims, expected.leeway, now)?
        .ok_or(TokenError::Malformed("it does not say when it expires"))?;
    if claims.get("iss").and_then(Json::as_str) != Some(&expected.issuer) {
        return Err(TokenError::WrongIssuer);
    }
    if !is_for(claims.get("aud"), &expected.audiences) {
        return Err(TokenError::WrongAudience);
    }
    Claims::of(claims, expires_at)
}

/// When claims stop being good, if they say so. `leeway` is in seconds.
///
/// # Errors
/// They are not good now.
pub(crate) fn within_time(
    claims: &Map<String, Json>,
    leeway: u32,
    now: i64,
) -> Result<Option<i64>, TokenError> {
    let leeway = i64::from(leeway);
    let expires_at = numeric_date::read(claims, "exp")?;
    if expires_at.is_some_and(|expires_at| now >= expires_at.saturating_add(leeway)) {
        return Err(TokenError::Expired);
    }
    for begin in ["nbf", "iat"] {
        if numeric_date::read(claims, begin)?.is_some_and(|begin| begin > now.saturating_add(leeway)) {
            return Err(TokenError::NotYetValid);
        }
    }
    Ok(expires_at)
}

/// Whether one of the audiences that claims name is accepted.
pub(crate) fn is_for(audience: Option<&Json>, accepted: &Audiences) -> bool {
    let Audiences::OneOf(accepted) = accepted else { return true };
    let accepts =
        |audience: &Json| audience.as_str().is_some_and(|name| accepted.iter().any(|one| one == name));
    match audience {
        Some(Json::Array(several)) => several.iter().any(accepts),
        Some(one) => accepts(one),
        None => false,
    }
}

#[cfg(test)]
mod tests;
