//! One difference, as data.

use serde::Serialize;

/// A difference between the reference implementation and this program.
#[derive(Debug, Serialize)]
pub(crate) struct Rule {
    /// Stable code, as in `docs/upgrade.md`.
    pub(crate) code: &'static str,
    /// What it means for a project.
    #[serde(skip)]
    pub(crate) effect: Effect,
    /// What the reference implementation did.
    pub(crate) was: &'static str,
    /// What this program does.
    pub(crate) now: &'static str,
    /// What the author of the project has to do.
    pub(crate) todo: &'static str,
}

/// What a difference means for a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Effect {
    /// Something is refused and has to be changed.
    Refused,
    /// It is accepted, and something may end otherwise.
    Otherwise,
    /// The outcome is the same, and something is said about it.
    Same,
    /// It holds for every project and shows in no file.
    Everywhere,
}

/// Declares rules of one effect.
macro_rules! rules {
    ($effect:ident: $($name:ident = $code:literal, $was:literal, $now:literal, $todo:literal;)+) => {
        $(pub(super) static $name: $crate::migrate::rule::Rule = $crate::migrate::rule::Rule {
            code: $code,
            effect: $crate::migrate::rule::Effect::$effect,
            was: $was,
            now: $now,
            todo: $todo,
        };)+
    };
}

pub(super) use rules;
