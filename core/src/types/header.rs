//! `x-mcp-header`: arguments that clients repeat in HTTP headers (SEP-2243).

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::json_schema::{is_pointer_of_properties, positions};
use super::{Kind, Type};
use crate::diagnostic::{Code, Diagnostic};
use crate::yaml::{DocPath, Report};

const KEY: &str = "x-mcp-header";

/// Whether a type or one inside of it names a header.
pub(super) fn is_named_by(ty: &Type) -> bool {
    ty.header.is_some()
        || match &ty.kind {
            Kind::Array(array) => array.items().is_some_and(is_named_by),
            Kind::Object(object) => object.properties().iter().any(|property| is_named_by(property.ty())),
            Kind::Schema(raw) => mentions(&Json::Object(raw.written().clone())),
            _ => false,
        }
}

/// Whether a schema has the key anywhere.
pub(super) fn mentions(schema: &Json) -> bool {
    match schema {
        Json::Object(map) => map.contains_key(KEY) || map.values().any(mentions),
        Json::Array(items) => items.iter().any(mentions),
        _ => false,
    }
}

/// Reports the headers of a served input schema that clients would refuse the tool for. `place` says where a
/// parameter is written.
pub(super) fn check(schema: &Json, place: impl Fn(&str) -> DocPath, report: &mut Report<'_>) {
    let mut names = BTreeSet::new();
    for position in positions(schema, &DocPath::root()) {
        let Some(header) = position.written.get(KEY) else { continue };
        let problem = if position.pointer.is_empty() || !is_pointer_of_properties(&position.pointer) {
            "can only name the header of a parameter, or of a property of an object".to_owned()
        } else if !header.as_str().is_some_and(is_token) {
            format!("must be a name that HTTP allows in headers, not {header}")
        } else if !names.insert(header.as_str().unwrap_or_default().to_ascii_lowercase()) {
            format!("names the header {header} a second time")
        } else if !matches!(
            position.written.get("type").and_then(Json::as_str),
            Some("string" | "integer" | "boolean")
        ) {
            "is for strings, integers and booleans that are not null".to_owned()
        } else {
            continue;
        };
        let parameter = position.pointer.split('/').nth(2).unwrap_or_default();
        let parameter = parameter.replace("~1", "/").replace("~0", "~");
        report.add(&place(&parameter), Diagnostic::error(Code::InvalidValue, format!("`{KEY}` {problem}")));
    }
}

/// RFC 9110 section 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::types::testing::parameters;

    #[test]
    fn stands_word_for_word_in_the_schema_and_excludes_null() {
        let (list, found) = parameters(
            "[{name: region, type: string, x-mcp-header: Region}, \
              {name: o, type: object, properties: {tenant: {type: integer, default: 1, x-mcp-header: Tenant}}}]",
        );
        assert!(found.is_empty(), "{found:?}");
        let schema = list.input_schema();
        assert_eq!(schema["properties"]["region"], json!({"type": "string", "x-mcp-header": "Region"}));
        assert_eq!(schema["properties"]["o"]["properties"]["tenant"]["x-mcp-header"], "Tenant");
    }

    #[test]
    fn refuses_what_clients_would() {
        let (_, found) = parameters(
            "[{name: a, type: string, x-mcp-header: 'no token'}, {name: b, type: number, x-mcp-header: B}, \
              {name: c, type: array, items: {type: string, x-mcp-header: C}}, \
              {name: d, type: string, x-mcp-header: D}, {name: e, schema: {type: string, x-mcp-header: d}}, \
              {name: f, type: string, x-mcp-header: F, default: null}]",
        );
        assert_eq!(
            found,
            [
                "error 0: `x-mcp-header` must be a name that HTTP allows in headers, not \"no token\"",
                "error 1: `x-mcp-header` is for strings, integers and booleans that are not null",
                "error 4: `x-mcp-header` names the header \"d\" a second time",
                "error 5: `x-mcp-header` is for strings, integers and booleans that are not null",
                "error 2: `x-mcp-header` can only name the header of a parameter, or of a property of an object",
            ]
        );
    }
}
