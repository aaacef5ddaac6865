//! A definition in the one form in which two of them are compared.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value as Json};

use super::fingerprint;
use crate::definition::Kind;
use crate::diagnostic::Diagnostics;
use crate::schema::EndpointFile;
use crate::source::SourceFile;
use crate::yaml::Document;

/// What a definition file says, with the defaults filled in that snapshots have: comments, the order of keys and whether a
/// default is written are no part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition(Map<String, Json>);

/// The key that snapshots have for `return`.
pub(super) const RETURN: &str = "return_";

/// What keys of a value mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The keys are those of the file format.
    Format,
    /// The keys are those of a type.
    Type,
    /// The keys are names of properties, the values types.
    Properties,
    /// The author's own data.
    Data,
}

/// Keys of the format whose null is something else than their absence.
const MAY_BE_NULL: [&str; 2] = ["default", "result"];

impl Definition {
    /// What a definition file says; none if it can't be read as one.
    #[must_use]
    pub fn of(file: &Arc<SourceFile>) -> Option<Self> {
        let document = Document::parse(file, &mut Diagnostics::new())?;
        let written: EndpointFile = document.deserialize().ok()?;
        let kinds = [written.tool.is_some(), written.resource.is_some(), written.prompt.is_some()];
        (kinds.into_iter().filter(|defined| *defined).count() == 1).then(|| Self::from(&written))
    }

    /// What clients know the endpoint by: `tool/NAME`, `resource/URI` or `prompt/NAME`.
    #[must_use]
    pub fn endpoint(&self) -> Option<String> {
        let (kind, entries) = self.parts()?;
        let key = if kind == Kind::Resource { "uri" } else { "name" };
        Some(format!("{kind}/{}", entries.get(key)?.as_str()?))
    }

    /// Its `metadata`.
    #[must_use]
    pub fn metadata(&self) -> Option<&Map<String, Json>> {
        self.0.get("metadata")?.as_object()
    }

    /// Its `policies` as a text that is the same for the same policies, for a host to hash; none if it has none.
    #[must_use]
    pub fn policies(&self) -> Option<String> {
        let mut text = String::new();
        fingerprint::write(self.parts()?.1.get("policies")?, &mut text);
        Some(text)
    }

    /// The names of its tests and what they show, in order.
    pub fn tests(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let tests = self.parts().and_then(|(_, entries)| entries.get("tests")?.as_array());
        tests.into_iter().flatten().filter_map(|test| {
            let description = test.get("description").and_then(Json::as_str);
            Some((test.get("name")?.as_str()?, description))
        })
    }

    /// The entries, in the form of a snapshot but for `return`.
    pub(super) fn entries(&self) -> &Map<String, Json> {
        &self.0
    }

    fn parts(&self) -> Option<(Kind, &Map<String, Json>)> {
        Kind::ALL.into_iter().find_map(|kind| Some((kind, self.0.get(kind.as_str())?.as_object()?)))
    }
}

impl From<&EndpointFile> for Definition {
    fn from(written: &EndpointFile) -> Self {
        // Its keys are texts, so that there is nothing that JSON could not say.
        let mut value = serde_json::to_value(written).unwrap_or_default();
        settle(&mut value, Place::Format);
        let Json::Object(mut entries) = value else { return Self(Map::new()) };
        entries.entry("mxcp").or_insert_with(|| 1.into());
        for kind in Kind::ALL {
            let Some(Json::Object(endpoint)) = entries.get_mut(kind.as_str()) else { continue };
            endpoint.entry("enabled").or_insert(Json::Bool(true));
            if kind != Kind::Prompt {
                endpoint.entry("language").or_insert_with(|| "sql".into());
            }
        }
        Self(entries)
    }
}

/// Leaves out keys of the format that say nothing, and fills in what types say without being asked.
fn settle(value: &mut Json, place: Place) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(|item| settle(item, place)),
        Json::Object(entries) => {
            if place != Place::Properties {
                entries.retain(|key, value| !value.is_null() || MAY_BE_NULL.contains(&key.as_str()));
            }
            for (key, value) in entries.iter_mut() {
                let inner = inner(place, key);
                if inner != Place::Data {
                    settle(value, inner);
                }
            }
            if place == Place::Type {
                entries.entry("sensitive").or_insert(Json::Bool(false));
            }
        }
        _ => {}
    }
}

/// What the keys below a key mean.
fn inner(place: Place, key: &str) -> Place {
    match (place, key) {
        (Place::Properties, _) | (Place::Format, "parameters" | "return") | (Place::Type, "items") => {
            Place::Type
        }
        (Place::Type, "properties") => Place::Properties,
        (Place::Type | Place::Data, _) => Place::Data,
        (
            Place::Format,
            "input_schema"
            | "metadata"
            | "value"
            | "user_context"
            | "result"
            | "result_contains"
            | "result_contains_item"
            | "result_contains_all",
        ) => Place::Data,
        (Place::Format, _) => Place::Format,
    }
}

impl Serialize for Definition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, Renamed(value))))
    }
}

/// An endpoint, with the key of snapshots for `return`.
struct Renamed<'a>(&'a Json);

impl Serialize for Renamed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Json::Object(entries) if entries.contains_key("return") => {
                let key = |key: &'_ String| if key == "return" { RETURN.to_owned() } else { key.clone() };
                serializer.collect_map(entries.iter().map(|(name, value)| (key(name), value)))
            }
            other => other.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Definition {
    /// Reads what [`Definition`] writes, but for the key of `return`, which has to be written as in definition files.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        EndpointFile::deserialize(deserializer).map(|written| Self::from(&written))
    }
}
