//! The marked tree of a document.

use std::ops::Range;

use super::path::Part;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// Bytes of the file it covers.
    pub range: Range<usize>,
    /// What it is.
    pub data: Data,
}

/// The kinds of YAML values.
#[derive(Clone, Debug)]
pub enum Data {
    /// `null`, `~` or nothing.
    Null,
    /// `true`, `yes`, `on` and their opposites.
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// A number with a fraction, NaN and infinities included.
    Float(f64),
    /// A number too wide for [`Data::Int`] or too exact for [`Data::Float`], in decimal digits.
    Wide(String),
    /// An unquoted date or date and time, as written.
    Timestamp(String),
    /// A text.
    String {
        /// The text.
        text: String,
        /// Whether it is a literal block (`|`), whose lines stand in the file as they are.
        literal: bool,
    },
    /// A list.
    Sequence(Vec<Node>),
    /// A mapping, in order.
    Mapping(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// Bytes of the file the key covers.
    pub key_range: Range<usize>,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The entry of a key, if it is a mapping that has it.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.data {
            Data::Mapping(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// The item at an index, if it is a sequence that has it.
    #[must_use]
    pub fn item(&self, index: usize) -> Option<&Node> {
        match &self.data {
            Data::Sequence(items) => items.get(index),
            _ => None,
        }
    }

    /// The value one step further in.
    pub(super) fn inner_mut(&mut self, part: &Part) -> Option<&mut Node> {
        match (part, &mut self.data) {
            (Part::Key(key), Data::Mapping(entries)) => {
                entries.iter_mut().find(|entry| *entry.key == **key).map(|entry| &mut entry.value)
            }
            (Part::Index(index), Data::Sequence(items)) => items.get_mut(*index),
            _ => None,
        }
    }

    /// Takes out the key at the end of a path, if it is there.
    pub(super) fn remove(&mut self, path: &[&Part]) {
        match (path, &mut self.data) {
            ([Part::Key(key)], Data::Mapping(entries)) => entries.retain(|entry| *entry.key != **key),
            ([step, rest @ ..], _) => {
                if let Some(inner) = self.inner_mut(step) {
                    inner.remove(rest);
                }
            }
            ([], _) => {}
        }
    }

    /// Reads it into a struct.
    ///
    /// # Errors
    /// The first thing that does not fit, in serde's words.
    pub(crate) fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, super::deserialize::Error> {
        T::deserialize(self)
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::String { text, .. } => Some(text),
            _ => None,
        }
    }
}

impl From<serde_json::Value> for Data {
    /// The same value; a program's values have no place of their own, so parts of it have none.
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value as Json;
        let node = |value: Json| Node { range: 0..0, data: value.into() };
        match value {
            Json::Null => Data::Null,
            Json::Bool(value) => Data::Bool(value),
            Json::Number(number) => match number.as_i64() {
                Some(integer) => Data::Int(integer),
                None => Data::Wide(number.to_string()),
            },
            Json::String(text) => Data::String { text, literal: false },
            Json::Array(items) => Data::Sequence(items.into_iter().map(node).collect()),
            Json::Object(entries) => Data::Mapping(
                entries
                    .into_iter()
                    .map(|(key, value)| Entry { key, key_range: 0..0, value: node(value) })
                    .collect(),
            ),
        }
    }
}
