//! Predicates of SQL without a negation: where a comparison gives NULL, it may as well be false.

use std::fmt;

/// A condition on rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Predicate {
    True,
    False,
    /// SQL that binds tighter than `AND`, or is in brackets.
    Leaf(String),
    And(Vec<Predicate>),
    Or(Vec<Predicate>),
}

impl Predicate {
    pub(super) fn leaf(text: String) -> Self {
        Self::Leaf(text)
    }

    pub(super) fn and(one: Self, other: Self) -> Self {
        match (one, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, rest) | (rest, Self::True) => rest,
            (one, other) if one == other => one,
            (Self::And(mut parts), other) => {
                parts.push(other);
                Self::And(parts)
            }
            (one, other) => Self::And(vec![one, other]),
        }
    }

    pub(super) fn or(one: Self, other: Self) -> Self {
        match (one, other) {
            (Self::True, _) | (_, Self::True) => Self::True,
            (Self::False, rest) | (rest, Self::False) => rest,
            (one, other) if one == other => one,
            (Self::Or(mut parts), other) => {
                parts.push(other);
                Self::Or(parts)
            }
            (one, other) => Self::Or(vec![one, other]),
        }
    }

    /// How many comparisons it has.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().map(Self::size).sum(),
            _ => 1,
        }
    }

    /// Whether a name occurs in it. Names end with a character that no longer name of their kind has at that place.
    pub(super) fn mentions(&self, name: &str) -> bool {
        match self {
            Self::Leaf(text) => text.contains(name),
            Self::And(parts) | Self::Or(parts) => parts.iter().any(|part| part.mentions(name)),
            Self::True | Self::False => false,
        }
    }
}

impl fmt::Display for Predicate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, word) = match self {
            Self::True => return formatter.write_str("true"),
            Self::False => return formatter.write_str("false"),
            Self::Leaf(text) => return formatter.write_str(text),
            Self::And(parts) => (parts, "AND"),
            Self::Or(parts) => (parts, "OR"),
        };
        formatter.write_str("(")?;
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                write!(formatter, " {word} ")?;
            }
            part.fmt(formatter)?;
        }
        formatter.write_str(")")
    }
}
