//! Words of a text.

/// The words, in lower case, without what surrounds them.
pub fn of(text: &str) -> impl Iterator<Item = String> + '_ {
    pieces(text).map(str::to_lowercase)
}

/// The words as written.
pub fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let inside = |c: char| c.is_alphanumeric() || c == '\'' || c == '’' || c == '-';
    let words = text.split(move |c: char| !inside(c));
    words.map(|word| word.trim_matches(['\'', '’', '-'])).filter(|word| !word.is_empty())
}
