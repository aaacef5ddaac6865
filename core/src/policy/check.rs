//! Checking conditions against what they can refer to, before any call.
//!
//! The types here are those of CEL as far as they are known: a check finds what can't be right whatever the
//! data, and lets everything else through to evaluation, where errors fail closed.

mod calls;
mod functions;
mod infer;
mod operators;

use std::fmt;

use crate::diagnostic::{Code, Severity};

pub(super) use infer::check;

/// What is known of a value's type in a condition.
#[derive(Clone, Debug, PartialEq)]
pub enum StaticType {
    /// Nothing: anything may be done with it.
    Dyn,
    /// Null.
    Null,
    /// True or false.
    Bool,
    /// A signed integer.
    Int,
    /// An unsigned integer.
    Uint,
    /// A double.
    Double,
    /// Any of the numbers.
    Number,
    /// Text. Dates and times of parameters are text, too.
    String,
    /// Bytes.
    Bytes,
    /// A point in time.
    Timestamp,
    /// A span of time.
    Duration,
    /// A type.
    Type,
    /// A list with items of a type.
    List(Box<StaticType>),
    /// A map.
    Map {
        /// The keys that are known, and the types of their values.
        fields: Vec<(String, StaticType)>,
        /// Whether there may be other keys.
        open: bool,
    },
    /// A type or null.
    Nullable(Box<StaticType>),
}

impl StaticType {
    /// A map of which nothing else is known.
    #[must_use]
    pub fn any_map() -> Self {
        StaticType::Map { fields: Vec::new(), open: true }
    }

    /// A list of which nothing else is known.
    #[must_use]
    pub fn any_list() -> Self {
        StaticType::List(Box::new(StaticType::Dyn))
    }

    /// The same type, or null.
    #[must_use]
    pub fn nullable(self) -> Self {
        match self {
            StaticType::Dyn | StaticType::Null | StaticType::Nullable(_) => self,
            other => StaticType::Nullable(Box::new(other)),
        }
    }

    /// The type when it is not null.
    fn present(&self) -> &Self {
        match self {
            StaticType::Nullable(inner) => inner.present(),
            other => other,
        }
    }
}

impl fmt::Display for StaticType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            StaticType::Dyn => "dyn",
            StaticType::Null => "null",
            StaticType::Bool => "bool",
            StaticType::Int => "int",
            StaticType::Uint => "uint",
            StaticType::Double => "double",
            StaticType::Number => "number",
            StaticType::String => "string",
            StaticType::Bytes => "bytes",
            StaticType::Timestamp => "timestamp",
            StaticType::Duration => "duration",
            StaticType::Type => "type",
            StaticType::List(_) => "list",
            StaticType::Map { .. } => "map",
            StaticType::Nullable(inner) => return inner.fmt(formatter),
        })
    }
}

/// The variables a condition may name besides `user`.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    variables: Vec<(String, StaticType)>,
}

impl Scope {
    /// Names and types: of parameters for input rules, of `response` for output rules.
    #[must_use]
    pub fn new(variables: impl IntoIterator<Item = (String, StaticType)>) -> Self {
        Self { variables: variables.into_iter().collect() }
    }

    /// Whether it has a variable of this name.
    pub(super) fn declares(&self, name: &str) -> bool {
        self.variables.iter().any(|(variable, _)| variable == name)
    }

    /// The same names, and `user`, which hides a parameter of that name.
    pub(super) fn with_user(&self) -> Self {
        let others = self.variables.iter().filter(|(name, _)| name != "user").cloned();
        Self { variables: others.chain([("user".to_owned(), user())]).collect() }
    }
}

/// What is known of the caller (spec `policies.md` section 3.3): the keys of a profile are not.
fn user() -> StaticType {
    let text = || StaticType::String.nullable();
    let fields = [
        ("user_id", text()),
        ("id", text()),
        ("username", text()),
        ("email", text()),
        ("provider", text()),
        ("name", text()),
        ("role", StaticType::Dyn),
        ("permissions", StaticType::Dyn),
        ("capabilities", StaticType::List(Box::new(StaticType::String))),
    ];
    StaticType::Map { fields: fields.map(|(key, kind)| (key.to_owned(), kind)).into(), open: true }
}

/// Something wrong with a condition.
#[derive(Debug)]
pub(super) struct Finding {
    /// The node it is about.
    pub(super) node: u64,
    /// What kind of finding it is.
    pub(super) code: Code,
    /// How much it matters.
    pub(super) severity: Severity,
    /// One phrase.
    pub(super) message: String,
    /// What to do about it.
    pub(super) help: Option<String>,
}
