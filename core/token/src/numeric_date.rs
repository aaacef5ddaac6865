//! Times in tokens: seconds since 1970, sometimes with a fraction, sometimes as text.

use serde_json::{Map, Value as Json};

use crate::error::TokenError;

/// Latest time that is believed to be one: the year 9999.
const LATEST: f64 = 253_402_300_799.0;

/// The time under `key` in seconds, none if there is none. A fraction is cut off.
pub(crate) fn read(claims: &Map<String, Json>, key: &str) -> Result<Option<i64>, TokenError> {
    let seconds = match claims.get(key) {
        None => return Ok(None),
        Some(Json::Number(number)) => number.as_f64(),
        Some(Json::String(text)) => text.parse().ok(),
        Some(_) => None,
    };
    let seconds = seconds.filter(|seconds| (0.0..=LATEST).contains(seconds));
    #[expect(clippy::cast_possible_truncation, reason = "cutting the fraction off; the range is checked")]
    let whole = seconds.map(|seconds| seconds as i64);
    whole.map(Some).ok_or(TokenError::Malformed("a time in it is none"))
}
