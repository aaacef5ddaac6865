//! Values printed as Python prints them.

use std::fmt::{self, Write};

use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Error, ErrorKind, Output, State, Value};

use super::MAX_TEXT;
use super::filters::escape;
use super::moment::Moment;

/// Levels of lists in lists that are printed.
const DEPTH: usize = 100;

/// Text of a bounded length: lists that share parts can be small and print long.
#[derive(Default)]
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > MAX_TEXT {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// Writes what stands between `{{` and `}}`.
pub(super) fn write(output: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    // The engine's own words are right for all but these.
    let differs = match value.kind() {
        ValueKind::Number => !value.is_integer(),
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable | ValueKind::Bytes => true,
        _ => false,
    };
    let escaping = !matches!(state.auto_escape(), AutoEscape::None);
    if !differs && !escaping || value.is_safe() || value.kind() == ValueKind::Invalid {
        return minijinja::escape_formatter(output, state, value);
    }
    let text = display(value)?;
    let text = charged(state, if escaping { escape(&text) } else { text })?;
    Ok(output.write_str(&text)?)
}

/// Python's `str(value)`.
pub(super) fn display(value: &Value) -> Result<String, Error> {
    if let Some(text) = value.as_str() {
        return Ok(text.to_owned());
    }
    if value.is_undefined() {
        return Ok(String::new());
    }
    if let Some(moment) = value.downcast_object_ref::<Moment>() {
        return Ok(moment.to_string());
    }
    represent(value)
}

/// Python's `repr(value)`.
pub(super) fn represent(value: &Value) -> Result<String, Error> {
    let mut text = Bounded::default();
    match push(&mut text, value, DEPTH) {
        Ok(()) => Ok(text.0),
        Err(_) => Err(too_long()),
    }
}

/// The error for texts that a message can't have.
pub(super) fn too_long() -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("the text is longer than {MAX_TEXT} bytes"))
}

/// A text made outside of the engine, paid for.
pub(super) fn charged(state: &State<'_, '_>, text: String) -> Result<String, Error> {
    state.consume_fuel(text.len() as u64 / 16)?;
    Ok(text)
}

fn push(text: &mut Bounded, value: &Value, depth: usize) -> fmt::Result {
    if depth == 0 {
        return text.write_str("...");
    }
    if let Some(moment) = value.downcast_object_ref::<Moment>() {
        return text.write_str(&moment.represent());
    }
    match value.kind() {
        ValueKind::String => push_quoted(text, value.as_str().unwrap_or_default()),
        ValueKind::Undefined => text.write_str("Undefined"),
        ValueKind::Number if !value.is_integer() => match f64::try_from(value.clone()) {
            Ok(number) => text.write_str(&float(number)),
            Err(_) => write!(text, "{value}"),
        },
        ValueKind::Bytes => push_bytes(text, value.as_bytes().unwrap_or_default()),
        ValueKind::Map => {
            let object = value.as_object();
            let pairs = object.and_then(|object| object.try_iter_pairs()).into_iter().flatten();
            text.write_char('{')?;
            for (index, (key, value)) in pairs.enumerate() {
                text.write_str(if index == 0 { "" } else { ", " })?;
                push(text, &key, depth - 1)?;
                text.write_str(": ")?;
                push(text, &value, depth - 1)?;
            }
            text.write_char('}')
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let (open, close) = if is_tuple(value) { ('(', ')') } else { ('[', ']') };
            text.write_char(open)?;
            let mut count = 0;
            for item in value.try_iter().into_iter().flatten() {
                text.write_str(if count == 0 { "" } else { ", " })?;
                push(text, &item, depth - 1)?;
                count += 1;
            }
            if open == '(' && count == 1 {
                text.write_char(',')?;
            }
            text.write_char(close)
        }
        _ => write!(text, "{value}"),
    }
}

/// Whether it is one of the pairs and tuples that Python prints with round brackets.
fn is_tuple(value: &Value) -> bool {
    // Groups of `groupby` are pairs with names.
    value.is_tuple()
        || (value.kind() == ValueKind::Seq && value.get_attr("grouper").is_ok_and(|it| !it.is_undefined()))
}

/// Python's text of a float: the shortest that reads back the same, with an exponent from `1e+16` up and below
/// `0.0001`.
pub(super) fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = number.to_string();
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn push_quoted(text: &mut Bounded, quoted: &str) -> fmt::Result {
    let quote = if quoted.contains('\'') && !quoted.contains('"') { '"' } else { '\'' };
    text.write_char(quote)?;
    for character in quoted.chars() {
        match character {
            '\\' => text.write_str("\\\\")?,
            '\n' => text.write_str("\\n")?,
            '\r' => text.write_str("\\r")?,
            '\t' => text.write_str("\\t")?,
            _ if character == quote => write!(text, "\\{character}")?,
            ' '..='~' => text.write_char(character)?,
            _ if is_printable(character) => text.write_char(character)?,
            _ => match u32::from(character) {
                code @ ..=0xff => write!(text, "\\x{code:02x}")?,
                code @ ..=0xffff => write!(text, "\\u{code:04x}")?,
                code => write!(text, "\\U{code:08x}")?,
            },
        }
    }
    text.write_char(quote)
}

/// Rust escapes what is not printable, and combining marks as well, which Python prints.
fn is_printable(character: char) -> bool {
    !character.is_control()
        && (!character.is_whitespace())
        && !matches!(character, '\u{ad}' | '\u{600}'..='\u{605}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}' | '\u{f0000}'..='\u{10ffff}')
}

fn push_bytes(text: &mut Bounded, bytes: &[u8]) -> fmt::Result {
    text.write_str("b'")?;
    for byte in bytes {
        match byte {
            b'\\' => text.write_str("\\\\")?,
            b'\'' => text.write_str("\\'")?,
            b' '..=b'~' => text.write_char(char::from(*byte))?,
            _ => write!(text, "\\x{byte:02x}")?,
        }
    }
    text.write_char('\'')
}
