//! Phrases that matter: runs of words between stop words, scored by how much their words go together (the method known as
//! RAKE).

use std::collections::{BTreeMap, BTreeSet};

use crate::bindings::exports::acme::text::analysis::Keyword;
use crate::words;

/// Words that join others and say little themselves.
const STOP_WORDS: &str = "a about after all also an and any are as at be because been before being between both but by \
    can could did do does during each for from had has have he her here him his how i if in into is it its just may me \
    more most my no not now of off on once only or other our out over own she should so some such than that the their \
    them then there these they this those through to too under until up very was we were what when where which while \
    who whom why will with would you your";

#[derive(Default)]
struct Counts {
    frequency: f64,
    degree: f64,
}

/// The best phrases.
pub fn extract(text: &str, most: usize, more_stop_words: &[String]) -> Vec<Keyword> {
    let own: Vec<String> = more_stop_words.iter().map(|word| word.to_lowercase()).collect();
    let stop: BTreeSet<&str> = STOP_WORDS.split_whitespace().chain(own.iter().map(String::as_str)).collect();
    let phrases = phrases(text, &stop);

    let mut counts: BTreeMap<&str, Counts> = BTreeMap::new();
    for phrase in &phrases {
        for word in phrase {
            let count = counts.entry(word).or_default();
            count.frequency += 1.0;
            count.degree += phrase.len() as f64;
        }
    }
    let mut found: BTreeMap<String, Keyword> = BTreeMap::new();
    for phrase in &phrases {
        let text = phrase.join(" ");
        let score = phrase.iter().map(|word| &counts[word.as_str()]);
        let score: f64 = score.map(|count| count.degree / count.frequency).sum();
        let keyword = found.entry(text.clone()).or_insert(Keyword { phrase: text, score, occurrences: 0 });
        keyword.occurrences += 1;
    }
    let mut keywords: Vec<Keyword> = found.into_values().collect();
    let weight = |keyword: &Keyword| keyword.score * f64::from(keyword.occurrences);
    keywords.sort_by(|one, other| weight(other).total_cmp(&weight(one)));
    keywords.truncate(most);
    for keyword in &mut keywords {
        keyword.score = (keyword.score * 100.0).round() / 100.0;
    }
    keywords
}

fn phrases(text: &str, stop: &BTreeSet<&str>) -> Vec<Vec<String>> {
    let mut phrases = Vec::new();
    for part in text.split(['.', ',', ';', ':', '!', '?', '(', ')', '"', '\n']) {
        let mut phrase = Vec::new();
        for word in words::of(part) {
            if stop.contains(word.as_str()) || word.chars().all(char::is_numeric) {
                phrases.push(std::mem::take(&mut phrase));
            } else {
                phrase.push(word);
            }
        }
        phrases.push(phrase);
    }
    // Longer runs are sentences without punctuation rather than names of something.
    phrases.retain(|phrase| (1..=4).contains(&phrase.len()));
    phrases
}
