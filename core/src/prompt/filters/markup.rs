//! Filters for HTML.

use minijinja::value::{Kwargs, Rest, ValueKind};
use minijinja::{Error, ErrorKind, State, Value};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::by_name;
use crate::prompt::python::{charged, display};

/// Text with what HTML reads differently escaped, as MarkupSafe does.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\'' => escaped.push_str("&#39;"),
            '"' => escaped.push_str("&#34;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

pub(super) fn escape_filter(value: &Value) -> Result<Value, Error> {
    if value.is_safe() {
        return Ok(value.clone());
    }
    display(value).map(|text| Value::from_safe_string(escape(&text)))
}

pub(super) fn force_escape(value: &Value) -> Result<Value, Error> {
    display(value).map(|text| Value::from_safe_string(escape(&text)))
}

/// Without comments and tags, with single blanks, and without the entities that [`escape`] and writers use.
pub(super) fn strip_tags(value: &Value) -> Result<String, Error> {
    let text = without(&display(value)?, "<!--", "-->");
    let text = without(&text, "<", ">");
    let words: Vec<&str> = text.split_whitespace().collect();
    Ok(unescape(&words.join(" ")))
}

/// Without everything from each `open` to the next `close`.
fn without(text: &str, open: &str, close: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once(open) {
        let Some((_, after)) = inside.split_once(close) else { break };
        kept.push_str(before);
        rest = after;
    }
    kept + rest
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let entity = after.split_once(';').and_then(|(name, after)| Some((entity(name)?, after)));
        rest = match entity {
            Some((character, after)) => {
                plain.push(character);
                after
            }
            None => {
                plain.push('&');
                after
            }
        };
    }
    plain + rest
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
            None => number.parse(),
        };
        return char::from_u32(code.ok()?);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        "hellip" => '…',
        "ndash" => '–',
        "mdash" => '—',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "laquo" => '«',
        "raquo" => '»',
        "bull" => '•',
        "euro" => '€',
        _ => return None,
    })
}

/// The attributes of an element; those that are none or undefined are left out.
pub(super) fn xml_attributes(value: &Value, space: Option<bool>, named: Kwargs) -> Result<Value, Error> {
    let space = space.or(named.get("autospace")?).unwrap_or(true);
    named.assert_all_used()?;
    let mut written = Vec::new();
    let pairs = value.as_object().and_then(|object| object.try_iter_pairs()).into_iter().flatten();
    for (key, value) in pairs.filter(|(_, value)| !value.is_none() && !value.is_undefined()) {
        let key = display(&key)?;
        if key.contains(|character: char| character.is_whitespace() || "/>=".contains(character)) {
            let problem = format!("invalid character in attribute name: `{key}`");
            return Err(Error::new(ErrorKind::InvalidOperation, problem));
        }
        let value = if value.is_safe() { display(&value)? } else { escape(&display(&value)?) };
        written.push(format!("{}=\"{value}\"", escape(&key)));
    }
    let lead = if space && !written.is_empty() { " " } else { "" };
    Ok(Value::from_safe_string(format!("{lead}{}", written.join(" "))))
}

/// Characters that stay themselves in a part of a URL.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Characters that stay themselves in a path.
const PATH: &AsciiSet = &PLAIN.remove(b'/');

/// Characters that stay themselves in a query, where a blank becomes `+` afterwards.
const WORDS: &AsciiSet = &PLAIN.remove(b' ');

/// A text for a URL's path, or a mapping or a list of pairs for its query.
pub(super) fn url_encode(value: &Value) -> Result<String, Error> {
    let pairs: Vec<(Value, Value)> = match value.kind() {
        ValueKind::Map => {
            value.as_object().and_then(|object| object.try_iter_pairs()).into_iter().flatten().collect()
        }
        ValueKind::Seq | ValueKind::Iterable => value
            .try_iter()?
            .map(|pair| Ok((pair.get_item_by_index(0)?, pair.get_item_by_index(1)?)))
            .collect::<Result<_, Error>>()?,
        _ => return Ok(utf8_percent_encode(&display(value)?, PATH).to_string()),
    };
    let part = |value: &Value| -> Result<String, Error> {
        Ok(utf8_percent_encode(&display(value)?, WORDS).to_string().replace(' ', "+"))
    };
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(key, value)| Ok(format!("{}={}", part(key)?, part(value)?)))
        .collect::<Result<_, Error>>()?;
    Ok(pairs.join("&"))
}

/// Text whose words that start with `http://`, `https://` or `www.` are links.
pub(super) fn urlize(
    state: &State<'_, '_>,
    value: &Value,
    options: Rest<Value>,
    named: Kwargs,
) -> Result<Value, Error> {
    let options = by_name(&["trim_url_limit", "nofollow", "target", "rel"], &options, &named)?;
    let limit: Option<usize> = options.get("trim_url_limit")?;
    let no_follow = options.get::<Option<bool>>("nofollow")?.unwrap_or(false);
    let target: Option<String> = options.get("target")?;
    let rel: Option<String> = options.get("rel")?;
    options.assert_all_used()?;
    let mut relations: Vec<&str> = rel.as_deref().unwrap_or_default().split_whitespace().collect();
    relations.push("noopener");
    if no_follow {
        relations.push("nofollow");
    }
    relations.sort_unstable();
    relations.dedup();
    let rel = escape(&relations.join(" "));
    let target = target.map(|target| format!(" target=\"{}\"", escape(&target))).unwrap_or_default();
    let text = escape(&display(value)?);
    let mut linked = String::with_capacity(text.len());
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let blank = piece.get(word.len()..).unwrap_or_default();
        let inside = word.trim_start_matches(['(', '<']);
        let head = word.get(..word.len() - inside.len()).unwrap_or_default();
        let url = inside.trim_end_matches(['.', ',', ')', '>', ';', ':', '!', '?']);
        let tail = inside.get(url.len()..).unwrap_or_default();
        let scheme = match url {
            _ if url.starts_with("http://") || url.starts_with("https://") => "",
            _ if url.starts_with("www.") => "https://",
            _ => {
                linked.push_str(piece);
                continue;
            }
        };
        let shown = match limit {
            Some(limit) if url.chars().count() > limit => url.chars().take(limit).collect::<String>() + "...",
            _ => url.to_owned(),
        };
        linked += &format!("{head}<a href=\"{scheme}{url}\" rel=\"{rel}\"{target}>{shown}</a>{tail}{blank}");
    }
    charged(state, linked).map(Value::from_safe_string)
}
