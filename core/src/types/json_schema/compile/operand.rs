//! What stands behind a keyword, where that is no schema. The errors say what it must be.

use std::sync::Arc;

use serde_json::Value as Json;

use super::super::node::{Limit, Types};
use crate::types::choices;
use crate::types::decimal::Decimal;
use crate::value::Value;

pub(super) fn types(value: &Json) -> Option<Types> {
    match value {
        Json::String(word) => Types::of_word(word),
        Json::Array(words) if !words.is_empty() => words
            .iter()
            .map(|word| word.as_str().and_then(Types::of_word))
            .try_fold(Types::NONE, |types, word| Some(types.either(word?))),
        _ => None,
    }
}

pub(super) fn limit(value: &Json) -> Result<Limit, &'static str> {
    let number = value.is_number().then(|| Decimal::of(&Value::from_json(value.clone()))).flatten();
    Ok(Limit { number: number.ok_or("a number")?, text: value.to_string() })
}

pub(super) fn count(value: &Json) -> Result<u64, &'static str> {
    let whole = || {
        let number = value.as_f64().filter(|number| number.fract() == 0.0 && (0.0..1e15).contains(number))?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
        Some(number as u64)
    };
    value.as_u64().or_else(whole).ok_or("a whole number from 0 on")
}

pub(super) fn names(value: &Json) -> Result<Vec<Arc<str>>, &'static str> {
    let problem = "a list of names";
    let names = value.as_array().ok_or(problem)?;
    names.iter().map(|name| name.as_str().map(Arc::from).ok_or(problem)).collect()
}

/// As messages list values: `['x', 2]`.
pub(super) fn listed(values: &[Json]) -> String {
    choices::list(values)
}
