//! A file of the time zone database (TZif, RFC 9636): when the offset changed, and the rule from then on.

use crate::rule;

/// Bytes of a header.
const HEADER: usize = 44;

/// A file, whose parts are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct File {
    /// When the offset changed: 8 bytes each, in order.
    transitions: &'static [u8],
    /// To which kind of time, for each transition.
    kinds: &'static [u8],
    /// The kinds of time: 6 bytes each, which begin with the offset.
    types: &'static [u8],
    /// The rule after the last transition; empty if nothing is known.
    rule: &'static [u8],
}

/// How many there are of what is in a block.
struct Counts {
    universal: usize,
    standard: usize,
    leaps: usize,
    transitions: usize,
    types: usize,
    names: usize,
}

impl File {
    /// The file in these bytes; none if there is none of a version with 64 bits, which all have had since 2005.
    pub(crate) fn new(bytes: &'static [u8]) -> Option<Self> {
        // The first block is for those who know 32 bits only.
        let (counts, rest) = Counts::read(bytes)?;
        let rest = rest.get(counts.bytes(4)..)?;
        let (counts, rest) = Counts::read(rest)?;
        let block = rest.get(..counts.bytes(8))?;
        let rule = rest.get(counts.bytes(8)..)?;
        let (transitions, block) = block.split_at_checked(counts.transitions * 8)?;
        let (kinds, block) = block.split_at_checked(counts.transitions)?;
        let types = block.get(..counts.types * 6)?;
        Some(Self { transitions, kinds, types, rule: rule.trim_ascii() })
    }

    /// What is added to UTC at a moment, both in seconds; none if the file is broken.
    pub(crate) fn offset(&self, moment: i64) -> Option<i32> {
        let (mut from, mut to) = (0, self.kinds.len());
        // The first transition after the moment.
        while from < to {
            let middle = usize::midpoint(from, to);
            if self.transition(middle)? <= moment { from = middle + 1 } else { to = middle }
        }
        if from == self.kinds.len() && !self.rule.is_empty() {
            return rule::offset(self.rule, moment);
        }
        let kind = match from.checked_sub(1) {
            Some(last) => *self.kinds.get(last)?,
            None => 0,
        };
        let at = usize::from(kind) * 6;
        Some(i32::from_be_bytes(self.types.get(at..at + 4)?.try_into().ok()?))
    }

    fn transition(&self, which: usize) -> Option<i64> {
        Some(i64::from_be_bytes(self.transitions.get(which * 8..which * 8 + 8)?.try_into().ok()?))
    }
}

impl Counts {
    /// The counts of a header, and what follows it.
    fn read(bytes: &'static [u8]) -> Option<(Self, &'static [u8])> {
        let (header, rest) = bytes.split_at_checked(HEADER)?;
        let numbers = header.strip_prefix(b"TZif")?.get(16..)?;
        let count = |which: usize| {
            let four = numbers.get(which * 4..which * 4 + 4)?.try_into().ok()?;
            usize::try_from(u32::from_be_bytes(four)).ok()
        };
        let counts = Self {
            universal: count(0)?,
            standard: count(1)?,
            leaps: count(2)?,
            transitions: count(3)?,
            types: count(4)?,
            names: count(5)?,
        };
        Some((counts, rest))
    }

    /// How many bytes a block has whose times have so many.
    fn bytes(&self, time: usize) -> usize {
        self.transitions * (time + 1)
            + self.types * 6
            + self.names
            + self.leaps * (time + 4)
            + self.standard
            + self.universal
    }
}
