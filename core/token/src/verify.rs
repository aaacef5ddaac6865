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
    match expected.required_scopes.iter().find(|scope| !claims.scopes().contains(&scope.as_str())) {
        None => Ok(claims),
        Some(missing) => Err(TokenError::MissingScope(missing.clone())),
    }
}

fn check(claims: Map<String, Json>, expected: &Expectations, now: i64) -> Result<Claims, TokenError> {
    let leeway = i64::from(expected.leeway);
    let expires_at = numeric_date::read(&claims, "exp")?
        .ok_or(TokenError::Malformed("it does not say when it expires"))?;
    if now >= expires_at.saturating_add(leeway) {
        return Err(TokenError::Expired);
    }
    for begin in ["nbf", "iat"] {
        if numeric_date::read(&claims, begin)?.is_some_and(|begin| begin > now.saturating_add(leeway)) {
            return Err(TokenError::NotYetValid);
        }
    }
    if claims.get("iss").and_then(Json::as_str) != Some(&expected.issuer) {
        return Err(TokenError::WrongIssuer);
    }
    if !is_for(claims.get("aud"), &expected.audiences) {
        return Err(TokenError::WrongAudience);
    }
    let subject = claims.get("sub").and_then(Json::as_str).filter(|subject| !subject.is_empty());
    let subject = subject.ok_or(TokenError::Malformed("it names no subject"))?.to_owned();
    Ok(Claims { claims, subject, expires_at })
}

fn is_for(audience: Option<&Json>, accepted: &Audiences) -> bool {
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
