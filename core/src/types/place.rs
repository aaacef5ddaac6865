//! Where in the arguments a value stands, and the problems found there.

use super::choices::Choices;
use super::json_text::MAX_DEPTH;
use crate::call::{ArgumentError, Claim};

/// Problems told in full; of the rest only the number, as a list of a million wrong items needs no million
/// sentences.
const MAX_PROBLEMS: usize = 100;

/// Where a value stands: a list of steps that lives on the stack, so that a value without problems costs
/// no text.
#[derive(Debug)]
pub(super) struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
    depth: usize,
    sensitive: bool,
}

#[derive(Debug)]
enum Step<'a> {
    /// All arguments together.
    Whole,
    Name(&'a str),
    Index(usize),
}

impl<'a> Place<'a> {
    /// A parameter.
    pub(super) fn root(name: &'a str, sensitive: bool) -> Self {
        Self { parent: None, step: Step::Name(name), depth: 0, sensitive }
    }

    /// All arguments together: what its properties are, are parameters.
    pub(super) fn arguments(sensitive: bool) -> Self {
        Self { parent: None, step: Step::Whole, depth: 0, sensitive }
    }

    /// Whether it stands for all arguments together.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self.step, Step::Whole)
    }

    /// A property of the object here.
    pub(super) fn property(&'a self, name: &'a str, sensitive: bool) -> Place<'a> {
        self.child(Step::Name(name), sensitive)
    }

    /// An item of the list here.
    pub(super) fn item(&'a self, index: usize, sensitive: bool) -> Place<'a> {
        self.child(Step::Index(index), sensitive)
    }

    fn child(&'a self, step: Step<'a>, sensitive: bool) -> Place<'a> {
        Place { parent: Some(self), step, depth: self.depth + 1, sensitive: self.sensitive || sensitive }
    }

    /// Whether the type here, or a type around it, is sensitive.
    pub(super) fn is_sensitive(&self) -> bool {
        self.sensitive
    }

    /// How many more levels a value here may be nested.
    pub(super) fn levels_left(&self) -> usize {
        MAX_DEPTH.saturating_sub(self.depth)
    }

    /// In words: `order.items[0].sku`.
    fn words(&self) -> String {
        let before = self.parent.map(Place::words);
        match (&self.step, before) {
            (Step::Whole, _) => String::new(),
            (Step::Name(name), Some(before)) if !before.is_empty() => format!("{before}.{name}"),
            (Step::Name(name), _) => (*name).to_owned(),
            (Step::Index(index), before) => format!("{}[{index}]", before.unwrap_or_default()),
        }
    }

    /// As messages about results lead there: `Array item 0: Property 'x': `; nothing for the result itself.
    pub(super) fn result_words(&self) -> String {
        let Some(parent) = self.parent else { return String::new() };
        let before = parent.result_words();
        match &self.step {
            Step::Whole => before,
            Step::Name(name) => format!("{before}Property '{name}': "),
            Step::Index(index) => format!("{before}Array item {index}: "),
        }
    }

    /// As a JSON pointer (RFC 6901): `/order/items/0/sku`.
    fn pointer(&self) -> String {
        let before = self.parent.map(Place::pointer).unwrap_or_default();
        match &self.step {
            Step::Whole => before,
            Step::Name(name) => format!("{before}/{}", name.replace('~', "~0").replace('/', "~1")),
            Step::Index(index) => format!("{before}/{index}"),
        }
    }
}

/// What becomes of optional properties that an object lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// They are null: SQL names them, and every value of a structure has every part.
    Null,
    /// They stay absent, as Python expects it.
    Left,
}

/// What is wrong with the arguments, everything at once.
#[derive(Debug, Default)]
pub(super) struct Problems {
    told: Vec<ArgumentError>,
    untold: usize,
    /// Whether optional properties that are absent stay so.
    leaves_absent: bool,
}

impl Problems {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// For values in which optional properties that are absent stay so, or become null.
    pub(super) fn of(absent: Absent) -> Self {
        Self { leaves_absent: absent == Absent::Left, ..Self::default() }
    }

    /// Whether optional properties that are absent stay so.
    pub(super) fn leaves_absent(&self) -> bool {
        self.leaves_absent
    }

    /// How many there are so far.
    pub(super) fn count(&self) -> usize {
        self.told.len() + self.untold
    }

    /// A value is wrong.
    pub(super) fn invalid(&mut self, place: &Place<'_>, text: &str) {
        self.add(place, |place| match place.words() {
            words if words.is_empty() => format!("Error validating parameters: {text}"),
            words => format!("Error validating parameter '{words}': {text}"),
        });
    }

    /// A value is none of those allowed.
    pub(super) fn not_a_choice(&mut self, place: &Place<'_>, choices: &Choices) {
        self.add(place, |place| {
            format!("Invalid value for {}. Must be one of: {}", place.words(), choices.text())
        });
    }

    /// An object has a property that it must not have; the object's place is in words, the property is
    /// pointed at.
    pub(super) fn unexpected(&mut self, object: &Place<'_>, name: &str) {
        let text = format!("Error validating parameter '{}': Unexpected property: {name}", object.words());
        self.add(&object.property(name, false), |_| text);
    }

    /// A parameter is absent that must not be.
    pub(super) fn missing(&mut self, name: &str) {
        self.add(&Place::root(name, false), |place| format!("Required parameter missing: {}", place.words()));
    }

    /// An argument is no parameter.
    pub(super) fn unknown(&mut self, name: &str) {
        self.add(&Place::root(name, false), |place| format!("Unknown parameter: {}", place.words()));
    }

    /// An argument is given that comes from the caller.
    pub(super) fn taken(&mut self, name: &str) {
        let text = "is filled in from who the caller is, and can't be given";
        self.add(&Place::root(name, false), |place| format!("Parameter '{}' {text}", place.words()));
    }

    /// The caller lacks what a parameter is filled in with.
    pub(super) fn unclaimed(&mut self, name: &str, claim: &Claim, is_known: bool) {
        let who = if is_known { "the caller" } else { "nobody" };
        let why = if is_known { "has no such claim" } else { "is known to call" };
        self.add(&Place::root(name, false), |place| {
            format!("Parameter '{}' is filled in from `{claim}`, and {who} {why}", place.words())
        });
    }

    /// What the caller has for a parameter is wrong.
    pub(super) fn misfit(&mut self, name: &str, claim: &Claim, errors: &[ArgumentError]) {
        for error in errors {
            let what = &error.message;
            self.add(&Place::root(name, true), |place| {
                format!(
                    "Parameter '{}' is filled in from `{claim}`, which does not fit: {what}",
                    place.words()
                )
            });
        }
    }

    fn add(&mut self, place: &Place<'_>, message: impl FnOnce(&Place<'_>) -> String) {
        if self.told.len() < MAX_PROBLEMS {
            self.told.push(ArgumentError { pointer: place.pointer(), message: message(place) });
        } else {
            self.untold += 1;
        }
    }

    /// All problems; none if there are none.
    pub(super) fn finish(mut self) -> Option<Vec<ArgumentError>> {
        if self.untold > 0 {
            let message = format!("{} more problems", self.untold);
            self.told.push(ArgumentError { pointer: String::new(), message });
        }
        (!self.told.is_empty()).then_some(self.told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_a_path_in_words_and_as_a_pointer() {
        let root = Place::root("order", false);
        let items = root.property("a/b~c", false);
        let item = items.item(3, true);
        assert_eq!(item.words(), "order.a/b~c[3]");
        assert_eq!(item.pointer(), "/order/a~1b~0c/3");
        assert!(item.is_sensitive() && !items.is_sensitive());
    }

    #[test]
    fn counts_problems_beyond_the_limit() {
        let mut problems = Problems::new();
        (0..MAX_PROBLEMS + 7).for_each(|_| problems.missing("a"));
        assert_eq!(problems.count(), MAX_PROBLEMS + 7);
        let told = problems.finish().unwrap();
        assert_eq!(told.len(), MAX_PROBLEMS + 1);
        assert_eq!(told.last().unwrap().message, "7 more problems");
    }
}
