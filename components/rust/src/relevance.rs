//! Which documents answer a question best: BM25 over those that hold one of its words.

use crate::bindings::exports::acme::text::search::Hit;
use crate::words;

/// How soon more of the same word stops counting.
const SATURATION: f64 = 1.2;

/// How much a long document has to hold to count as much as a short one.
const LENGTH_WEIGHT: f64 = 0.75;

/// How much a word of the title counts, in words of the body.
const TITLE_WEIGHT: u32 = 3;

/// The documents that were read, as far as the question needs them.
pub struct Index<'q> {
    asked: &'q [String],
    candidates: Vec<Candidate>,
    documents: u32,
    words: u64,
    holding: Vec<u32>,
}

struct Candidate {
    id: String,
    title: String,
    length: f64,
    /// How often it holds each word that was asked for.
    counts: Vec<u32>,
}

impl<'q> Index<'q> {
    /// Nothing was read yet.
    pub fn new(asked: &'q [String]) -> Self {
        Self { asked, candidates: Vec::new(), documents: 0, words: 0, holding: vec![0; asked.len()] }
    }

    /// Reads a document.
    pub fn add(&mut self, id: String, title: String, body: &str) {
        let mut counts = vec![0; self.asked.len()];
        let mut length = 0u32;
        let weighed = words::of(&title).map(|word| (word, TITLE_WEIGHT)).chain(words::of(body).map(|word| (word, 1)));
        for (word, weight) in weighed {
            length += 1;
            for (asked, count) in self.asked.iter().zip(&mut counts) {
                *count += if *asked == word { weight } else { 0 };
            }
        }
        self.documents += 1;
        self.words += u64::from(length);
        for (holding, count) in self.holding.iter_mut().zip(&counts) {
            *holding += u32::from(*count > 0);
        }
        if counts.iter().any(|count| *count > 0) {
            self.candidates.push(Candidate { id, title, length: f64::from(length), counts });
        }
    }

    /// The best ones, best first.
    pub fn best(self, most: usize) -> Vec<Hit> {
        let total = f64::from(self.documents);
        let average = self.words as f64 / total.max(1.0);
        let rarity = |holding: &u32| {
            let holding = f64::from(*holding);
            ((total - holding + 0.5) / (holding + 0.5) + 1.0).ln()
        };
        let rarities: Vec<f64> = self.holding.iter().map(rarity).collect();
        let score = |candidate: &Candidate| -> f64 {
            let long = 1.0 - LENGTH_WEIGHT + LENGTH_WEIGHT * candidate.length / average;
            let of_word = |(count, rarity): (&u32, &f64)| {
                let count = f64::from(*count);
                rarity * count * (SATURATION + 1.0) / (count + SATURATION * long)
            };
            candidate.counts.iter().zip(&rarities).map(of_word).sum()
        };
        let mut hits: Vec<Hit> = self
            .candidates
            .iter()
            .map(|candidate| Hit {
                id: candidate.id.clone(),
                title: candidate.title.clone(),
                score: (score(candidate) * 1000.0).round() / 1000.0,
            })
            .collect();
        hits.sort_by(|one, other| other.score.total_cmp(&one.score).then_with(|| one.id.cmp(&other.id)));
        hits.truncate(most);
        hits
    }
}
