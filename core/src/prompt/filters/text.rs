//! Filters that lay out texts.

use minijinja::value::{Kwargs, Rest};
use minijinja::{Error, ErrorKind, State, Value};

use super::by_name;
use crate::prompt::python::{charged, display};

/// Python's white space of ASCII, at which texts are wrapped.
const BLANKS: [char; 6] = ['\t', '\n', '\u{b}', '\u{c}', '\r', ' '];

pub(super) fn center(
    state: &State<'_, '_>,
    value: &Value,
    width: Option<usize>,
    named: Kwargs,
) -> Result<String, Error> {
    let width = width.or(named.get("width")?).unwrap_or(80);
    named.assert_all_used()?;
    centered(state, &display(value)?, width, ' ')
}

/// Python's `str.center`: of an odd padding, the odd one is left of texts for odd widths.
pub(crate) fn centered(state: &State<'_, '_>, text: &str, width: usize, fill: char) -> Result<String, Error> {
    let padding = width.saturating_sub(text.chars().count());
    state.consume_fuel(padding as u64 / 16)?;
    let left = padding / 2 + (padding & width & 1);
    let fill = |count| std::iter::repeat_n(fill, count);
    Ok(fill(left).chain(text.chars()).chain(fill(padding - left)).collect())
}

/// Every line but the first one with blanks, or another text, before it.
pub(super) fn indent(
    state: &State<'_, '_>,
    value: &Value,
    options: Rest<Value>,
    named: Kwargs,
) -> Result<String, Error> {
    let options = by_name(&["width", "first", "blank"], &options, &named)?;
    let width = options.get::<Option<Value>>("width")?.unwrap_or_else(|| Value::from(4));
    let first = options.get::<Option<bool>>("first")?.unwrap_or(false);
    let blank = options.get::<Option<bool>>("blank")?.unwrap_or(false);
    options.assert_all_used()?;
    let text = display(value)?;
    let width_of = match width.as_str() {
        Some(before) => before.len(),
        None => usize::try_from(width.clone())?,
    };
    let lines = 1 + text.matches('\n').count();
    state.consume_fuel(width_of.saturating_mul(lines) as u64 / 16)?;
    let before = width.as_str().map_or_else(|| " ".repeat(width_of), str::to_owned);
    let indented = text.split('\n').enumerate().map(|(index, line)| {
        let untouched = if index == 0 { !first } else { line.is_empty() && !blank };
        if untouched { line.to_owned() } else { format!("{before}{line}") }
    });
    Ok(indented.collect::<Vec<_>>().join("\n"))
}

/// A number of bytes for people.
pub(super) fn file_size(value: &Value, binary: Option<bool>, named: Kwargs) -> Result<String, Error> {
    const UNITS: [char; 8] = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
    let binary = binary.or(named.get("binary")?).unwrap_or(false);
    named.assert_all_used()?;
    let bytes = match value.as_str() {
        Some(text) => text.trim().parse().ok(),
        None => f64::try_from(value.clone()).ok(),
    };
    let invalid = || Error::new(ErrorKind::InvalidOperation, "filesizeformat needs a number");
    let bytes: f64 = bytes.ok_or_else(invalid)?;
    if bytes == 1.0 {
        return Ok("1 Byte".to_owned());
    }
    let base = if binary { 1024.0 } else { 1000.0 };
    if bytes < base {
        return Ok(format!("{} Bytes", bytes.trunc()));
    }
    let mut amount = bytes / base;
    let mut units = UNITS.iter().copied().peekable();
    while let Some(unit) = units.next() {
        if amount < base || units.peek().is_none() {
            let unit = if binary { format!("{}iB", unit.to_ascii_uppercase()) } else { format!("{unit}B") };
            return Ok(format!("{amount:.1} {unit}"));
        }
        amount /= base;
    }
    Err(invalid())
}

pub(super) fn truncate(value: &Value, options: Rest<Value>, named: Kwargs) -> Result<String, Error> {
    let options = by_name(&["length", "killwords", "end", "leeway"], &options, &named)?;
    let length = options.get::<Option<usize>>("length")?.unwrap_or(255);
    let kill_words = options.get::<Option<bool>>("killwords")?.unwrap_or(false);
    let end = options.get::<Option<String>>("end")?.unwrap_or_else(|| "...".to_owned());
    let leeway = options.get::<Option<usize>>("leeway")?.unwrap_or(5);
    options.assert_all_used()?;
    let text = display(value)?;
    let Some(kept) = length.checked_sub(end.chars().count()) else {
        let problem = format!("expected length >= {}, got {length}", end.chars().count());
        return Err(Error::new(ErrorKind::InvalidOperation, problem));
    };
    if text.chars().count() <= length.saturating_add(leeway) {
        return Ok(text);
    }
    let kept: String = text.chars().take(kept).collect();
    let whole_words = kept.rsplit_once(' ').map_or(kept.as_str(), |(words, _)| words);
    Ok(if kill_words { &kept } else { whole_words }.to_owned() + &end)
}

/// Runs of letters, digits and `_`.
pub(super) fn word_count(value: &Value) -> Result<usize, Error> {
    let text = display(value)?;
    let words = text.split(|character: char| !(character.is_alphanumeric() || character == '_'));
    Ok(words.filter(|word| !word.is_empty()).count())
}

pub(super) fn word_wrap(
    state: &State<'_, '_>,
    value: &Value,
    options: Rest<Value>,
    named: Kwargs,
) -> Result<String, Error> {
    let options =
        by_name(&["width", "break_long_words", "wrapstring", "break_on_hyphens"], &options, &named)?;
    let width = options.get::<Option<usize>>("width")?.unwrap_or(79);
    let break_words = options.get::<Option<bool>>("break_long_words")?.unwrap_or(true);
    let between = options.get::<Option<String>>("wrapstring")?.unwrap_or_else(|| {
        "
"
        .to_owned()
    });
    let break_hyphens = options.get::<Option<bool>>("break_on_hyphens")?.unwrap_or(true);
    options.assert_all_used()?;
    if width == 0 {
        return Err(Error::new(ErrorKind::InvalidOperation, "invalid width 0 (must be > 0)"));
    }
    let text = display(value)?;
    // Each line made has at least one character, and costs `between`.
    state.consume_fuel((text.len() * (1 + between.len())) as u64 / 64)?;
    let lines: Vec<String> =
        text.lines().map(|line| wrap(line, width, break_words, break_hyphens).join(&between)).collect();
    charged(state, lines.join(&between))
}

/// Lines of at most `width` characters, as Python's `textwrap` makes them.
fn wrap(line: &str, width: usize, break_words: bool, break_hyphens: bool) -> Vec<String> {
    let mut chunks: Vec<Vec<char>> = chunks(line, break_hyphens);
    chunks.reverse();
    let is_blank = |chunk: &[char]| chunk.iter().all(|character| character.is_whitespace());
    let mut lines: Vec<String> = Vec::new();
    while let Some(next) = chunks.last() {
        if is_blank(next) && !lines.is_empty() {
            chunks.pop();
        }
        let mut current: Vec<Vec<char>> = Vec::new();
        let mut length = 0;
        while let Some(chunk) = chunks.pop_if(|chunk| length + chunk.len() <= width) {
            length += chunk.len();
            current.push(chunk);
        }
        if let Some(mut long) = chunks.pop_if(|chunk| chunk.len() > width) {
            if break_words {
                let left = (width - length).max(1);
                let hyphen = long.iter().take(left).rposition_hyphen().filter(|_| break_hyphens);
                let rest = long.split_off(hyphen.map_or(left, |at| at + 1));
                current.push(long);
                chunks.push(rest);
            } else if current.is_empty() {
                current.push(long);
            } else {
                chunks.push(long);
            }
        }
        if current.last().is_some_and(|chunk| is_blank(chunk)) {
            current.pop();
        }
        if !current.is_empty() {
            lines.push(current.into_iter().flatten().collect());
        }
    }
    lines
}

trait Hyphen {
    /// Where the last hyphen is that has something else before it.
    fn rposition_hyphen(self) -> Option<usize>;
}

impl<'a, I: Iterator<Item = &'a char>> Hyphen for I {
    fn rposition_hyphen(self) -> Option<usize> {
        let mut other = false;
        let mut last = None;
        for (index, character) in self.enumerate() {
            match character {
                '-' if other => last = Some(index),
                '-' => {}
                _ => other = true,
            }
        }
        last
    }
}

/// Words and the blanks between them; words with hyphens in parts that end with one.
fn chunks(line: &str, break_hyphens: bool) -> Vec<Vec<char>> {
    let letters: Vec<char> = line.chars().collect();
    let is_letter = |at: Option<usize>| {
        at.and_then(|at| letters.get(at)).is_some_and(|letter| letter.is_alphabetic() || *letter == '_')
    };
    let breaks_after = |at: usize| {
        let before = |distance| is_letter(at.checked_sub(distance));
        let hyphen = |at: Option<usize>| at.and_then(|at| letters.get(at)) == Some(&'-');
        let starts = before(1) && (before(2) || (hyphen(at.checked_sub(2)) && before(3)));
        let goes_on = is_letter(Some(at + 1))
            && (is_letter(Some(at + 2)) || (hyphen(Some(at + 2)) && is_letter(Some(at + 3))));
        letters.get(at) == Some(&'-') && starts && goes_on
    };
    let mut chunks: Vec<Vec<char>> = Vec::new();
    let mut previous: Option<char> = None;
    for (index, letter) in letters.iter().enumerate() {
        let together = previous.is_some_and(|previous| BLANKS.contains(&previous) == BLANKS.contains(letter))
            && !(break_hyphens && index > 0 && breaks_after(index - 1));
        match chunks.last_mut().filter(|_| together) {
            Some(chunk) => chunk.push(*letter),
            None => chunks.push(vec![*letter]),
        }
        previous = Some(*letter);
    }
    chunks
}
