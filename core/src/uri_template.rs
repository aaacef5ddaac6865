//! URIs with placeholders, as resources have them (RFC 6570, level 1).

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Characters that stay themselves in the value of a placeholder.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A compiled template: matching takes time in proportion to the length of the URI.
#[derive(Clone, Debug)]
pub struct UriTemplate {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    /// Text that stands in the URI, normalised as URIs are.
    Literal(String),
    /// A value: one or more characters other than `/`.
    Placeholder(String),
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UriTemplateError {
    /// It does not begin with a scheme.
    #[error("'{0}' is no URI")]
    NoScheme(String),
    /// It has a blank or a control character.
    #[error("'{0}' is no URI: it has blanks or control characters")]
    Blank(String),
    /// A brace without its counterpart.
    #[error("a brace in '{0}' has no counterpart")]
    UnbalancedBrace(String),
    /// Something between braces that is no name.
    #[error("'{{{0}}}' is no placeholder")]
    InvalidPlaceholder(String),
    /// A placeholder that stands twice.
    #[error("'{{{0}}}' stands in the uri twice")]
    Repeated(String),
    /// Two placeholders with nothing between them: nobody can say where one ends.
    #[error("'{{{0}}}' and '{{{1}}}' have nothing between them")]
    Adjacent(String, String),
}

/// How much of a URI a template leaves open; less sorts first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Openness {
    placeholders: usize,
    /// Negative: more fixed text is less open.
    fixed: std::cmp::Reverse<usize>,
    /// As is fixed text at the start.
    prefix: std::cmp::Reverse<usize>,
}

impl UriTemplate {
    /// Compiles a template.
    ///
    /// # Errors
    /// Why the text is none.
    pub fn parse(text: &str) -> Result<Self, UriTemplateError> {
        let scheme = text.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| is_scheme(scheme));
        if scheme.is_none() {
            return Err(UriTemplateError::NoScheme(text.to_owned()));
        }
        if text.contains(|character: char| character.is_whitespace() || character.is_control()) {
            return Err(UriTemplateError::Blank(text.to_owned()));
        }
        let mut parts: Vec<Part> = Vec::new();
        let normalised = normalise(text);
        let mut rest = normalised.as_str();
        while let Some((literal, after)) = rest.split_once('{') {
            let (name, after) =
                after.split_once('}').ok_or_else(|| UriTemplateError::UnbalancedBrace(text.to_owned()))?;
            // Names of parameters may have letters of any script, and are not normalised.
            let name = percent_decode_str(name).decode_utf8_lossy().into_owned();
            push_literal(&mut parts, literal, text)?;
            push_placeholder(&mut parts, name)?;
            rest = after;
        }
        push_literal(&mut parts, rest, text)?;
        Ok(Self { parts })
    }

    /// The names of the placeholders, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Placeholder(name) => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// Whether it is the URI of one thing.
    #[must_use]
    pub fn is_static(&self) -> bool {
        self.placeholders().next().is_none()
    }

    /// The values of the placeholders in a URI, percent-decoded; none if the URI is not of this form, or a value is
    /// no text.
    #[must_use]
    pub fn matches(&self, uri: &str) -> Option<Vec<(&str, String)>> {
        let normalised = normalise(uri);
        let mut values = Vec::new();
        let mut rest = normalised.as_str();
        for (index, part) in self.parts.iter().enumerate().rev() {
            match part {
                Part::Literal(literal) => rest = rest.strip_suffix(literal.as_str())?,
                Part::Placeholder(name) => {
                    // From the end, each value is as short as what stands before it allows, so the first values are
                    // the longest. No second try is needed: a longer value would only come nearer to a `/`.
                    let start = match index.checked_sub(1).and_then(|before| self.parts.get(before)) {
                        Some(Part::Literal(first)) if index == 1 => first.len(),
                        Some(Part::Literal(literal)) => previous(rest, &normalised, literal)?,
                        _ => 0,
                    };
                    let (before, value) = rest.split_at_checked(start)?;
                    // A value that begins or ends in the middle of an escape would mean another text.
                    let cut = [start, rest.len()].into_iter().any(|at| is_within_escape(&normalised, at));
                    if value.is_empty() || value.contains('/') || cut {
                        return None;
                    }
                    values.push((name.as_str(), percent_decode_str(value).decode_utf8().ok()?.into_owned()));
                    rest = before;
                }
            }
        }
        values.reverse();
        rest.is_empty().then_some(values)
    }

    /// The URI for values; none if one is missing or empty.
    #[must_use]
    pub fn expand<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Option<String> {
        let mut uri = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => uri.push_str(literal),
                Part::Placeholder(name) => {
                    let value = value(name).filter(|value| !value.is_empty())?;
                    uri.extend(utf8_percent_encode(value, UNRESERVED));
                }
            }
        }
        Some(uri)
    }

    pub(crate) fn openness(&self) -> Openness {
        let length = |part: &Part| match part {
            Part::Literal(literal) => literal.len(),
            Part::Placeholder(_) => 0,
        };
        Openness {
            placeholders: self.placeholders().count(),
            fixed: std::cmp::Reverse(self.parts.iter().map(length).sum()),
            prefix: std::cmp::Reverse(self.parts.first().map_or(0, length)),
        }
    }
}

/// Where the last such literal ends before a value of at least one character. `text` is the beginning of `uri`, whose
/// escapes a literal neither begins nor ends in.
fn previous(text: &str, uri: &str, literal: &str) -> Option<usize> {
    let mut searched = text.get(..text.char_indices().next_back()?.0)?;
    loop {
        let begin = searched.rfind(literal)?;
        let end = begin + literal.len();
        if ![begin, end].into_iter().any(|at| is_within_escape(uri, at)) {
            return Some(end);
        }
        searched = searched.get(..end.checked_sub(1)?)?;
    }
}

/// Whether a place in a URI lies between the three characters of an escape (RFC 3986 section 2.1).
fn is_within_escape(uri: &str, at: usize) -> bool {
    [1, 2].into_iter().any(|back| {
        let escape = at.checked_sub(back).and_then(|begin| uri.as_bytes().get(begin..begin + 3));
        escape.is_some_and(
            |bytes| matches!(bytes, [b'%', one, two] if one.is_ascii_hexdigit() && two.is_ascii_hexdigit()),
        )
    })
}

fn push_literal(parts: &mut Vec<Part>, literal: &str, text: &str) -> Result<(), UriTemplateError> {
    if literal.contains('}') {
        return Err(UriTemplateError::UnbalancedBrace(text.to_owned()));
    }
    if !literal.is_empty() {
        parts.push(Part::Literal(literal.to_owned()));
    }
    Ok(())
}

fn push_placeholder(parts: &mut Vec<Part>, name: String) -> Result<(), UriTemplateError> {
    let is_name = name.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && name.chars().all(|character| character.is_alphanumeric() || character == '_');
    if !is_name {
        return Err(UriTemplateError::InvalidPlaceholder(name));
    }
    if let Some(Part::Placeholder(before)) = parts.last() {
        return Err(UriTemplateError::Adjacent(before.clone(), name));
    }
    if parts.iter().any(|part| matches!(part, Part::Placeholder(before) if *before == name)) {
        return Err(UriTemplateError::Repeated(name));
    }
    parts.push(Part::Placeholder(name));
    Ok(())
}

/// RFC 3986 section 3.1: a letter, then letters, digits, `+`, `-` and `.`.
fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|part| part.is_ascii_alphanumeric() || "+-.".contains(part))
}

/// Whether a text is a URI at all, so that asking for it makes sense.
#[must_use]
pub fn is_uri(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, _)| is_scheme(scheme))
        && !text.contains(|character: char| character.is_whitespace() || character.is_control())
}

/// The form in which URIs are compared: the scheme in lower case, what is not ASCII percent-encoded, and the digits
/// of that in upper case.
pub(crate) fn normalise(uri: &str) -> String {
    let (scheme, rest) = uri.split_once(':').unwrap_or(("", uri));
    let mut normalised = String::with_capacity(uri.len());
    if rest.len() < uri.len() {
        normalised.push_str(&scheme.to_ascii_lowercase());
        normalised.push(':');
    }
    let encoded: String = utf8_percent_encode(rest, CONTROLS).collect();
    let mut rest = encoded.as_str();
    while let Some((before, after)) = rest.split_once('%') {
        normalised.push_str(before);
        normalised.push('%');
        // A percent sign without digits is one, and what follows it is not touched.
        let digits = after.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        normalised.push_str(&digits.unwrap_or_default().to_ascii_uppercase());
        rest = after.get(digits.map_or(0, str::len)..).unwrap_or_default();
    }
    normalised.push_str(rest);
    normalised
}

impl fmt::Display for UriTemplate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Literal(literal) => formatter.write_str(literal),
            Part::Placeholder(name) => write!(formatter, "{{{name}}}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> UriTemplate {
        UriTemplate::parse(text).unwrap()
    }

    fn values(text: &str, uri: &str) -> Option<Vec<String>> {
        let template = template(text);
        let found = template.matches(uri)?;
        Some(found.into_iter().map(|(name, value)| format!("{name}={value}")).collect())
    }

    #[test]
    fn placeholders_match_one_segment() {
        assert_eq!(values("orders://{id}/items", "orders://42/items").unwrap(), ["id=42"]);
        assert_eq!(values("orders://{id}/items", "orders:///items"), None);
        assert_eq!(values("orders://{id}", "orders://4/2"), None);
        assert_eq!(values("orders://{id}", "orders://"), None);
        assert_eq!(values("orders://{id}/items", "orders://42/items/"), None);
        assert_eq!(values("u://{a}-{b}", "u://x-y-z").unwrap(), ["a=x-y", "b=z"]);
        assert_eq!(values("u://{a}.json", "u://x.json.json").unwrap(), ["a=x.json"]);
        assert_eq!(values("u://{a}-{b}/c", "u://--b/c").unwrap(), ["a=-", "b=b"]);
    }

    #[test]
    fn literal_parts_are_literal() {
        assert_eq!(values("u://a.b/{x}", "u://aXb/1"), None);
        assert_eq!(values("u://(.*)/{x}", "u://(.*)/1").unwrap(), ["x=1"]);
    }

    #[test]
    fn values_are_decoded() {
        assert_eq!(values("u://{x}", "u://a%20b%2Fc").unwrap(), ["x=a b/c"]);
        assert_eq!(values("u://{x}", "u://%C3%BC").unwrap(), ["x=ü"]);
        assert_eq!(values("u://{x}", "u://ü").unwrap(), ["x=ü"]);
        assert_eq!(values("u://{x}", "u://100%").unwrap(), ["x=100%"]);
        assert_eq!(values("u://{x}", "u://%FF"), None);
    }

    #[test]
    fn no_value_ends_within_an_escape() {
        assert_eq!(values("u://{a}2D{b}", "u://x%2Dy"), None);
        assert_eq!(values("u://{a}2D{b}", "u://x2Dy").unwrap(), ["a=x", "b=y"]);
        assert_eq!(values("u://{a}2D%{b}", "u://x%2D-%2d%22Dy"), None);
        assert_eq!(values("u://{a}B{b}", "u://xBy%7Bz").unwrap(), ["a=x", "b=y{z"]);
    }

    #[test]
    fn uris_are_compared_in_their_normal_form() {
        assert_eq!(values("U://ü/{x}", "u://%c3%bc/X").unwrap(), ["x=X"]);
        assert!(template("test://a").matches("TEST://a").unwrap().is_empty());
        assert!(template("test://a").matches("test://A").is_none());
        assert!(template("test://%c3/a").matches("test://%C3/a").is_some());
        assert!(template("test://%u20").matches("test://%U20").is_none(), "not of encoding");
        assert_eq!(normalise("U://%%c3%"), "u://%%C3%");
    }

    #[test]
    fn expanding_is_the_opposite_of_matching() {
        let template = template("u://{x}/y");
        let uri = template.expand(|_| Some("a b/ü%")).unwrap();
        assert_eq!(uri, "u://a%20b%2F%C3%BC%25/y");
        assert_eq!(template.matches(&uri).unwrap(), [("x", "a b/ü%".to_owned())]);
        assert_eq!(template.expand(|_| None), None);
    }

    #[test]
    fn refuses_what_nobody_could_match() {
        use UriTemplateError as Error;
        let error = |text: &str| UriTemplate::parse(text).unwrap_err();
        assert_eq!(error("no uri"), Error::NoScheme("no uri".into()));
        assert_eq!(error("u://a b"), Error::Blank("u://a b".into()));
        assert_eq!(error("u://{a"), Error::UnbalancedBrace("u://{a".into()));
        assert_eq!(error("u://a}"), Error::UnbalancedBrace("u://a}".into()));
        assert_eq!(error("u://{}"), Error::InvalidPlaceholder(String::new()));
        assert_eq!(error("u://{a*}"), Error::InvalidPlaceholder("a*".into()));
        assert_eq!(error("u://{a}/{a}"), Error::Repeated("a".into()));
        assert_eq!(error("u://{a}{b}"), Error::Adjacent("a".into(), "b".into()));
    }

    #[test]
    fn matching_long_texts_takes_linear_time() {
        let uri = format!("u://{}", "a-".repeat(100_000));
        assert_eq!(values("u://{a}-{b}-{c}!", &uri), None);
    }

    #[test]
    fn templates_that_leave_less_open_sort_first() {
        let mut templates = ["u://{a}/{b}", "u://{a}/b", "u://{a}", "u://c/{b}"].map(template);
        templates.sort_by_key(UriTemplate::openness);
        assert_eq!(
            templates.map(|template| template.to_string()),
            ["u://c/{b}", "u://{a}/b", "u://{a}", "u://{a}/{b}"]
        );
    }
}
