//! Input rules that ask: a person must approve the call.

use super::PolicySet;
use super::rule::{Foresight, Rule};
use crate::call::CallContext;
use crate::schema::Action;

/// What is known of the approval that a call needs before its arguments are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Foreseen {
    /// It needs none, whatever they are.
    Nothing,
    /// It needs one, whatever they are: what is certainly asked.
    Questions(Vec<String>),
    /// They decide.
    Depends,
}

impl PolicySet {
    /// Whether there are calls that a person must approve.
    #[must_use]
    pub fn may_ask(&self) -> bool {
        self.asking().next().is_some()
    }

    /// What approval a call of the caller needs, whatever its arguments, if nothing denies it.
    pub(crate) fn foresee_approval(&self, context: &CallContext) -> Foreseen {
        let Some(environment) = self.environment.as_deref().filter(|_| self.may_ask()) else {
            return Foreseen::Nothing;
        };
        let facts = self.input.capture(context, |_| None);
        let mut questions = Vec::new();
        let mut depends = false;
        for rule in self.asking() {
            match rule.foresee(environment, &facts) {
                Foresight::Denies => questions.push(rule.reason_or_default()),
                Foresight::Depends => depends = true,
                Foresight::Allows => {}
            }
        }
        match (questions.is_empty(), depends) {
            (false, _) => Foreseen::Questions(questions),
            (true, true) => Foreseen::Depends,
            (true, false) => Foreseen::Nothing,
        }
    }

    fn asking(&self) -> impl Iterator<Item = &Rule> {
        self.input.list.iter().filter(|rule| rule.action == Action::Ask)
    }
}
