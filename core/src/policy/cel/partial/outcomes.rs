//! What an expression may come to when some of its parts are unknown.

/// A set of outcomes. More than can really happen may be in it, never less.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) struct Outcomes(u8);

impl Outcomes {
    pub(in crate::policy) const NONE: Self = Self(0);
    pub(in crate::policy) const TRUE: Self = Self(1);
    pub(in crate::policy) const FALSE: Self = Self(2);
    /// It can't be evaluated.
    pub(in crate::policy) const FAILURE: Self = Self(4);
    /// A value that is no boolean.
    pub(in crate::policy) const OTHER: Self = Self(8);
    pub(in crate::policy) const ANY: Self = Self(15);

    const EACH: [Self; 4] = [Self::TRUE, Self::FALSE, Self::FAILURE, Self::OTHER];

    /// Whether all of `others` are among them.
    pub(in crate::policy) fn include(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Those of either.
    pub(in crate::policy) const fn or_else(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Those of both.
    pub(in crate::policy) fn among(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    fn each(self) -> impl Iterator<Item = Self> {
        Self::EACH.into_iter().filter(move |outcome| self.include(*outcome))
    }

    fn map(self, outcome: impl Fn(Self) -> Self) -> Self {
        self.each().map(outcome).fold(Self::NONE, Self::or_else)
    }

    /// `!x`.
    pub(super) fn not(self) -> Self {
        self.map(|outcome| match outcome {
            Self::TRUE => Self::FALSE,
            Self::FALSE => Self::TRUE,
            _ => Self::FAILURE,
        })
    }

    /// `x && y`: false on one side decides, whatever is on the other.
    pub(super) fn and(self, right: Self) -> Self {
        self.map(|left| match left {
            Self::FALSE => Self::FALSE,
            left => right.map(|right| match (left, right) {
                (_, Self::FALSE) => Self::FALSE,
                (Self::TRUE, Self::TRUE) => Self::TRUE,
                _ => Self::FAILURE,
            }),
        })
    }

    /// `x || y`: true on one side decides, whatever is on the other.
    pub(super) fn or(self, right: Self) -> Self {
        self.not().and(right.not()).not()
    }

    /// `x ? y : z`.
    pub(super) fn choose(self, then: Self, otherwise: Self) -> Self {
        self.map(|condition| match condition {
            Self::TRUE => then,
            Self::FALSE => otherwise,
            _ => Self::FAILURE,
        })
    }

    /// Anything but false is true: how the evaluator says `has`.
    pub(super) fn not_strictly_false(self) -> Self {
        self.map(|outcome| if outcome == Self::FALSE { Self::FALSE } else { Self::TRUE })
    }
}

impl std::fmt::Debug for Outcomes {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = [
            (Self::TRUE, "true"),
            (Self::FALSE, "false"),
            (Self::FAILURE, "failure"),
            (Self::OTHER, "other"),
        ];
        let present = names.into_iter().filter(|(outcome, _)| self.include(*outcome)).map(|(_, name)| name);
        formatter.debug_set().entries(present).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNSURE: Outcomes = Outcomes(7);

    #[test]
    fn one_side_that_decides_leaves_no_doubt() {
        for other in Outcomes::EACH.into_iter().chain([UNSURE, Outcomes::ANY]) {
            assert_eq!(Outcomes::FALSE.and(other), Outcomes::FALSE);
            assert_eq!(other.and(Outcomes::FALSE), Outcomes::FALSE);
            assert_eq!(Outcomes::TRUE.or(other), Outcomes::TRUE);
            assert_eq!(other.or(Outcomes::TRUE), Outcomes::TRUE);
        }
    }

    #[test]
    fn a_failure_stays_one_unless_the_other_side_decides() {
        assert_eq!(Outcomes::FAILURE.and(Outcomes::TRUE), Outcomes::FAILURE);
        assert_eq!(Outcomes::TRUE.and(Outcomes::OTHER), Outcomes::FAILURE);
        assert_eq!(Outcomes::FAILURE.or(UNSURE), Outcomes::TRUE.or_else(Outcomes::FAILURE));
        assert_eq!(Outcomes::OTHER.not(), Outcomes::FAILURE);
    }

    #[test]
    fn a_choice_has_the_outcomes_of_the_branches_it_may_take() {
        assert_eq!(Outcomes::TRUE.choose(Outcomes::OTHER, Outcomes::FALSE), Outcomes::OTHER);
        assert_eq!(UNSURE.choose(Outcomes::TRUE, Outcomes::TRUE), Outcomes::TRUE.or_else(Outcomes::FAILURE));
        assert_eq!(Outcomes::OTHER.choose(Outcomes::TRUE, Outcomes::TRUE), Outcomes::FAILURE);
    }
}
