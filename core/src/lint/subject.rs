//! What rules look at: an endpoint with the places of its parts.

use super::Place;
use crate::definition::{Endpoint, Kind};
use crate::schema::TestCase;
use crate::types::{Parameter, Type};

/// An endpoint under a rule's eyes.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    /// The endpoint.
    pub(super) endpoint: &'a Endpoint,
    /// The place of its definition.
    pub(super) place: Place,
}

/// A type of an endpoint, and where it is declared.
#[derive(Debug)]
pub(super) struct Declared<'a> {
    /// What it is the type of.
    pub(super) role: Role<'a>,
    /// The type.
    pub(super) ty: &'a Type,
    /// Where it is declared.
    pub(super) place: Place,
}

/// What a type is declared for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role<'a> {
    /// A parameter.
    Parameter,
    /// The result.
    Return,
    /// The items of an array.
    Items,
    /// A property of an object.
    Property(&'a str),
}

impl<'a> Subject<'a> {
    pub(super) fn new(endpoint: &'a Endpoint) -> Self {
        Self { endpoint, place: Place::root(endpoint.kind.as_str()) }
    }

    /// The kind at the beginning of a sentence.
    pub(super) fn title(&self) -> &'static str {
        match self.endpoint.kind {
            Kind::Tool => "Tool",
            Kind::Resource => "Resource",
            Kind::Prompt => "Prompt",
        }
    }

    /// The parameters that callers are told of, with their places.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (Place, &'a Parameter)> {
        let list = self.place.key("parameters");
        let given = self.endpoint.parameters.iter().enumerate().filter(|(_, it)| it.is_given());
        given.map(move |(index, it)| (list.index(index), it))
    }

    /// The tests with their places; none for prompts, whose tests say little.
    pub(super) fn tests(&self) -> impl Iterator<Item = (Place, &'a TestCase)> {
        let list = self.place.key("tests");
        let tests = if self.has_tests() { self.endpoint.tests.as_slice() } else { &[] };
        tests.iter().enumerate().map(move |(index, test)| (list.index(index), test))
    }

    /// Whether endpoints of its kind are expected to have tests.
    pub(super) fn has_tests(&self) -> bool {
        matches!(self.endpoint.kind, Kind::Tool | Kind::Resource)
    }

    /// The types of the parameters and all types inside of them.
    pub(super) fn input_types(&self) -> Vec<Declared<'a>> {
        let mut types = Vec::new();
        for (place, parameter) in self.parameters() {
            collect(Role::Parameter, &parameter.ty, place, &mut types);
        }
        types
    }

    /// The type of the result, if it is declared, and all types inside of it.
    pub(super) fn output_types(&self) -> Vec<Declared<'a>> {
        let mut types = Vec::new();
        if let Some(returns) = &self.endpoint.returns {
            collect(Role::Return, returns, self.place.key("return"), &mut types);
        }
        types
    }
}

/// Adds a type, then those inside of it. The one place that knows how types nest.
fn collect<'a>(role: Role<'a>, ty: &'a Type, place: Place, types: &mut Vec<Declared<'a>>) {
    types.push(Declared { role, ty, place: place.clone() });
    if let Some(items) = ty.items() {
        collect(Role::Items, items, place.key("items"), types);
    }
    for property in ty.properties() {
        let place = place.key("properties").key(property.name());
        collect(Role::Property(property.name()), property.ty(), place, types);
    }
}

/// Whether a text says nothing.
pub(super) fn is_missing(text: Option<&str>) -> bool {
    text.is_none_or(str::is_empty)
}
