//! Results that are images, sound or resources to clients of MCP.

mod block;

use std::sync::Arc;

pub use block::{Block, ResourceBody};

use super::{Kind, Type};
use crate::diagnostic::{Code, Diagnostic};
use crate::schema::{ContentKind, TypeDef};
use crate::value::Value;
use crate::yaml::{DocPath, Report};

/// How a result of a type becomes content blocks, where that is not its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContentPlan {
    /// As any other value.
    Plain,
    /// An image of this MIME type.
    Image(Arc<str>),
    /// Sound of this MIME type.
    Audio(Arc<str>),
    /// A resource with its content.
    Resource,
    /// A link to a resource.
    ResourceLink,
    /// Each property by itself.
    Parts(Vec<(Arc<str>, ContentPlan)>),
    /// Each item by itself.
    Items(Box<ContentPlan>),
    /// Objects in the form of content blocks as what they say they are; each item of a list by itself.
    Blocks,
}

/// Reports what is wrong with the keys about content of a type.
pub(super) fn check(def: &TypeDef, kind: &Kind, path: &DocPath, report: &mut Report<'_>) {
    let mut error = |key: &str, problem: String, help: &str| {
        let diagnostic = Diagnostic::error(Code::InvalidValue, problem);
        report.add(&path.key(key), if help.is_empty() { diagnostic } else { diagnostic.help(help) });
    };
    let string = matches!(kind, Kind::String(_));
    for (key, present) in [
        ("contentMediaType", def.content_media_type.is_some()),
        ("contentEncoding", def.content_encoding.is_some()),
    ] {
        if present && !string {
            error(key, format!("`{key}` is for strings"), "");
        }
    }
    if let Some(media) = def.content_media_type.as_deref().filter(|media| !is_media_type(media)) {
        error("contentMediaType", format!("`{media}` is no MIME type"), "write it as in `image/png`");
    }
    let (Some(content), Kind::Object(object)) = (def.content, kind) else {
        if def.content.is_some() {
            error("content", "`content` is for objects".to_owned(), "");
        }
        return;
    };
    let has = |name: &str| object.property(name).is_some();
    match content {
        ContentKind::Resource if !(has("uri") && (has("text") || has("blob"))) => error(
            "content",
            "a resource needs the properties `uri` and `text` or `blob`".to_owned(),
            "declare them under `properties`",
        ),
        ContentKind::ResourceLink if !(has("uri") && has("name")) => error(
            "content",
            "a link to a resource needs the properties `uri` and `name`".to_owned(),
            "declare them under `properties`",
        ),
        _ => {}
    }
}

/// Whether texts of a media type stand for bytes that clients show or play.
pub(super) fn is_picture_or_sound(media: &str) -> bool {
    media.starts_with("image/") || media.starts_with("audio/")
}

/// Base64 with padding, which is what clients read.
pub(super) fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - digits.len() <= 2
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

/// RFC 6838: two names with `/` between, perhaps parameters.
fn is_media_type(text: &str) -> bool {
    let name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphanumeric())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let essence = text.split(';').next().unwrap_or_default().trim_end();
    essence.split_once('/').is_some_and(|(kind, subtype)| name(kind) && name(subtype))
}

impl Type {
    /// How results of it become content blocks; none if all of it is plain.
    #[must_use]
    pub fn content_plan(&self) -> Option<&Arc<ContentPlan>> {
        self.content_plan.get_or_init(|| ContentPlan::of(self).map(Arc::new)).as_ref()
    }
}

impl ContentPlan {
    /// The plan for results of a type; none if all of it is plain.
    fn of(ty: &Type) -> Option<Self> {
        Some(Self::plan(ty)).filter(|plan| *plan != ContentPlan::Plain)
    }

    fn plan(ty: &Type) -> Self {
        match ty.kind() {
            Kind::String(string) => match string.media_type() {
                Some(media) if media.starts_with("image/") => ContentPlan::Image(Arc::clone(media)),
                Some(media) if media.starts_with("audio/") => ContentPlan::Audio(Arc::clone(media)),
                _ => ContentPlan::Plain,
            },
            Kind::Array(array) => match array.items().map(Self::plan) {
                None | Some(ContentPlan::Plain) => ContentPlan::Plain,
                Some(plan) => ContentPlan::Items(Box::new(plan)),
            },
            Kind::Object(object) => match object.content() {
                Some(ContentKind::Resource) => ContentPlan::Resource,
                Some(ContentKind::ResourceLink) => ContentPlan::ResourceLink,
                None => {
                    let part = |(name, ty): (&str, &Type)| (name.into(), Self::plan(ty));
                    let properties = object.properties().iter();
                    let parts: Vec<(Arc<str>, Self)> =
                        properties.map(|property| part((property.name(), property.ty()))).collect();
                    let plain = parts.iter().all(|(_, plan)| *plan == ContentPlan::Plain);
                    if plain { ContentPlan::Plain } else { ContentPlan::Parts(parts) }
                }
            },
            _ => ContentPlan::Plain,
        }
    }

    /// The blocks of a rendered result. What rules have masked or taken out so that it is no image, sound or
    /// resource any more is plain.
    #[must_use]
    pub fn blocks<'a>(&'a self, value: &'a Value) -> Vec<Block<'a>> {
        let mut blocks = Vec::new();
        self.push(value, &mut blocks);
        blocks
    }

    fn push<'a>(&'a self, value: &'a Value, blocks: &mut Vec<Block<'a>>) {
        match (self, value) {
            (_, Value::Null) => {}
            (ContentPlan::Items(plan), Value::Array(items)) => {
                items.iter().for_each(|item| plan.push(item, blocks));
            }
            (ContentPlan::Parts(parts), Value::Object(object)) => {
                for (name, plan) in parts {
                    if let Some(value) = object.get(name) {
                        plan.push(value, blocks);
                    }
                }
                let others = object.iter().filter(|(name, _)| !parts.iter().any(|(known, _)| known == *name));
                blocks.extend(
                    others.filter(|(_, value)| !value.is_null()).map(|(_, value)| Block::Plain(value)),
                );
            }
            (ContentPlan::Image(mime_type), Value::String(data)) if is_base64(data) => {
                blocks.push(Block::Image { data, mime_type });
            }
            (ContentPlan::Audio(mime_type), Value::String(data)) if is_base64(data) => {
                blocks.push(Block::Audio { data, mime_type });
            }
            (ContentPlan::Resource, Value::Object(object)) => {
                blocks.push(block::resource(object).unwrap_or(Block::Plain(value)));
            }
            (ContentPlan::ResourceLink, Value::Object(object)) => {
                blocks.push(block::link(object).unwrap_or(Block::Plain(value)));
            }
            (ContentPlan::Blocks, Value::Array(items)) => {
                items.iter().for_each(|item| self.push(item, blocks));
            }
            (ContentPlan::Blocks, Value::Object(object)) => {
                blocks.push(block::wire(object).unwrap_or(Block::Plain(value)));
            }
            _ => blocks.push(Block::Plain(value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::testing::{compile, convert, findings, json};

    const MIXED: &str = "{type: object, properties: {caption: {type: string}, \
        picture: {type: string, contentMediaType: image/png}, \
        source: {type: object, content: resource, properties: {uri: {type: string}, mimeType: {type: string}, text: {type: string}}}}}";

    #[test]
    fn plain_types_have_no_plan() {
        for definition in [
            "type: string",
            "{type: string, contentMediaType: text/html}",
            "{type: array, items: {type: object}}",
        ] {
            assert_eq!(ContentPlan::of(&compile(definition)), None, "{definition}");
        }
    }

    #[test]
    fn properties_become_blocks_in_declared_order_and_others_follow() {
        let plan = ContentPlan::of(&compile(MIXED)).unwrap();
        let value = json(
            r#"{"more": 1, "picture": "AP8=", "source": {"uri": "a:b", "mimeType": null, "text": "x"}, "caption": "c", "none": null}"#,
        );
        assert_eq!(
            plan.blocks(&value),
            [
                Block::Plain(&json(r#""c""#)),
                Block::Image { data: "AP8=", mime_type: "image/png" },
                Block::Resource { uri: "a:b", mime_type: None, body: ResourceBody::Text("x") },
                Block::Plain(&json("1")),
            ]
        );
    }

    #[test]
    fn lists_have_a_block_per_item() {
        let plan =
            ContentPlan::of(&compile("{type: array, items: {type: string, contentMediaType: audio/wav}}"))
                .unwrap();
        assert_eq!(
            plan.blocks(&json(r#"["AP8=", null, "AAAA"]"#)),
            [
                Block::Audio { data: "AP8=", mime_type: "audio/wav" },
                Block::Audio { data: "AAAA", mime_type: "audio/wav" },
            ]
        );
    }

    #[test]
    fn what_rules_made_of_it_is_plain() {
        let plan = ContentPlan::of(&compile(MIXED)).unwrap();
        let masked = json(r#"{"picture": "****", "source": {"text": "x"}}"#);
        let Value::Object(object) = &masked else { panic!() };
        assert_eq!(
            plan.blocks(&masked),
            [Block::Plain(object.get("picture").unwrap()), Block::Plain(object.get("source").unwrap())]
        );
    }

    #[test]
    fn links_and_blobs() {
        let link = "{type: object, content: resource_link, properties: {uri: {type: string}, name: {type: string}, size: {type: integer}}}";
        assert_eq!(
            ContentPlan::of(&compile(link))
                .unwrap()
                .blocks(&json(r#"{"uri": "a:b", "name": "n", "size": 7}"#)),
            [Block::ResourceLink {
                uri: "a:b",
                name: "n",
                title: None,
                description: None,
                mime_type: None,
                size: Some(7)
            }]
        );
        assert_eq!(
            ContentPlan::Resource.blocks(&json(r#"{"uri": "a:b", "blob": "AP8="}"#)),
            [Block::Resource { uri: "a:b", mime_type: None, body: ResourceBody::Blob("AP8=") }]
        );
    }

    #[test]
    fn objects_in_the_form_of_blocks_are_what_they_say() {
        let value = json(
            r#"["x", null, {"type": "text", "text": "t"}, {"type": "image", "data": "AP8=", "mimeType": "image/png"},
            {"type": "audio", "data": "no base64!", "mimeType": "audio/wav"}, [{"type": "resource", "resource": {"uri": "a:b", "text": "r"}}],
            {"type": "resource_link", "uri": "a:b", "name": "n"}, {"type": "other"}]"#,
        );
        let Value::Array(items) = &value else { panic!() };
        assert_eq!(
            ContentPlan::Blocks.blocks(&value),
            [
                Block::Plain(&json(r#""x""#)),
                Block::Plain(&json(r#""t""#)),
                Block::Image { data: "AP8=", mime_type: "image/png" },
                Block::Plain(&items[4]),
                Block::Resource { uri: "a:b", mime_type: None, body: ResourceBody::Text("r") },
                Block::ResourceLink {
                    uri: "a:b",
                    name: "n",
                    title: None,
                    description: None,
                    mime_type: None,
                    size: None
                },
                Block::Plain(&items[7]),
            ]
        );
    }

    #[test]
    fn pictures_must_be_base64() {
        let definition = "{type: string, contentMediaType: image/png}";
        assert_eq!(
            compile(definition).check_output(Value::string("no base64!")),
            Err("Expected base64 text".to_owned())
        );
        let bytes = Value::Bytes(vec![0, 255]);
        assert_eq!(compile(definition).check_output(bytes.clone()), Ok(bytes));
        assert_eq!(
            convert("{type: string, contentEncoding: base64}", r#""x""#).unwrap_err(),
            "Error validating parameter 'a': Expected base64 text"
        );
    }

    #[test]
    fn says_what_can_not_be() {
        assert_eq!(
            findings("{type: integer, contentMediaType: png, content: resource}"),
            [
                "error contentMediaType: `contentMediaType` is for strings",
                "error contentMediaType: `png` is no MIME type",
                "error content: `content` is for objects",
            ]
        );
        assert_eq!(
            findings("{type: object, content: resource, properties: {uri: {type: string}}}"),
            ["error content: a resource needs the properties `uri` and `text` or `blob`"]
        );
    }
}
