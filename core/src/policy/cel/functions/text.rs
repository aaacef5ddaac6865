//! Functions on text. Positions count characters, as in the extension library of CEL whose names they have.

use cel_interpreter::ExecutionError;
use cel_interpreter::common::types::{CelList, CelString};
use cel_interpreter::common::value::{CowVal, Val};

use super::{Arguments, Evaluated, int};
use crate::policy::limits;

type Values<'b, 'v> = Vec<CowVal<'b, 'v>>;

fn owned<'b, 'v>(text: String) -> CowVal<'b, 'v> {
    CowVal::owned(CelString::from(text))
}

/// The text of the first argument, with the work of going over it counted.
fn subject<'a>(arguments: &'a Arguments<'_, '_>) -> Result<&'a str, ExecutionError> {
    let text = arguments.text(0)?;
    arguments.meter()?.charge_text(text.len())?;
    Ok(text)
}

/// A position given as an argument.
fn position(arguments: &Arguments<'_, '_>, index: usize) -> Result<usize, ExecutionError> {
    usize::try_from(arguments.int(index)?).map_err(|_| arguments.failure("position is out of range"))
}

/// The byte at which the character at `position` starts; the end of the text counts as a position.
fn byte_at(text: &str, position: usize) -> Option<usize> {
    let ends = std::iter::once(text.len());
    text.char_indices().map(|(at, _)| at).chain(ends).nth(position)
}

pub(super) fn lower_ascii<'b, 'v>(values: Values<'b, 'v>) -> Evaluated<'b, 'v> {
    let arguments = Arguments::new("lowerAscii", values);
    Ok(owned(subject(&arguments)?.to_ascii_lowercase()))
}

pub(super) fn upper_ascii<'b, 'v>(values: Values<'b, 'v>) -> Evaluated<'b, 'v> {
    let arguments = Arguments::new("upperAscii", values);
    Ok(owned(subject(&arguments)?.to_ascii_uppercase()))
}

pub(super) fn trim<'b, 'v>(values: Values<'b, 'v>) -> Evaluated<'b, 'v> {
    let arguments = Arguments::new("trim", values);
    Ok(owned(subject(&arguments)?.trim().to_owned()))
}

/// `split(separator)` and `split(separator, limit)`: at most `limit` parts, a negative one means all.
pub(super) fn split<'b, 'v>(values: Values<'b, 'v>) -> Evaluated<'b, 'v> {
    let arguments = Arguments::new("split", values);
    let (text, separator) = (subject(&arguments)?, arguments.text(1)?);
    let limit = if arguments.has(2) { arguments.int(2)? } else { -1 };
    let mut parts: Vec<Box<dyn Val + 'v>> = Vec::new();
    let mut add = |part: &str| {
        parts.push(Box::new(CelString::from(part.to_owned())));
        arguments.meter()?.charge_text(part.len())
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if limit == 0 {
    } else if separator.is_empty() {
        let mut rest = text;
        for _ in 1..limit {
            let Some(first) = rest.chars().next() else { break };
            let (part, after) = rest.split_at(first.len_utf8());
            add(part)?;
            rest = after;
        }
        if !rest.is_empty() {
            add(rest)?;
        }
    } else {
        text.splitn(limit, separator).try_for_each(add)?;
    }
    Ok(CowVal::owned(CelList::from(parts)))
}

/// `replace(from, to)` and `replace(from, to, limit)`: at most `limit` times, a negative one means always.
pub(super) fn replace<'b, 'v>(values: Values<'b, 'v>) -> Evaluated<'b, 'v> {
    let arguments = Arguments::new("replace", values);
    let (text, from, to) = (subject(&arguments)?, arguments.text(1)?, arguments.text(2)?);
    let limit = if arguments.has(3) { arguments.int(3)? } else { -1 };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let found = text.matches(from).take(limit).count();
    bounded(&arguments, text.len().saturating_add(found.saturating_mul(to.len())))?;
    Ok(owned(text.replacen(from, to, limit)))
}

/// `substring(start)` and `substring(start, end)`.
pub(super) fn substring<'b, 'v>(values: Values<'b, 'v>) -> Evaluated<'b, 'v> {
    let arguments = Arguments::new("substring", values);
    let text = subject(&arguments)?;
    let start = byte_at(text, position(&arguments, 1)?);
    let end = if arguments.has(2) { byte_at(text, position(&arguments, 2)?) } else { Some(text.len()) };
    let part = start.zip(end).and_then(|(start, end)| text.get(start..end));
    part.map(|part| owned(part.to_owned())).ok_or_else(|| arguments.failure("position is out of range"))
}

/// The character at a position; nothing at the end.
pub(super) fn char_at<'b, 'v>(values: Values<'b, 'v>) -> Evaluated<'b, 'v> {
    let arguments = Arguments::new("charAt", values);
    let text = subject(&arguments)?;
    let rest = byte_at(text, position(&arguments, 1)?).and_then(|at| text.get(at..));
    let rest = rest.ok_or_else(|| arguments.failure("position is out of range"))?;
    Ok(owned(rest.chars().take(1).collect()))
}

/// `indexOf(part)` and `indexOf(part, start)`: the position of the first one, or -1.
pub(super) fn index_of<'b, 'v>(values: Values<'b, 'v>) -> Evaluated<'b, 'v> {
    let arguments = Arguments::new("indexOf", values);
    let (text, part) = (subject(&arguments)?, arguments.text(1)?);
    let start = if arguments.has(2) { position(&arguments, 2)? } else { 0 };
    let rest = byte_at(text, start).and_then(|at| text.get(at..));
    let rest = rest.ok_or_else(|| arguments.failure("position is out of range"))?;
    let before = rest.find(part).and_then(|at| rest.get(..at));
    Ok(int(before.map_or(-1, |before| count(before.chars().count() + start))))
}

/// `lastIndexOf(part)`: the position of the last one, or -1.
pub(super) fn last_index_of<'b, 'v>(values: Values<'b, 'v>) -> Evaluated<'b, 'v> {
    let arguments = Arguments::new("lastIndexOf", values);
    let (text, part) = (subject(&arguments)?, arguments.text(1)?);
    let before = text.rfind(part).and_then(|at| text.get(..at));
    Ok(int(before.map_or(-1, |before| count(before.chars().count()))))
}

/// `join()` and `join(separator)` of a list of texts.
pub(super) fn join<'b, 'v>(values: Values<'b, 'v>) -> Evaluated<'b, 'v> {
    let arguments = Arguments::new("join", values);
    let separator = if arguments.has(1) { arguments.text(1)? } else { "" };
    let list = arguments.value(0)?;
    let items =
        list.as_iterable().filter(|_| list.as_adder().is_some()).ok_or_else(|| arguments.mismatch())?;
    let (mut items, mut joined) = (items.iter(), String::new());
    let mut first = true;
    while let Some(item) = items.next() {
        let text = item.downcast_ref::<CelString<'_>>().ok_or_else(|| arguments.mismatch())?;
        if !std::mem::take(&mut first) {
            joined.push_str(separator);
        }
        joined.push_str(text.inner());
        bounded(&arguments, joined.len())?;
    }
    arguments.meter()?.charge_text(joined.len())?;
    Ok(owned(joined))
}

/// Counts an element, and refuses texts of more than the bound.
fn bounded(arguments: &Arguments<'_, '_>, bytes: usize) -> Result<(), ExecutionError> {
    arguments.meter()?.charge(1)?;
    if bytes > limits::TEXT_BYTES { Err(arguments.failure("the text would be too long")) } else { Ok(()) }
}

fn count(characters: usize) -> i64 {
    i64::try_from(characters).unwrap_or(i64::MAX)
}
