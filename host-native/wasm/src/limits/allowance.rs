//! How much a call may say.

/// Most messages and lines of a call.
const MESSAGES: usize = 200;

/// Most bytes of all of them together.
const BYTES: usize = 64 << 10;

/// Most bytes of one.
const MESSAGE_BYTES: usize = 4 << 10;

/// What a call may still say; the rest is counted and left out.
#[derive(Debug)]
pub(crate) struct Allowance {
    messages: usize,
    bytes: usize,
    left_out: usize,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { messages: MESSAGES, bytes: BYTES, left_out: 0 }
    }
}

impl Allowance {
    /// As much of a message as may be said; none if it is left out.
    pub(crate) fn take<'m>(&mut self, message: &'m str) -> Option<&'m str> {
        if self.messages == 0 || self.bytes == 0 {
            self.left_out += 1;
            return None;
        }
        let said = start(message, MESSAGE_BYTES.min(self.bytes));
        self.messages -= 1;
        self.bytes -= said.len();
        Some(said)
    }

    /// How many messages were left out.
    pub(crate) fn left_out(&self) -> usize {
        self.left_out
    }
}

/// As many whole characters as fit into `bytes`.
pub(crate) fn start(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floods_are_cut_and_counted() {
        let mut allowance = Allowance::default();
        let said = (0..10_000).filter(|_| allowance.take("drop").is_some()).count();
        assert_eq!((said, allowance.left_out()), (MESSAGES, 10_000 - MESSAGES));
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        let mut allowance = Allowance::default();
        let long = "é".repeat(MESSAGE_BYTES);
        assert_eq!(allowance.take(&long).unwrap().len(), MESSAGE_BYTES);
        assert_eq!(start("aé", 2), "a");
        assert_eq!(start("aé", 3), "aé");
    }

    #[test]
    fn all_messages_together_have_a_limit() {
        let mut allowance = Allowance::default();
        let long = "x".repeat(MESSAGE_BYTES);
        let bytes: usize = (0..100).filter_map(|_| allowance.take(&long)).map(str::len).sum();
        assert_eq!(bytes, BYTES);
    }
}
