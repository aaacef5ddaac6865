//! From characters, which the parser counts, to bytes.

/// Every how many characters a place is noted.
const STRIDE: usize = 64;

/// Where characters stand in a text.
#[derive(Debug)]
pub(super) struct Offsets {
    /// The byte at which every [`STRIDE`]th character starts; none if characters are bytes.
    noted: Option<Vec<usize>>,
}

impl Offsets {
    /// Of a text.
    pub(super) fn of(text: &str) -> Self {
        let noted =
            (!text.is_ascii()).then(|| text.char_indices().step_by(STRIDE).map(|(byte, _)| byte).collect());
        Self { noted }
    }

    /// The byte at which a character of the text starts; past the last one, the end.
    pub(super) fn byte(&self, text: &str, character: usize) -> usize {
        let Some(noted) = &self.noted else { return character.min(text.len()) };
        let Some(start) = noted.get(character / STRIDE) else { return text.len() };
        let rest = text.get(*start..).unwrap_or_default();
        rest.char_indices().nth(character % STRIDE).map_or(text.len(), |(byte, _)| start + byte)
    }
}

#[cfg(test)]
mod tests {
    use super::Offsets;

    #[test]
    fn every_character_is_found() {
        for text in ["", "plain", &"añ日🦀\n".repeat(100)] {
            let offsets = Offsets::of(text);
            for (character, (byte, _)) in text.char_indices().enumerate() {
                assert_eq!(offsets.byte(text, character), byte);
            }
            assert_eq!(offsets.byte(text, text.chars().count()), text.len());
            assert_eq!(offsets.byte(text, 1 << 20), text.len());
        }
    }
}
