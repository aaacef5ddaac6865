//! Judging a value by a schema.
//!
//! What that may cost is bounded by the size of the value, whatever the schema: a small schema of nested
//! alternatives could ask for more steps than there is time for. A value that the steps don't suffice for is
//! refused.

mod array;
mod object;
mod scalar;

use std::collections::BTreeSet;

use super::super::fault::shown;
use super::super::place::Place;
use super::JsonSchema;
use super::node::{Keyword, Keywords, Node, NodeId};
use crate::value::Value;

/// Steps that are always there, and steps for each value inside of the value. Schemas people write need a few per value, and
/// as many as there are alternatives where they have long lists of these.
const BASE_STEPS: u64 = 10_000;
const STEPS_PER_VALUE: u64 = 1_000;
/// Texts count as one value per so many bytes, and matching them costs accordingly.
const BYTES_PER_VALUE: usize = 256;
/// Schemas one inside of the other on the way to a value, which bounds the stack.
const MAX_FRAMES: usize = 400;

/// What is wrong with a value.
#[derive(Debug)]
pub(in crate::types) enum Finding {
    /// A sentence about it.
    Text(String),
    /// Properties that it must have, and has not.
    Missing(Vec<String>),
    /// A property that it must not have.
    Unexpected(String),
}

impl Finding {
    /// The sentence.
    pub(in crate::types) fn text(&self) -> String {
        match self {
            Finding::Text(text) => text.clone(),
            Finding::Missing(names) => format!("Missing required properties: {}", names.join(", ")),
            Finding::Unexpected(name) => format!("Unexpected property: {name}"),
        }
    }
}

/// Whether more findings are of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::types) enum Budget {
    More,
    Enough,
}

/// An evaluation on its way.
struct Run<'t> {
    steps: u64,
    frames: usize,
    /// How many reasons there are not to tell what is wrong: alternatives are only tried.
    quiet: usize,
    exhausted: bool,
    tell: &'t mut dyn FnMut(&Place<'_>, Finding) -> Budget,
}

/// What of an object or list the keywords so far have looked at.
#[derive(Default)]
struct Seen<'v> {
    every_property: bool,
    properties: BTreeSet<&'v str>,
    every_item: bool,
    items: BTreeSet<usize>,
}

impl<'v> Seen<'v> {
    fn merge(&mut self, other: Seen<'v>) {
        self.every_property |= other.every_property;
        self.every_item |= other.every_item;
        self.properties.extend(other.properties);
        self.items.extend(other.items);
    }
}

/// Judges a value by one of a document's schemas.
pub(super) fn check(
    schema: &JsonSchema,
    id: NodeId,
    value: &Value,
    place: &Place<'_>,
    tell: &mut dyn FnMut(&Place<'_>, Finding) -> Budget,
) {
    let steps = BASE_STEPS.saturating_add(STEPS_PER_VALUE.saturating_mul(size(value)));
    let mut run = Run { steps, frames: 0, quiet: 0, exhausted: false, tell };
    schema.judge(id, value, place, &mut run, None);
    if run.exhausted {
        let text = "Value is too large or too deep for its schema to be checked".to_owned();
        (run.tell)(place, Finding::Text(text));
    }
}

/// How many values there are inside of a value, itself included.
fn size(value: &Value) -> u64 {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<u64>(),
        Value::Object(object) => 1 + object.iter().map(|(_, value)| size(value)).sum::<u64>(),
        Value::String(text) => 1 + text_size(text),
        _ => 1,
    }
}

fn text_size(text: &str) -> u64 {
    (text.len() / BYTES_PER_VALUE) as u64
}

impl Run<'_> {
    fn spend(&mut self, steps: u64) -> bool {
        match self.steps.checked_sub(steps) {
            Some(left) => self.steps = left,
            None => self.exhausted = true,
        }
        !self.exhausted
    }

    /// Tells what is wrong, and gives `false`.
    fn refuse(&mut self, place: &Place<'_>, finding: impl FnOnce() -> Finding) -> bool {
        if self.quiet == 0 && !self.exhausted && (self.tell)(place, finding()) == Budget::Enough {
            self.quiet += 1;
        }
        false
    }

    fn refuse_text(&mut self, place: &Place<'_>, text: impl FnOnce() -> String) -> bool {
        self.refuse(place, || Finding::Text(text()))
    }

    fn require(&mut self, fits: bool, place: &Place<'_>, text: impl FnOnce() -> String) -> bool {
        fits || self.refuse_text(place, text)
    }
}

impl JsonSchema {
    /// Whether a value is valid. What a valid value's keywords looked at goes to `seen`.
    fn judge<'v>(
        &self,
        id: NodeId,
        value: &'v Value,
        place: &Place<'_>,
        run: &mut Run<'_>,
        seen: Option<&mut Seen<'v>>,
    ) -> bool {
        let node = match self.node(id) {
            Node::Always => return true,
            Node::Never => return run.refuse_text(place, || "No value is allowed".to_owned()),
            Node::Keywords(node) => node,
        };
        if run.frames >= MAX_FRAMES {
            run.exhausted = true;
        }
        if !run.spend(1) {
            return false;
        }
        run.frames += 1;
        let fits = self.all(node, value, place, run, seen);
        run.frames -= 1;
        fits && !run.exhausted
    }

    fn all<'v>(
        &self,
        node: &Keywords,
        value: &'v Value,
        place: &Place<'_>,
        run: &mut Run<'_>,
        seen: Option<&mut Seen<'v>>,
    ) -> bool {
        let mut own = (node.looks_back || seen.is_some()).then(Seen::default);
        let mut fits = true;
        for keyword in &node.keywords {
            fits &= self.keyword(keyword, value, place, run, own.as_mut());
            if !fits && (run.quiet > 0 || run.exhausted) {
                return false;
            }
        }
        if let (true, Some(seen), Some(own)) = (fits, seen, own) {
            seen.merge(own);
        }
        fits
    }

    /// Whether a value is valid, without a word about why not.
    fn tries<'v>(
        &self,
        id: NodeId,
        value: &'v Value,
        place: &Place<'_>,
        run: &mut Run<'_>,
        seen: Option<&mut Seen<'v>>,
    ) -> bool {
        run.quiet += 1;
        let fits = self.judge(id, value, place, run, seen);
        run.quiet -= 1;
        fits
    }

    fn keyword<'v>(
        &self,
        keyword: &Keyword,
        value: &'v Value,
        place: &Place<'_>,
        run: &mut Run<'_>,
        mut seen: Option<&mut Seen<'v>>,
    ) -> bool {
        match keyword {
            Keyword::Ref(id) => self.judge(*id, value, place, run, seen),
            Keyword::AllOf(ids) => {
                let mut fits = true;
                for id in ids {
                    fits &= self.judge(*id, value, place, run, seen.as_deref_mut());
                }
                fits
            }
            Keyword::AnyOf(ids) => {
                let mut any = false;
                for id in ids {
                    any |= self.tries(*id, value, place, run, seen.as_deref_mut());
                    // All that fit have a say in what has been looked at.
                    if any && seen.is_none() {
                        break;
                    }
                }
                any || self.refuse_all(ids, value, place, run)
            }
            Keyword::OneOf(ids) => {
                let fitting: Vec<NodeId> = ids
                    .iter()
                    .copied()
                    .filter(|id| self.tries(*id, value, place, run, None))
                    .take(2)
                    .collect();
                match fitting.as_slice() {
                    [] => self.refuse_all(ids, value, place, run),
                    [id] => self.tries(*id, value, place, run, seen),
                    _ => run
                        .refuse_text(place, || "Value fits more than one alternative of `oneOf`".to_owned()),
                }
            }
            Keyword::Not(id) => {
                let fits = !self.tries(*id, value, place, run, None);
                run.require(fits, place, || "Value is one that `not` excludes".to_owned())
            }
            Keyword::If { condition, then, otherwise } => {
                let holds = self.tries(*condition, value, place, run, seen.as_deref_mut());
                let next = if holds { then } else { otherwise };
                next.is_none_or(|id| self.judge(id, value, place, run, seen))
            }
            Keyword::Types(types) => run.require(types.admit(value), place, || {
                format!("Expected {}, got {}", types.text(), shown(value, place.is_sensitive()))
            }),
            // `enum` and `const` are for values of every type.
            Keyword::Choice(choices, text) => scalar::is_chosen(choices, text, value, place, run),
            other => match value {
                Value::Array(items) => self.array(other, items, place, run, seen),
                Value::Object(object) => self.object(other, object, value, place, run, seen),
                scalar => scalar::check(other, scalar, place, run),
            },
        }
    }

    /// A value that none of the alternatives fits. If its type is that of one only, what is wrong is what that
    /// one says.
    fn refuse_all(&self, ids: &[NodeId], value: &Value, place: &Place<'_>, run: &mut Run<'_>) -> bool {
        if run.quiet > 0 {
            return false;
        }
        let mut meant = ids.iter().filter(|id| self.types_of(**id).admit(value));
        match (meant.next(), meant.next()) {
            (Some(id), None) => self.judge(*id, value, place, run, None),
            _ => run.refuse_text(place, || format!("Value fits none of the {} alternatives", ids.len())),
        }
    }
}
