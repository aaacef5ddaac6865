//! The words after a command's name.

use anyhow::{Context, Result, bail};

/// Words of a command line that are taken one by one; what nobody took is an error.
#[derive(Debug)]
pub(crate) struct Arguments {
    words: Vec<String>,
    passed_on: Vec<String>,
}

impl Arguments {
    /// Words as given; those behind `--` are for another program.
    pub(crate) fn new(words: impl Iterator<Item = String>) -> Self {
        let mut words: Vec<String> = words.collect();
        let passed_on = match words.iter().position(|word| word == "--") {
            Some(border) => words.split_off(border).split_off(1),
            None => Vec::new(),
        };
        Self { words, passed_on }
    }

    /// Whether a flag is there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() != before
    }

    /// The number that follows `name`, if it is there.
    pub(crate) fn number(&mut self, name: &str) -> Result<Option<u16>> {
        let Some(place) = self.words.iter().position(|word| word == name) else {
            return Ok(None);
        };
        self.words.remove(place);
        if place == self.words.len() {
            bail!("`{name}` needs a number");
        }
        let text = self.words.remove(place);
        text.parse().map(Some).with_context(|| format!("`{name} {text}`: not a number from 0 to 65535"))
    }

    /// The word that follows `name`, if it is there.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>> {
        let Some(place) = self.words.iter().position(|word| word == name) else {
            return Ok(None);
        };
        self.words.remove(place);
        if place == self.words.len() {
            bail!("`{name}` needs a word behind it");
        }
        Ok(Some(self.words.remove(place)))
    }

    /// The words that are left, if none of them is an option.
    pub(crate) fn words(mut self) -> Result<Vec<String>> {
        let words = std::mem::take(&mut self.words);
        match words.iter().find(|word| word.starts_with('-')) {
            Some(word) => bail!("unexpected argument `{word}`; `cargo xtask` lists what there is"),
            None => Ok(words),
        }
    }

    /// The words behind `--`, once nothing else is left.
    pub(crate) fn finish(self) -> Result<Vec<String>> {
        match self.words.first() {
            Some(word) => bail!("unexpected argument `{word}`; `cargo xtask` lists what there is"),
            None => Ok(self.passed_on),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Arguments;

    fn arguments(line: &str) -> Arguments {
        Arguments::new(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn takes_flags_and_numbers_and_hands_on_the_rest() {
        let mut given = arguments("--check --port 8100 -- --nocapture -- x");
        assert!(given.flag("--check"));
        assert!(!given.flag("--release"));
        assert_eq!(given.number("--port").unwrap(), Some(8100));
        assert_eq!(given.finish().unwrap(), ["--nocapture", "--", "x"]);
    }

    #[test]
    fn takes_words_and_hands_on_those_that_are_left() {
        let mut given = arguments("a --binary x b");
        assert_eq!(given.text("--binary").unwrap().as_deref(), Some("x"));
        assert_eq!(given.words().unwrap(), ["a", "b"]);
        assert!(arguments("a --binary").text("--binary").is_err());
        assert!(arguments("a --chek").words().is_err());
    }

    #[test]
    fn refuses_what_nobody_took() {
        let error = arguments("--chek").finish().unwrap_err();
        assert!(error.to_string().contains("`--chek`"));
    }

    #[test]
    fn refuses_a_number_that_is_missing_or_none() {
        assert!(arguments("--port").number("--port").is_err());
        assert!(arguments("--port many").number("--port").is_err());
    }
}
