//! Types of parameters, results and what they are made of.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TypeName {
    /// Text.
    String,
    /// A number with or without a fraction.
    Number,
    /// A number without a fraction.
    Integer,
    /// True or false.
    Boolean,
    /// A list.
    Array,
    /// A mapping.
    Object,
}

/// What a text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// An e-mail address.
    Email,
    /// A URI.
    Uri,
    /// A date, `2024-02-29`.
    Date,
    /// A time of day, `13:14:15`.
    Time,
    /// Date and time in ISO 8601.
    DateTime,
    /// A duration in ISO 8601, `P1DT2H`.
    Duration,
    /// Seconds since 1970, UTC.
    Timestamp,
}

/// What a result is to a client of MCP, other than its JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentKind {
    /// A resource with its content: the properties are `uri`, `mimeType` and `text` or `blob`.
    Resource,
    /// A link to a resource: the properties are `uri`, `name`, `title`, `description`, `mimeType`, `size`.
    ResourceLink,
}

/// How a text stands for bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ContentEncoding {
    /// Base64 with padding, as JSON has BLOBs.
    Base64,
}

/// A type: of a parameter, a result, an item or a property.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TypeDef {
    /// Name of a parameter: letters, digits and `_`. Required for parameters, ignored elsewhere.
    pub name: Option<String>,
    /// What a parameter takes from the caller, by the name that conditions of policies know it by: `user.email`, or the
    /// path of any claim, `user.team.id`. Nobody is told of such a parameter, and a call that gives it is refused. Where
    /// the caller has no such claim, the `default` is taken, or else the call refused.
    pub from: Option<String>,
    /// The kind of value. Required unless there is a `schema`.
    #[serde(rename = "type")]
    pub kind: Option<TypeName>,
    /// A JSON Schema (2020-12) in the place of `type` and the keywords below, for what these can't say. It is
    /// served word for word. `$ref` leads to places inside of it only; values are taken as they are, but for a
    /// text that holds JSON where no text is allowed.
    pub schema: Option<serde_json::Map<String, serde_json::Value>>,
    /// What it is, for the model that calls.
    pub description: Option<String>,
    /// What the text means; strings only.
    pub format: Option<Format>,
    /// Value when none is given. Its presence, even as null, makes the parameter optional.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "serde_json::Value")]
    pub default: Option<serde_json::Value>,
    /// Example values, served in the schema.
    pub examples: Option<Vec<serde_json::Value>>,
    /// The only values allowed.
    #[serde(rename = "enum")]
    pub enumeration: Option<Vec<serde_json::Value>>,
    /// Whether to keep it out of the audit log and out of results under `filter_sensitive_fields`.
    pub sensitive: Option<bool>,
    /// Fewest characters of a string.
    pub min_length: Option<u64>,
    /// Most characters of a string.
    pub max_length: Option<u64>,
    /// Regular expression a string must contain a match of.
    pub pattern: Option<String>,
    /// MIME type of what a string holds. In a result, `image/*` and `audio/*` (a BLOB, or base64 text) reach
    /// clients of MCP as an image or as sound; the result then has no structured content.
    pub content_media_type: Option<String>,
    /// How a string stands for bytes; always base64 for images and sound.
    pub content_encoding: Option<ContentEncoding>,
    /// What an object in a result is to clients of MCP: a resource or a link to one.
    pub content: Option<ContentKind>,
    /// HTTP header, `Mcp-Param-` and this name, in which clients repeat a parameter for those on the way.
    /// For strings, integers and booleans that are parameters, or properties of object parameters.
    #[serde(rename = "x-mcp-header")]
    pub header: Option<String>,
    /// Smallest number allowed.
    pub minimum: Option<f64>,
    /// Largest number allowed.
    pub maximum: Option<f64>,
    /// Numbers must be larger.
    pub exclusive_minimum: Option<f64>,
    /// Numbers must be smaller.
    pub exclusive_maximum: Option<f64>,
    /// Numbers must be a multiple of it.
    pub multiple_of: Option<f64>,
    /// Fewest items of an array.
    pub min_items: Option<u64>,
    /// Most items of an array.
    pub max_items: Option<u64>,
    /// Whether the items of an array must all differ.
    pub unique_items: Option<bool>,
    /// Type of the items of an array.
    pub items: Option<Box<TypeDef>>,
    /// Types of the properties of an object.
    #[schemars(with = "Option<BTreeMap<String, TypeDef>>")]
    pub properties: Option<Properties>,
    /// Properties an object must have.
    pub required: Option<Vec<String>>,
    /// Whether an object may have other properties; true if absent.
    pub additional_properties: Option<bool>,
}

/// Properties in the order they are written.
#[derive(Clone, Debug, Default)]
pub struct Properties(pub Vec<(String, TypeDef)>);

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Properties;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a mapping of types")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Properties, A::Error> {
                let mut properties = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    properties.push(entry);
                }
                Ok(Properties(properties))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

impl Serialize for Properties {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, ty)| (name, ty)))
    }
}
