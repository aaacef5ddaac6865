//! How hard a text is to read.

use crate::bindings::exports::acme::text::analysis::{Level, Statistics};
use crate::words;

const WORDS_A_MINUTE: f64 = 230.0;

/// Counts; none for a text without words.
pub fn count(text: &str) -> Option<Statistics> {
    let words: Vec<String> = words::of(text).collect();
    if words.is_empty() {
        return None;
    }
    let ends = text.split(['.', '!', '?', '…']).filter(|part| words::pieces(part).next().is_some()).count();
    let syllables: u32 = words.iter().map(|word| syllables(word)).sum();
    let (count, sentences) = (words.len() as f64, ends.max(1) as f64);
    let ease = 206.835 - 1.015 * count / sentences - 84.6 * f64::from(syllables) / count;
    Some(Statistics {
        characters: text.chars().count() as u32,
        words: words.len() as u32,
        sentences: ends.max(1) as u32,
        syllables,
        reading_ease: (ease * 10.0).round() / 10.0,
        level: level(ease),
        reading_seconds: (count * 60.0 / WORDS_A_MINUTE).ceil() as u32,
    })
}

fn level(ease: f64) -> Level {
    match ease {
        ease if ease >= 90.0 => Level::VeryEasy,
        ease if ease >= 70.0 => Level::Easy,
        ease if ease >= 60.0 => Level::Plain,
        ease if ease >= 30.0 => Level::Difficult,
        _ => Level::VeryDifficult,
    }
}

/// Groups of vowels, as English says them: an `e` at the end is silent.
fn syllables(word: &str) -> u32 {
    let mut groups = 0;
    let mut inside = false;
    for letter in word.chars() {
        let vowel = matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'ä' | 'ö' | 'ü' | 'é' | 'è');
        groups += u32::from(vowel && !inside);
        inside = vowel;
    }
    let silent = word.ends_with('e') && !word.ends_with("le");
    if silent && groups > 1 { groups - 1 } else { groups.max(1) }
}
