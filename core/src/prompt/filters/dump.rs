//! Filters that write whole values: `tojson` and `pprint`.

use std::fmt::Write;

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, ErrorKind, State, Value};

use crate::prompt::MAX_TEXT;
use crate::prompt::python::{charged, display, float, represent, too_long};

/// Levels of lists in lists that are written.
const DEPTH: usize = 100;

/// Characters of a line of `pprint`.
const WIDTH: usize = 80;

/// JSON as Jinja2 writes it: keys sorted, ASCII only, and without the characters that matter in HTML.
pub(super) fn to_json(
    state: &State<'_, '_>,
    value: &Value,
    indent: Option<usize>,
    named: Kwargs,
) -> Result<Value, Error> {
    let indent: Option<usize> = indent.or(named.get("indent")?);
    named.assert_all_used()?;
    if indent.is_some_and(|indent| indent > 100) {
        return Err(Error::new(ErrorKind::InvalidOperation, "`indent` is larger than 100"));
    }
    let mut json = Json { text: String::new(), indent };
    json.push(value, 0)?;
    charged(state, json.text).map(Value::from_safe_string)
}

struct Json {
    text: String,
    indent: Option<usize>,
}

impl Json {
    fn push(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        if self.text.len() > MAX_TEXT {
            return Err(too_long());
        }
        if depth > DEPTH {
            let problem = format!("values nested deeper than {DEPTH} levels can't be written as JSON");
            return Err(Error::new(ErrorKind::InvalidOperation, problem));
        }
        match value.kind() {
            ValueKind::Undefined => {
                return Err(Error::new(
                    ErrorKind::UndefinedError,
                    "an undefined value can't be written as JSON",
                ));
            }
            ValueKind::None => self.text.push_str("null"),
            ValueKind::Bool => self.text.push_str(if value.is_true() { "true" } else { "false" }),
            ValueKind::Number => self.text.push_str(&number(value)),
            ValueKind::Map => {
                let pairs =
                    value.as_object().and_then(|object| object.try_iter_pairs()).into_iter().flatten();
                let mut entries = Vec::new();
                for (key, value) in pairs {
                    entries.push((json_key(&key)?, value));
                }
                entries.sort_by(|(one, _), (other, _)| one.cmp(other));
                self.text.push('{');
                for (index, (key, value)) in entries.iter().enumerate() {
                    self.separate(index, depth + 1);
                    self.push_text(key);
                    self.text.push_str(": ");
                    self.push(value, depth + 1)?;
                }
                self.close(entries.is_empty(), depth, '}');
            }
            ValueKind::Seq | ValueKind::Iterable => {
                self.text.push('[');
                let mut count = 0;
                for item in value.try_iter()? {
                    self.separate(count, depth + 1);
                    self.push(&item, depth + 1)?;
                    count += 1;
                }
                self.close(count == 0, depth, ']');
            }
            _ => self.push_text(&display(value)?),
        }
        Ok(())
    }

    fn separate(&mut self, index: usize, depth: usize) {
        match self.indent {
            None if index > 0 => self.text.push_str(", "),
            None => {}
            Some(indent) => {
                self.text.push_str(if index > 0 { ",\n" } else { "\n" });
                self.text.extend(std::iter::repeat_n(' ', indent * depth));
            }
        }
    }

    fn close(&mut self, empty: bool, depth: usize, bracket: char) {
        if let Some(indent) = self.indent.filter(|_| !empty) {
            self.text.push('\n');
            self.text.extend(std::iter::repeat_n(' ', indent * depth));
        }
        self.text.push(bracket);
    }

    fn push_text(&mut self, text: &str) {
        self.text.push('"');
        for character in text.chars() {
            match character {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\t' => self.text.push_str("\\t"),
                '\u{8}' => self.text.push_str("\\b"),
                '\u{c}' => self.text.push_str("\\f"),
                ' '..='~' if !"<>&'".contains(character) => self.text.push(character),
                _ => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        // Writing into a text can't fail.
                        let _ = write!(self.text, "\\u{unit:04x}");
                    }
                }
            }
        }
        self.text.push('"');
    }
}

fn number(value: &Value) -> String {
    match f64::try_from(value.clone()) {
        Ok(number) if !value.is_integer() => match number {
            _ if number.is_nan() => "NaN".to_owned(),
            _ if number.is_infinite() => if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned(),
            _ => float(number),
        },
        _ => value.to_string(),
    }
}

fn json_key(key: &Value) -> Result<String, Error> {
    Ok(match key.kind() {
        ValueKind::None => "null".to_owned(),
        ValueKind::Bool => if key.is_true() { "true" } else { "false" }.to_owned(),
        ValueKind::Number => number(key),
        _ => display(key)?,
    })
}

/// The value in Python's notation, with sorted keys, and one item on a line where it gets too long for one line.
pub(super) fn pretty(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    // Refuses what gets too long before any more work is done.
    represent(value)?;
    let mut text = String::new();
    push_pretty(&mut text, value, 0, 0)?;
    charged(state, text)
}

/// `after` characters follow on the last line.
fn push_pretty(text: &mut String, value: &Value, after: usize, depth: usize) -> Result<(), Error> {
    if text.len() > MAX_TEXT || depth > DEPTH {
        return Err(too_long());
    }
    let sorted = sorted(value, depth)?;
    let value = &sorted;
    let flat = represent(value)?;
    let column = text.rsplit('\n').next().unwrap_or_default().chars().count();
    let fits = column + flat.chars().count() + after <= WIDTH;
    let items: Vec<(String, Value)> = match value.kind() {
        ValueKind::Map if !fits => {
            let pairs = value.as_object().and_then(|object| object.try_iter_pairs()).into_iter().flatten();
            pairs.map(|(key, value)| Ok((represent(&key)? + ": ", value))).collect::<Result<_, Error>>()?
        }
        ValueKind::Seq | ValueKind::Iterable if !fits => {
            value.try_iter()?.map(|item| (String::new(), item)).collect()
        }
        _ => Vec::new(),
    };
    if items.is_empty() {
        text.push_str(&flat);
        return Ok(());
    }
    let mut brackets = flat.chars();
    text.extend(brackets.next());
    let last = items.len() - 1;
    for (index, (key, item)) in items.iter().enumerate() {
        if index > 0 {
            text.push_str(",\n");
            text.extend(std::iter::repeat_n(' ', column + 1));
        }
        text.push_str(key);
        push_pretty(text, item, if index == last { after + 1 } else { 1 }, depth + 1)?;
    }
    text.extend(brackets.next_back());
    Ok(())
}

/// The value with the keys of its mappings sorted, at every level.
fn sorted(value: &Value, depth: usize) -> Result<Value, Error> {
    if depth > DEPTH {
        return Err(too_long());
    }
    match value.kind() {
        ValueKind::Map => {
            let pairs = value.as_object().and_then(|object| object.try_iter_pairs()).into_iter().flatten();
            let mut pairs: Vec<(Value, Value)> = pairs
                .map(|(key, value)| Ok((key, sorted(&value, depth + 1)?)))
                .collect::<Result<_, Error>>()?;
            pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
            Ok(Value::from_pairs(pairs))
        }
        ValueKind::Seq if !value.is_tuple() => {
            let items: Vec<Value> =
                value.try_iter()?.map(|item| sorted(&item, depth + 1)).collect::<Result<_, Error>>()?;
            Ok(Value::from(items))
        }
        _ => Ok(value.clone()),
    }
}
