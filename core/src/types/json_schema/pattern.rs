//! Patterns as JSON Schema means them: regular expressions of ECMAScript.

use regex::Regex;

/// What ECMAScript understands by its classes of characters; the crate's are those of Unicode.
const CLASSES: [(char, &str); 6] = [
    ('d', "[0-9]"),
    ('D', "[^0-9]"),
    ('w', "[A-Za-z0-9_]"),
    ('W', "[^A-Za-z0-9_]"),
    ('s', r"[\s\x{FEFF}--\x{85}]"),
    ('S', r"[^\s\x{FEFF}--\x{85}]"),
];

/// Compiles a pattern. What it can't say is an error: look-around and references back, for which there is no
/// search in linear time.
pub(super) fn parse(pattern: &str) -> Result<Regex, regex::Error> {
    let mut translated = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            translated.push(char);
            continue;
        }
        let escaped = chars.next();
        match CLASSES.iter().find(|(class, _)| Some(*class) == escaped) {
            // Classes may stand in classes.
            Some((_, class)) => translated.push_str(class),
            None => {
                translated.push(char);
                translated.extend(escaped);
            }
        }
    }
    Regex::new(&translated)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn classes_are_those_of_ecmascript() {
        for (pattern, fits, misfits) in [
            (r"^\d+$", "12", "४"),
            (r"^\D$", "४", "4"),
            (r"^[\w-]+$", "a_-9", "é"),
            (r"^[^\w]$", "é", "a"),
            (r"^\W$", "é", "_"),
            (r"^[x\s]+$", "x \u{FEFF}\u{A0}\t", "\u{85}"),
            (r"^\S$", "\u{85}", "\u{FEFF}"),
            (r"^\\d$", r"\d", "1"),
            (r"^\.$", ".", "x"),
        ] {
            let pattern = parse(pattern).unwrap();
            assert!(pattern.is_match(fits), "{pattern}: {fits}");
            assert!(!pattern.is_match(misfits), "{pattern}: {misfits}");
        }
        assert!(parse(r"\").is_err());
    }
}
