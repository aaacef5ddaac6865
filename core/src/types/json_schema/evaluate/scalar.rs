//! What is asked of texts and numbers, and of single values.

use std::cmp::Ordering;

use super::super::super::decimal::Decimal;
use super::super::super::place::Place;
use super::super::node::{Keyword, Relation};
use super::{Run, text_size};
use crate::value::Value;

pub(super) fn check(keyword: &Keyword, value: &Value, place: &Place<'_>, run: &mut Run<'_>) -> bool {
    match value {
        Value::String(text) => check_text(keyword, text, place, run),
        Value::Int(_) | Value::Float(_) | Value::Number(_) => check_number(keyword, value, place, run),
        _ => true,
    }
}

fn check_text(keyword: &Keyword, text: &str, place: &Place<'_>, run: &mut Run<'_>) -> bool {
    let length = || text.chars().count() as u64;
    match keyword {
        Keyword::MinLength(least) => run.require(length() >= *least, place, || {
            format!("String must be at least {least} characters long")
        }),
        Keyword::MaxLength(most) => {
            run.require(length() <= *most, place, || format!("String must be at most {most} characters long"))
        }
        Keyword::Pattern(pattern) => {
            let fits = run.spend(text_size(text)) && pattern.is_match(text);
            run.require(fits, place, || format!("String should match pattern '{pattern}'"))
        }
        Keyword::Format(format) => {
            run.require((format.fits)(text), place, || format!("Invalid {} format", format.word))
        }
        _ => true,
    }
}

fn check_number(keyword: &Keyword, value: &Value, place: &Place<'_>, run: &mut Run<'_>) -> bool {
    let fits = |test: &dyn Fn(Decimal) -> bool| Decimal::of(value).is_some_and(test);
    match keyword {
        Keyword::Limit(relation, limit) => {
            let (holds, sign): (fn(Ordering) -> bool, &str) = match relation {
                Relation::AtLeast => (Ordering::is_ge, ">="),
                Relation::AtMost => (Ordering::is_le, "<="),
                Relation::Above => (Ordering::is_gt, ">"),
                Relation::Below => (Ordering::is_lt, "<"),
            };
            let fits = fits(&|number| holds(number.compare(&limit.number)));
            run.require(fits, place, || format!("Value must be {sign} {}", limit.text))
        }
        Keyword::MultipleOf(step) => {
            let fits = fits(&|number| number.is_multiple_of(&step.number));
            run.require(fits, place, || format!("Value must be multiple of {}", step.text))
        }
        _ => true,
    }
}

pub(super) fn is_chosen(
    choices: &[Value],
    text: &str,
    value: &Value,
    place: &Place<'_>,
    run: &mut Run<'_>,
) -> bool {
    let fits = run.spend(choices.len() as u64 / 8) && choices.iter().any(|choice| equal(choice, value));
    run.require(fits, place, || format!("Value must be one of: {text}"))
}

/// Whether two values are the same in JSON: numbers by what they are worth, objects whatever their order. Costs
/// no more than the smaller of the two.
fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| equal(value, other)))
        }
        (
            Value::Int(_) | Value::Float(_) | Value::Number(_),
            Value::Int(_) | Value::Float(_) | Value::Number(_),
        ) => match (Decimal::of(one), Decimal::of(other)) {
            (Some(one), Some(other)) => one == other,
            _ => one == other,
        },
        _ => one == other,
    }
}
