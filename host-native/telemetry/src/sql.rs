//! What is said of SQL, whose text is never shown.

use sha2::{Digest as _, Sha256};

/// The first 16 hexadecimal digits of the text's SHA-256.
pub(crate) fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// What it does, by its first word.
pub(crate) fn operation(text: &str) -> &'static str {
    let word = first_word(text);
    ["select", "insert", "update", "delete", "create", "drop"]
        .into_iter()
        .find(|known| word.eq_ignore_ascii_case(known))
        .unwrap_or("unknown")
}

/// The first word that is no comment.
fn first_word(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after).trim_start();
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after).trim_start();
        } else {
            return rest.split(|character: char| !character.is_ascii_alphabetic()).next().unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_says_what_sql_does() {
        assert_eq!(operation("SELECT 1"), "select");
        assert_eq!(operation("  -- all of them\n/* really */ Delete FROM a"), "delete");
        assert_eq!(operation("WITH a AS (SELECT 1) SELECT * FROM a"), "unknown");
        assert_eq!(operation("-- nothing"), "unknown");
    }

    #[test]
    fn the_hash_is_the_beginning_of_the_digest() {
        assert_eq!(hash("SELECT 1"), "e004ebd5b5532a4b");
    }
}
