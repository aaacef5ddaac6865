//! Methods of Python's texts, lists and mappings that `minijinja-contrib` lacks, or that could make texts of any
//! length without paying for them.

use minijinja::value::{Kwargs, Rest, Tuple, ValueKind, from_args};
use minijinja::{Error, ErrorKind, State, Value};
use minijinja_contrib::pycompat::unknown_method_callback;

use super::MAX_TEXT;
use super::filters::centered;
use super::python::{charged, too_long};

/// Digits that a width in a pattern of `format` may have.
const WIDTH_DIGITS: usize = 4;

/// Calls a method of a value of the engine's own kinds.
pub(super) fn call(
    state: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    let own = match value.kind() {
        ValueKind::String => text(state, value.as_str().unwrap_or_default(), method, args)?,
        ValueKind::Seq if method == "index" => {
            let (wanted,): (&Value,) = from_args(args)?;
            let found = value.try_iter()?.position(|item| item == *wanted);
            Some(found.map(Value::from).ok_or_else(|| invalid("the value is not in the list"))?)
        }
        ValueKind::Seq
            if ["append", "extend", "insert", "pop", "remove", "sort", "reverse", "clear"]
                .contains(&method) =>
        {
            let problem = format!(
                "lists can't be changed; make a new one, as in `list + [item]`, instead of `.{method}()`"
            );
            return Err(invalid(problem));
        }
        ValueKind::Map if method == "copy" => {
            from_args::<()>(args)?;
            Some(value.clone())
        }
        _ => None,
    };
    match own {
        Some(value) => Ok(value),
        None => unknown_method_callback(state, value, method, args),
    }
}

fn invalid(problem: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, problem.into())
}

/// None for the methods that are right as they are.
fn text(state: &State<'_, '_>, text: &str, method: &str, args: &[Value]) -> Result<Option<Value>, Error> {
    let none = || from_args::<()>(args);
    let all = |is: fn(char) -> bool| !text.is_empty() && text.chars().all(is);
    Ok(Some(match method {
        "replace" => Value::from(replace(state, text, args)?),
        "join" => Value::from(join(state, text, args)?),
        "format" => {
            check_widths(text, args)?;
            return Ok(None);
        }
        "center" => {
            let (width, fill): (usize, Option<char>) = from_args(args)?;
            Value::from(centered(state, text, width, fill.unwrap_or(' '))?)
        }
        "ljust" | "rjust" => {
            let (width, fill): (usize, Option<char>) = from_args(args)?;
            let padding = padding(state, text, width, fill.unwrap_or(' '))?;
            Value::from(if method == "ljust" {
                format!("{text}{padding}")
            } else {
                format!("{padding}{text}")
            })
        }
        "zfill" => {
            let (width,): (usize,) = from_args(args)?;
            let padding = padding(state, text, width, '0')?;
            let digits = text.trim_start_matches(['+', '-']);
            let sign = text.strip_suffix(digits).filter(|sign| sign.len() <= 1);
            Value::from(match sign {
                Some(sign) => format!("{sign}{padding}{digits}"),
                None => format!("{padding}{text}"),
            })
        }
        "split" | "rsplit" => split(text, method == "rsplit", args)?,
        "partition" | "rpartition" => {
            let (separator,): (&str,) = from_args(args)?;
            let last = method == "rpartition";
            let found = if last { text.rsplit_once(separator) } else { text.split_once(separator) };
            let parts = match found {
                Some((before, after)) => [before, separator, after],
                None if last => ["", "", text],
                None => [text, "", ""],
            };
            Value::from(Tuple::from(parts.map(Value::from).to_vec()))
        }
        "index" | "rindex" => {
            let (part,): (&str,) = from_args(args)?;
            let found = if method == "index" { text.find(part) } else { text.rfind(part) };
            let before = found.and_then(|at| text.get(..at)).ok_or_else(|| invalid("substring not found"))?;
            Value::from(before.chars().count())
        }
        "startswith" | "endswith" if args.len() > 1 => {
            let (part, start, end): (&Value, Option<usize>, Option<usize>) = from_args(args)?;
            let start = start.unwrap_or(0);
            let length = end.unwrap_or(usize::MAX).saturating_sub(start);
            let part_of_text: String = text.chars().skip(start).take(length).collect();
            Value::from(has_affix(&part_of_text, method, part)?)
        }
        "swapcase" => {
            none()?;
            let swapped = |letter: char| -> String {
                if letter.is_uppercase() {
                    letter.to_lowercase().collect()
                } else {
                    letter.to_uppercase().collect()
                }
            };
            Value::from(text.chars().map(swapped).collect::<String>())
        }
        "casefold" => {
            none()?;
            // What lower case leaves different is folded: `ß` is `ss`.
            Value::from(text.to_lowercase().replace('ß', "ss").replace('ς', "σ"))
        }
        "title" => {
            none()?;
            Value::from(title(text))
        }
        "istitle" => {
            none()?;
            Value::from(text.chars().any(char::is_alphabetic) && title(text) == text)
        }
        "removeprefix" => {
            let (prefix,): (&str,) = from_args(args)?;
            Value::from(text.strip_prefix(prefix).unwrap_or(text))
        }
        "removesuffix" => {
            let (suffix,): (&str,) = from_args(args)?;
            Value::from(text.strip_suffix(suffix).unwrap_or(text))
        }
        "expandtabs" => {
            let (size,): (Option<usize>,) = from_args(args)?;
            Value::from(expand_tabs(state, text, size.unwrap_or(8))?)
        }
        "isdecimal" => {
            none()?;
            Value::from(all(|character| character.is_ascii_digit()))
        }
        "isidentifier" => {
            none()?;
            let start = text.starts_with(|first: char| first.is_alphabetic() || first == '_');
            Value::from(start && all(|character| character.is_alphanumeric() || character == '_'))
        }
        "isprintable" => {
            none()?;
            Value::from(text.chars().all(|character| !character.is_control()))
        }
        _ => return Ok(None),
    }))
}

fn has_affix(text: &str, method: &str, part: &Value) -> Result<bool, Error> {
    let parts: Vec<Value> = match part.as_str() {
        Some(_) => vec![part.clone()],
        None => part.try_iter()?.collect(),
    };
    let matches =
        |part: &str| if method == "startswith" { text.starts_with(part) } else { text.ends_with(part) };
    Ok(parts.iter().filter_map(Value::as_str).any(matches))
}

fn padding(state: &State<'_, '_>, text: &str, width: usize, fill: char) -> Result<String, Error> {
    let missing = width.saturating_sub(text.chars().count());
    state.consume_fuel(missing as u64 / 16)?;
    Ok(std::iter::repeat_n(fill, missing).collect())
}

fn replace(state: &State<'_, '_>, text: &str, args: &[Value]) -> Result<String, Error> {
    let (old, new, count): (&str, &str, Option<i64>) = from_args(args)?;
    let count = count.and_then(|count| usize::try_from(count).ok()).unwrap_or(usize::MAX);
    let uses = text.matches(old).count().min(count);
    let length = text.len().saturating_add(uses.saturating_mul(new.len()));
    if length > MAX_TEXT {
        return Err(too_long());
    }
    charged(state, text.replacen(old, new, count))
}

fn join(state: &State<'_, '_>, separator: &str, args: &[Value]) -> Result<String, Error> {
    let (items,): (&Value,) = from_args(args)?;
    let mut text = String::new();
    for (index, item) in items.try_iter()?.enumerate() {
        if index > 0 {
            text.push_str(separator);
        }
        let Some(item) = item.as_str() else {
            return Err(invalid(format!("sequence item {index}: expected a string, found {}", item.kind())));
        };
        text.push_str(item);
        if text.len() > MAX_TEXT {
            return Err(too_long());
        }
    }
    charged(state, text)
}

/// Fields of a pattern may ask for any width, in its text or by a further field.
fn check_widths(pattern: &str, args: &[Value]) -> Result<(), Error> {
    let mut digits = 0;
    for character in pattern.chars() {
        digits = if character.is_ascii_digit() { digits + 1 } else { 0 };
        if digits > WIDTH_DIGITS {
            return Err(invalid("a field of the format is too wide"));
        }
    }
    let limit = 10_i64.pow(4);
    let wide = |value: &Value| value.as_i64().is_some_and(|width| width > limit);
    let nested = pattern.replace("{{", "").split('}').any(|part| part.matches('{').count() > 1);
    let named = args.last().filter(|last| last.is_kwargs()).and_then(Value::as_object);
    let mut named = named.and_then(|named| named.try_iter_pairs()).into_iter().flatten();
    if nested && (args.iter().any(wide) || named.any(|(_, value)| wide(&value))) {
        return Err(invalid("a field of the format is too wide"));
    }
    Ok(())
}

fn split(text: &str, from_right: bool, args: &[Value]) -> Result<Value, Error> {
    let (positional, named): (Rest<Value>, Kwargs) = from_args(args)?;
    let argument = |index: usize, name: &str| -> Result<Option<Value>, Error> {
        let value = match positional.get(index) {
            Some(value) => Some(value.clone()),
            None => named.get(name)?,
        };
        Ok(value.filter(|value: &Value| !value.is_none()))
    };
    let separator = argument(0, "sep")?;
    let most = argument(1, "maxsplit")?.map(i64::try_from).transpose()?;
    named.assert_all_used()?;
    let most = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    let pieces = most.saturating_add(1);
    let mut parts: Vec<&str> = match &separator {
        Some(separator) => match separator.as_str() {
            Some("") => return Err(invalid("empty separator")),
            Some(separator) if from_right => text.rsplitn(pieces, separator).collect(),
            Some(separator) => return Ok(text.splitn(pieces, separator).map(Value::from).collect()),
            None => return Err(invalid(format!("must be a string or none, not {}", separator.kind()))),
        },
        None => words(text, most, from_right),
    };
    if from_right {
        parts.reverse();
    }
    Ok(parts.into_iter().map(Value::from).collect())
}

/// Words between blanks; what is left after `most` of them stays together.
fn words(text: &str, most: usize, from_right: bool) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = if from_right { text.trim_end() } else { text.trim_start() };
    while !rest.is_empty() {
        if parts.len() == most {
            parts.push(rest);
            break;
        }
        let cut = if from_right {
            rest.rsplit_once(char::is_whitespace)
        } else {
            rest.split_once(char::is_whitespace)
        };
        match cut {
            Some((before, word)) if from_right => {
                parts.push(word);
                rest = before.trim_end();
            }
            Some((word, after)) => {
                parts.push(word);
                rest = after.trim_start();
            }
            None => {
                parts.push(rest);
                break;
            }
        }
    }
    parts
}

/// A capital at the start of each run of letters.
fn title(text: &str) -> String {
    let mut inside = false;
    let mut titled = String::with_capacity(text.len());
    for character in text.chars() {
        match inside {
            true => titled.extend(character.to_lowercase()),
            false => titled.extend(character.to_uppercase()),
        }
        inside = character.is_alphabetic();
    }
    titled
}

fn expand_tabs(state: &State<'_, '_>, text: &str, size: usize) -> Result<String, Error> {
    let mut expanded = String::new();
    let mut column = 0_usize;
    for character in text.chars() {
        match character {
            '\t' => {
                let missing = size.saturating_sub(column.checked_rem(size).unwrap_or(0));
                expanded.push_str(&padding(state, "", missing, ' ')?);
                column += missing;
            }
            '\n' | '\r' => {
                column = 0;
                expanded.push(character);
            }
            _ => {
                column += 1;
                expanded.push(character);
            }
        }
    }
    Ok(expanded)
}
