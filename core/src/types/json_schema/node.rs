//! What schemas are compiled to.

use std::collections::BTreeMap;
use std::sync::Arc;

use regex::Regex;

use super::super::decimal::Decimal;
use super::format::Format;
use crate::value::Value;

/// A schema's place in the list of its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::types) struct NodeId(usize);

impl NodeId {
    pub(super) const ROOT: NodeId = NodeId(0);

    pub(super) fn new(index: usize) -> Self {
        Self(index)
    }

    pub(super) fn index(self) -> usize {
        self.0
    }
}

/// A schema.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// `true`.
    Always,
    /// `false`.
    Never,
    /// A mapping.
    Keywords(Keywords),
}

/// What a mapping asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Keywords {
    /// Those that need to know what the others looked at are last.
    pub(super) keywords: Vec<Keyword>,
    /// Whether one of them needs to know what the others looked at.
    pub(super) looks_back: bool,
}

/// One demand.
#[derive(Clone, Debug)]
pub(super) enum Keyword {
    Ref(NodeId),
    Types(Types),
    /// `enum` and `const`; how a message lists them.
    Choice(Vec<Value>, String),
    Limit(Relation, Limit),
    MultipleOf(Limit),
    MinLength(u64),
    MaxLength(u64),
    Pattern(Regex),
    Format(Format),
    MinItems(u64),
    MaxItems(u64),
    UniqueItems,
    Items {
        prefix: Vec<NodeId>,
        rest: Option<NodeId>,
    },
    Contains {
        node: NodeId,
        least: u64,
        most: Option<u64>,
    },
    MinProperties(u64),
    MaxProperties(u64),
    Required(Vec<Arc<str>>),
    DependentRequired(Vec<(String, Vec<Arc<str>>)>),
    DependentSchemas(Vec<(String, NodeId)>),
    PropertyNames(NodeId),
    Properties {
        named: BTreeMap<String, NodeId>,
        patterns: Vec<(Regex, NodeId)>,
        additional: Option<NodeId>,
    },
    AllOf(Vec<NodeId>),
    AnyOf(Vec<NodeId>),
    OneOf(Vec<NodeId>),
    Not(NodeId),
    If {
        condition: NodeId,
        then: Option<NodeId>,
        otherwise: Option<NodeId>,
    },
    UnevaluatedItems(NodeId),
    UnevaluatedProperties(NodeId),
}

/// How a number must stand to a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    AtLeast,
    AtMost,
    Above,
    Below,
}

/// A number, and its text as written.
#[derive(Clone, Debug)]
pub(super) struct Limit {
    pub(super) number: Decimal,
    pub(super) text: String,
}

/// A set of the types that JSON Schema knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::types) struct Types(u8);

impl Types {
    pub(in crate::types) const ALL: Types = Types(0b111_1111);
    pub(in crate::types) const NONE: Types = Types(0);
    pub(in crate::types) const ARRAY: Types = Types(1 << 5);
    pub(in crate::types) const OBJECT: Types = Types(1 << 6);
    pub(in crate::types) const STRING: Types = Types(1 << 4);
    const NULL: Types = Types(1);
    // An integer is a number as well.
    const WORDS: [(&'static str, Types); 7] = [
        ("null", Types::NULL),
        ("boolean", Types(1 << 1)),
        ("integer", Types(1 << 2)),
        ("number", Types(1 << 2 | 1 << 3)),
        ("string", Types::STRING),
        ("array", Types::ARRAY),
        ("object", Types::OBJECT),
    ];

    /// The type of this name.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, types)| *types)
    }

    pub(super) fn either(self, other: Types) -> Self {
        Types(self.0 | other.0)
    }

    pub(super) fn both(self, other: Types) -> Self {
        Types(self.0 & other.0)
    }

    /// Whether a type of the other set is in this one.
    pub(in crate::types) fn overlaps(self, other: Types) -> bool {
        self.0 & other.0 != 0
    }

    /// Without null.
    pub(in crate::types) fn but_null(self) -> Self {
        Types(self.0 & !Self::NULL.0)
    }

    /// The name, if it is the name of one.
    pub(in crate::types) fn word(self) -> Option<&'static str> {
        Self::WORDS.iter().find(|(_, types)| *types == self).map(|(word, _)| *word)
    }

    /// Whether a value is of one of them.
    pub(in crate::types) fn admit(self, value: &Value) -> bool {
        let own = match value.json_type() {
            // One without a fraction; one with a fraction only has the second bit.
            "number" => Types(1 << 3),
            word => Self::of_word(word).unwrap_or(Types::NONE),
        };
        self.overlaps(own)
    }

    /// As messages list them: `integer or null`.
    pub(super) fn text(self) -> String {
        let mut words: Vec<&str> = Self::WORDS
            .iter()
            .filter(|(_, types)| self.both(*types) == *types)
            .map(|(word, _)| *word)
            .collect();
        if words.contains(&"number") {
            words.retain(|word| *word != "integer");
        }
        match words.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => "nothing".to_owned(),
        }
    }
}
