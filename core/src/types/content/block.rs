//! Blocks of content, and which objects are resources and links.

use super::is_base64;
use crate::value::{Object, Value};

/// A block of content.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Block<'a> {
    /// A value, to be shown as any other.
    Plain(&'a Value),
    /// An image.
    Image {
        /// Its bytes, in base64.
        data: &'a str,
        /// What they are.
        mime_type: &'a str,
    },
    /// Sound.
    Audio {
        /// Its bytes, in base64.
        data: &'a str,
        /// What they are.
        mime_type: &'a str,
    },
    /// A resource with its content.
    Resource {
        /// What it is called.
        uri: &'a str,
        /// What it is.
        mime_type: Option<&'a str>,
        /// What is in it.
        body: ResourceBody<'a>,
    },
    /// A link to a resource.
    ResourceLink {
        /// What it is called.
        uri: &'a str,
        /// Its name.
        name: &'a str,
        /// Its title, for people.
        title: Option<&'a str>,
        /// What it holds.
        description: Option<&'a str>,
        /// What it is.
        mime_type: Option<&'a str>,
        /// How many bytes it has.
        size: Option<u64>,
    },
}

/// What is in a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceBody<'a> {
    /// Text.
    Text(&'a str),
    /// Bytes, in base64.
    Blob(&'a str),
}

fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}

/// An object as a resource, if it has what a resource needs.
pub(super) fn resource(object: &Object) -> Option<Block<'_>> {
    let body = match text(object, "text") {
        Some(text) => ResourceBody::Text(text),
        None => ResourceBody::Blob(text(object, "blob").filter(|blob| is_base64(blob))?),
    };
    Some(Block::Resource { uri: text(object, "uri")?, mime_type: text(object, "mimeType"), body })
}

/// An object as a link to a resource, if it has what one needs.
pub(super) fn link(object: &Object) -> Option<Block<'_>> {
    let size = match object.get("size") {
        Some(Value::Int(size)) => u64::try_from(*size).ok(),
        _ => None,
    };
    Some(Block::ResourceLink {
        uri: text(object, "uri")?,
        name: text(object, "name")?,
        title: text(object, "title"),
        description: text(object, "description"),
        mime_type: text(object, "mimeType"),
        size,
    })
}

/// An object in the form of a content block of MCP, if it has what its type needs.
pub(super) fn wire(object: &Object) -> Option<Block<'_>> {
    let data = || text(object, "data").filter(|data| is_base64(data));
    match text(object, "type")? {
        "text" => object.get("text").filter(|text| text.as_str().is_some()).map(Block::Plain),
        "image" => Some(Block::Image { data: data()?, mime_type: text(object, "mimeType")? }),
        "audio" => Some(Block::Audio { data: data()?, mime_type: text(object, "mimeType")? }),
        "resource" => match object.get("resource")? {
            Value::Object(inner) => resource(inner),
            _ => None,
        },
        "resource_link" => link(object),
        _ => None,
    }
}
