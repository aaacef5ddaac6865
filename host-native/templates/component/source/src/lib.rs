//! How long it takes to read a text.

wit_bindgen::generate!({ world: "reading", path: "wit" });

use exports::my::reading::texts::{Estimate, Guest};

/// Words a minute of most adults.
const PACE: u16 = 230;

struct Reading;

export!(Reading);

impl Guest for Reading {
    fn reading_time(text: String, words_per_minute: Option<u16>) -> Result<Estimate, String> {
        let is_word = |part: &&str| part.chars().any(char::is_alphanumeric);
        let words = text.split_whitespace().filter(is_word).count();
        if words == 0 {
            return Err("there are no words in it".to_owned());
        }
        let sentences = text.split(['.', '!', '?']).filter(is_word).count();
        let pace = usize::from(words_per_minute.unwrap_or(PACE).max(1));
        let most = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(Estimate {
            words: most(words),
            sentences: most(sentences),
            seconds: most((words * 60).div_ceil(pace)),
        })
    }
}
