//! What input rules say of an endpoint before anybody calls it.
//!
//! A listing asks with the arguments unknown. What it leaves out is what the same rules would deny whatever the
//! arguments, at any time; so nobody loses an endpoint that some call could have opened. Everything else is
//! listed, and the rules run in full when it is called.

use super::rule::{Foresight, Rule};
use super::{InputDecision, PolicySet, Trace};
use crate::call::CallContext;
use crate::schema::Action;

/// What a caller may know of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// No arguments could open it, at any time: listings leave it out.
    Hidden,
    /// Some arguments may be denied.
    Depends,
    /// No input rule denies, whatever the arguments.
    Open,
}

impl PolicySet {
    /// What the caller may know of the endpoint.
    #[must_use]
    pub fn visibility(&self, context: &CallContext) -> Visibility {
        if self.sure_denial(context).is_some() {
            return Visibility::Hidden;
        }
        let Some(environment) = self.environment.as_deref() else {
            return Visibility::Open;
        };
        let facts = self.input.capture(context, |_| None);
        let allows = |rule: &Rule| {
            rule.can_be_sure(Foresight::Allows) && rule.foresee(environment, &facts) == Foresight::Allows
        };
        if self.denials().all(allows) { Visibility::Open } else { Visibility::Depends }
    }

    /// Whether the endpoint is in the caller's listings.
    #[must_use]
    pub fn is_visible(&self, context: &CallContext) -> bool {
        self.sure_denial(context).is_none()
    }

    /// Whether there are callers whose listings it is not in.
    #[must_use]
    pub fn can_be_hidden(&self) -> bool {
        self.denials().any(|rule| rule.can_be_sure(Foresight::Denies))
    }

    /// Whether the endpoint pretends not to exist for whom it is hidden or denied.
    #[must_use]
    pub fn hides(&self) -> bool {
        self.hide
    }

    /// The decision on a call whose arguments are not even of the right form: none if they would have mattered.
    pub(crate) fn decide_without_arguments(&self, context: &CallContext) -> Option<InputDecision> {
        let rule = self.sure_denial(context)?;
        let trace = Trace { evaluated: vec![rule.record.clone()], ..Trace::default() };
        Some(InputDecision { denied: Some(rule.reason_or_default()), trace, ..InputDecision::default() })
    }

    /// The first rule that denies whatever the arguments.
    fn sure_denial(&self, context: &CallContext) -> Option<&Rule> {
        if !self.can_be_hidden() {
            return None;
        }
        let environment = self.environment.as_deref()?;
        let facts = self.input.capture(context, |_| None);
        self.denials().find(|rule| {
            rule.can_be_sure(Foresight::Denies) && rule.foresee(environment, &facts) == Foresight::Denies
        })
    }

    fn denials(&self) -> impl Iterator<Item = &Rule> {
        self.input.list.iter().filter(|rule| rule.action == Action::Deny)
    }
}
