//! Python's `%`: formats texts, and is the remainder of numbers.
//!
//! The engine knows the operator for numbers only, and offers no way to add to it. So each use of it in a template
//! is [rewritten](rewrite) to a use of a filter before the template is compiled.

use std::ops::Range;

use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Rest, ValueKind};
use minijinja::{Error, ErrorKind, State, Value};

use super::python::{charged, display, float, represent};

/// The name of the filter that stands for the operator.
pub(super) const FILTER: &str = "_percent";

/// Characters that a field may be wide.
const MAX_WIDTH: usize = 10_000;

/// The template with `left % right` as `(left)|_percent(right)` wherever `uses` has such an expression. Lines stay
/// what they are.
pub(super) fn rewrite(source: &str, uses: &[Range<usize>]) -> Result<String, Error> {
    if uses.is_empty() {
        return Ok(source.to_owned());
    }
    let mut edits: Vec<(usize, usize, String)> = Vec::new();
    for place in uses {
        let operator = operator(source, place)?;
        edits.push((place.start, 0, "(".to_owned()));
        edits.push((operator, 1, format!(")|{FILTER}(")));
        edits.push((place.end, 0, ")".to_owned()));
    }
    // What is inserted at the end of an expression comes before what is inserted at the start of the next one.
    edits.sort_by_key(|(at, length, text)| (*at, *length, text == "("));
    let mut rewritten = String::with_capacity(source.len() + edits.len() * FILTER.len());
    let mut copied = 0;
    for (at, length, text) in edits {
        rewritten.push_str(source.get(copied..at).unwrap_or_default());
        rewritten.push_str(&text);
        copied = at + length;
    }
    rewritten.push_str(source.get(copied..).unwrap_or_default());
    Ok(rewritten)
}

/// Where the operator of an expression stands: it is the last one outside of all brackets, since it is
/// left-associative.
fn operator(source: &str, place: &Range<usize>) -> Result<usize, Error> {
    let missing = || Error::new(ErrorKind::SyntaxError, "`%` without operands");
    let mut depth = 0_usize;
    let mut found = None;
    let expression = source.get(place.clone()).ok_or_else(missing)?;
    for token in tokenize(expression, true, SyntaxConfig::default()) {
        let (token, span) = token?;
        match token {
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => depth += 1,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => depth = depth.saturating_sub(1),
            Token::Mod if depth == 0 => found = Some(place.start + span.start_offset as usize),
            _ => {}
        }
    }
    found.ok_or_else(missing)
}

/// The operator.
pub(super) fn modulo(state: &State<'_, '_>, left: &Value, right: &Value) -> Result<Value, Error> {
    if let Some(pattern) = left.as_str() {
        return format(state, pattern, right).map(Value::from);
    }
    let numbers = matches!(left.kind(), ValueKind::Number | ValueKind::Bool)
        && matches!(right.kind(), ValueKind::Number | ValueKind::Bool);
    if !numbers {
        let problem = format!("unsupported operand types for %: {} and {}", left.kind(), right.kind());
        return Err(Error::new(ErrorKind::InvalidOperation, problem));
    }
    let by_zero = || Error::new(ErrorKind::InvalidOperation, "division by zero");
    if let (Some(left), Some(right)) = (whole(left), whole(right)) {
        // Of the divisor's sign, as in Python.
        let remainder = left.checked_rem(right).ok_or_else(by_zero)?;
        let other_sign = remainder != 0 && (remainder < 0) != (right < 0);
        let remainder = if other_sign { remainder + right } else { remainder };
        return Ok(i64::try_from(remainder).map_or_else(|_| Value::from(remainder), Value::from));
    }
    let (left, right) = (f64::try_from(left.clone())?, f64::try_from(right.clone())?);
    if right == 0.0 {
        return Err(by_zero());
    }
    let remainder = left % right;
    let other_sign = remainder != 0.0 && (remainder < 0.0) != (right < 0.0);
    Ok(Value::from(if other_sign { remainder + right } else { remainder }))
}

/// The filter `format`: its arguments are those of the operator.
pub(super) fn format_filter(
    state: &State<'_, '_>,
    pattern: &Value,
    arguments: Rest<Value>,
    named: Kwargs,
) -> Result<Value, Error> {
    let pattern = display(pattern)?;
    let names: Vec<String> = named.args().map(str::to_owned).collect();
    if names.is_empty() {
        let arguments: Vec<Value> = arguments.to_vec();
        let arguments = Value::from(minijinja::value::Tuple::from(arguments));
        return format(state, &pattern, &arguments).map(Value::from);
    }
    if !arguments.is_empty() {
        let problem = "can't handle positional and keyword arguments at the same time";
        return Err(Error::new(ErrorKind::InvalidOperation, problem));
    }
    let entries: Vec<(String, Value)> = names
        .into_iter()
        .map(|name| Ok((name.clone(), named.get::<Value>(&name)?)))
        .collect::<Result<_, Error>>()?;
    format(state, &pattern, &Value::from_pairs(entries)).map(Value::from)
}

/// The values that fields take, one after the other or by name.
struct Arguments<'a> {
    all: &'a Value,
    positional: Vec<Value>,
    used: usize,
}

impl Arguments<'_> {
    fn next(&mut self) -> Result<Value, Error> {
        let value = self.positional.get(self.used).cloned();
        self.used += 1;
        value.ok_or_else(|| invalid("not enough arguments for format string"))
    }

    fn named(&mut self, name: &str) -> Result<Value, Error> {
        if self.all.kind() != ValueKind::Map {
            return Err(invalid("format requires a mapping"));
        }
        self.used = self.positional.len();
        let value = self.all.get_item(&Value::from(name))?;
        if value.is_undefined() {
            Err(invalid(format!("the mapping has no key `{name}`")))
        } else {
            Ok(value)
        }
    }
}

fn invalid(problem: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, problem.into())
}

/// How a field is to be laid out.
#[derive(Default)]
struct Layout {
    left: bool,
    plus: bool,
    blank: bool,
    zero: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
}

/// Python's `pattern % arguments`.
fn format(state: &State<'_, '_>, pattern: &str, arguments: &Value) -> Result<String, Error> {
    let positional = match arguments.is_tuple() {
        true => arguments.try_iter()?.collect(),
        false => vec![arguments.clone()],
    };
    let mut arguments = Arguments { all: arguments, positional, used: 0 };
    let mut text = String::new();
    let mut rest = pattern;
    while let Some((before, field)) = rest.split_once('%') {
        text.push_str(before);
        let mut field = field.chars();
        let (name, layout) = parse(&mut field, &mut arguments)?;
        let conversion = field.next().ok_or_else(|| invalid("incomplete format"))?;
        rest = field.as_str();
        if conversion == '%' {
            text.push('%');
            continue;
        }
        let value = match name {
            Some(name) => arguments.named(name)?,
            None => arguments.next()?,
        };
        state.consume_fuel(1 + (layout.width + layout.precision.unwrap_or(0)) as u64 / 64)?;
        text.push_str(&charged(state, convert(conversion, &value, &layout)?)?);
    }
    text.push_str(rest);
    // A mapping need not be used up.
    if arguments.used < arguments.positional.len() && arguments.all.kind() != ValueKind::Map {
        return Err(invalid("not all arguments converted during string formatting"));
    }
    Ok(text)
}

/// Reads a field up to its conversion: `(name)`, flags, width, precision.
fn parse<'a>(
    field: &mut std::str::Chars<'a>,
    arguments: &mut Arguments<'_>,
) -> Result<(Option<&'a str>, Layout), Error> {
    let mut name = None;
    if let Some(rest) = field.as_str().strip_prefix('(') {
        let (inside, after) = rest.split_once(')').ok_or_else(|| invalid("incomplete format key"))?;
        name = Some(inside);
        *field = after.chars();
    }
    let mut layout = Layout::default();
    loop {
        match field.as_str().chars().next() {
            Some('-') => layout.left = true,
            Some('+') => layout.plus = true,
            Some(' ') => layout.blank = true,
            Some('0') => layout.zero = true,
            Some('#') => layout.alternate = true,
            _ => break,
        }
        field.next();
    }
    layout.width = number(field, arguments)?.unwrap_or(0);
    if let Some(rest) = field.as_str().strip_prefix('.') {
        *field = rest.chars();
        layout.precision = Some(number(field, arguments)?.unwrap_or(0));
    }
    while let Some(rest) = field.as_str().strip_prefix(['h', 'l', 'L']) {
        *field = rest.chars();
    }
    Ok((name, layout))
}

/// A width or a precision: digits, or `*` for the next argument.
fn number(field: &mut std::str::Chars<'_>, arguments: &mut Arguments<'_>) -> Result<Option<usize>, Error> {
    let text = field.as_str();
    let number = if let Some(rest) = text.strip_prefix('*') {
        *field = rest.chars();
        Some(usize::try_from(arguments.next()?).map_err(|_| invalid("* wants int"))?)
    } else {
        let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
        let (digits, rest) = text.split_at(end);
        *field = rest.chars();
        match digits {
            "" => None,
            digits => Some(digits.parse().unwrap_or(usize::MAX)),
        }
    };
    match number {
        Some(number) if number > MAX_WIDTH => {
            Err(invalid(format!("a field can't be wider than {MAX_WIDTH}")))
        }
        number => Ok(number),
    }
}

fn convert(conversion: char, value: &Value, layout: &Layout) -> Result<String, Error> {
    let cut = |text: String| match layout.precision {
        Some(precision) => text.chars().take(precision).collect(),
        None => text,
    };
    Ok(match conversion {
        's' => pad("", cut(display(value)?), layout, false),
        'r' | 'a' => pad("", cut(represent(value)?), layout, false),
        'c' => pad("", character(value)?, layout, false),
        'd' | 'i' | 'u' => integer(conversion, value, layout, "", |number| number.to_string())?,
        'x' => integer(conversion, value, layout, "0x", |number| format!("{number:x}"))?,
        'X' => integer(conversion, value, layout, "0X", |number| format!("{number:X}"))?,
        'o' => integer(conversion, value, layout, "0o", |number| format!("{number:o}"))?,
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
            let number = numeric(conversion, value)?;
            let digits = if number.is_finite() {
                fraction(conversion.to_ascii_lowercase(), number.abs(), layout)
            } else {
                float(number.abs())
            };
            let digits = if conversion.is_ascii_uppercase() { digits.to_ascii_uppercase() } else { digits };
            pad(sign(number.is_sign_negative(), layout), digits, layout, number.is_finite())
        }
        other => return Err(invalid(format!("unsupported format character '{other}'"))),
    })
}

fn character(value: &Value) -> Result<String, Error> {
    let code = value.as_i64().and_then(|code| u32::try_from(code).ok()).and_then(char::from_u32);
    match (value.as_str(), code) {
        (Some(text), _) if text.chars().count() == 1 => Ok(text.to_owned()),
        (None, Some(character)) => Ok(character.to_string()),
        _ => Err(invalid("%c requires int or char")),
    }
}

/// An integer's value; booleans are integers in Python.
fn whole(value: &Value) -> Option<i128> {
    match value.kind() {
        ValueKind::Bool => Some(i128::from(value.is_true())),
        ValueKind::Number if value.is_integer() => i128::try_from(value.clone()).ok(),
        _ => None,
    }
}

fn numeric(conversion: char, value: &Value) -> Result<f64, Error> {
    let number = match value.kind() {
        ValueKind::Bool => Some(if value.is_true() { 1.0 } else { 0.0 }),
        ValueKind::Number => f64::try_from(value.clone()).ok(),
        _ => None,
    };
    number.ok_or_else(|| {
        invalid(format!("%{conversion} format: a real number is required, not {}", value.kind()))
    })
}

fn integer(
    conversion: char,
    value: &Value,
    layout: &Layout,
    prefix: &str,
    digits: impl Fn(u128) -> String,
) -> Result<String, Error> {
    let number = match whole(value) {
        Some(number) => number,
        // `%d` cuts fractions off; the others want an integer.
        None if prefix.is_empty() => numeric(conversion, value)?.trunc() as i128,
        None => {
            return Err(invalid(format!(
                "%{conversion} format: an integer is required, not {}",
                value.kind()
            )));
        }
    };
    let mut digits = digits(number.unsigned_abs());
    if let Some(missing) = layout.precision.and_then(|precision| precision.checked_sub(digits.len())) {
        digits.insert_str(0, &"0".repeat(missing));
    }
    let prefix = if layout.alternate { prefix } else { "" };
    Ok(pad(&format!("{}{prefix}", sign(number < 0, layout)), digits, layout, true))
}

fn sign(negative: bool, layout: &Layout) -> &'static str {
    match layout {
        _ if negative => "-",
        Layout { plus: true, .. } => "+",
        Layout { blank: true, .. } => " ",
        _ => "",
    }
}

/// The digits of a number that is not negative.
fn fraction(conversion: char, number: f64, layout: &Layout) -> String {
    let precision = layout.precision.unwrap_or(6);
    match conversion {
        'e' => scientific(number, precision),
        'f' => format!("{number:.precision$}"),
        _ => {
            let precision = precision.max(1);
            let rounded = scientific(number, precision - 1);
            let exponent =
                rounded.split_once('e').and_then(|(_, exponent)| exponent.parse::<i32>().ok()).unwrap_or(0);
            let short = usize::try_from(exponent.max(-4)).ok();
            let plain = exponent >= -4 && short.is_none_or(|exponent| exponent < precision);
            let (digits, tail) = match rounded.split_once('e') {
                Some((digits, exponent)) if !plain => (digits.to_owned(), format!("e{exponent}")),
                _ => {
                    let places = i32::try_from(precision).unwrap_or(i32::MAX) - 1 - exponent;
                    let places = usize::try_from(places).unwrap_or(0);
                    (format!("{number:.places$}"), String::new())
                }
            };
            let digits = match digits.contains('.') && !layout.alternate {
                true => digits.trim_end_matches('0').trim_end_matches('.'),
                false => &digits,
            };
            format!("{digits}{tail}")
        }
    }
}

/// With an exponent of a sign and two digits at least.
fn scientific(number: f64, precision: usize) -> String {
    let text = format!("{number:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

/// A field at its width; zeros go between the sign and the digits of numbers.
fn pad(sign: &str, digits: String, layout: &Layout, zeros: bool) -> String {
    let missing = layout.width.saturating_sub(sign.len() + digits.chars().count());
    if layout.left {
        return format!("{sign}{digits}{}", " ".repeat(missing));
    }
    if layout.zero && zeros {
        return format!("{sign}{}{digits}", "0".repeat(missing));
    }
    format!("{}{sign}{digits}", " ".repeat(missing))
}
