//! What a definition says where a component says a type: for scaffolds, and for the help of those who write by hand.

use serde_json::{Map, Value as Json, json};

use super::{Case, Type, name};

/// The type as a definition writes it. Null has no word of its own there: an `option` is what it may hold, and whoever
/// names it makes it optional.
pub(super) fn definition(ty: &Type) -> Map<String, Json> {
    let written = match ty {
        Type::Bool => json!({"type": "boolean"}),
        Type::S8 | Type::U8 | Type::S16 | Type::U16 | Type::S32 | Type::U32 | Type::S64 | Type::U64 => {
            integer(ty)
        }
        Type::F32 | Type::F64 => json!({"type": "number"}),
        Type::Char => json!({"type": "string", "minLength": 1, "maxLength": 1}),
        Type::String => json!({"type": "string"}),
        Type::List(item) if **item == Type::U8 => json!({"type": "string", "contentEncoding": "base64"}),
        Type::List(item) => json!({"type": "array", "items": definition(item)}),
        Type::Option(inner) => return definition(inner),
        Type::Tuple(items) => match items.split_first() {
            Some((first, others)) if others.iter().all(|other| other == first) => {
                let (items, count) = (definition(first), items.len());
                json!({"type": "array", "items": items, "minItems": count, "maxItems": count})
            }
            _ => json!({"schema": schema(ty)}),
        },
        Type::Record(fields) => {
            let properties: Map<String, Json> = fields
                .iter()
                .map(|field| (name::in_definitions(&field.name), Json::Object(definition(&field.ty))))
                .collect();
            let needed = fields.iter().filter(|field| !matches!(field.ty, Type::Option(_)));
            let needed: Vec<String> = needed.map(|field| name::in_definitions(&field.name)).collect();
            let mut written = object(json!({"type": "object", "properties": properties}));
            if !needed.is_empty() {
                written.insert("required".to_owned(), needed.into());
            }
            written.insert("additionalProperties".to_owned(), false.into());
            return written;
        }
        Type::Enum(cases) => json!({"type": "string", "enum": cases}),
        Type::Flags(names) => {
            json!({"type": "array", "items": {"type": "string", "enum": names}, "uniqueItems": true})
        }
        Type::Variant(_) | Type::Result(..) => json!({"schema": schema(ty)}),
    };
    object(written)
}

/// The type as JSON Schema, where definitions have no words for it.
fn schema(ty: &Type) -> Map<String, Json> {
    let written = match ty {
        // A number that is none leaves a component as null.
        Type::F32 | Type::F64 => json!({"type": ["number", "null"]}),
        Type::List(item) if **item != Type::U8 => json!({"type": "array", "items": schema(item)}),
        Type::Option(inner) => json!({"anyOf": [schema(inner), {"type": "null"}]}),
        Type::Tuple(items) => {
            let count = items.len();
            let items: Vec<_> = items.iter().map(schema).collect();
            json!({"type": "array", "prefixItems": items, "minItems": count, "maxItems": count})
        }
        Type::Record(fields) => {
            let properties: Map<String, Json> = fields
                .iter()
                .map(|field| (name::in_definitions(&field.name), Json::Object(schema(&field.ty))))
                .collect();
            let needed = fields.iter().filter(|field| !matches!(field.ty, Type::Option(_)));
            let needed: Vec<String> = needed.map(|field| name::in_definitions(&field.name)).collect();
            json!({"type": "object", "properties": properties, "required": needed, "additionalProperties": false})
        }
        Type::Variant(cases) => tagged(cases),
        Type::Result(ok, error) => tagged(&super::result_cases(ok.as_deref(), error.as_deref())),
        _ => return definition(ty),
    };
    object(written)
}

/// One object per case: its name, and what it carries.
fn tagged(cases: &[Case]) -> Json {
    let of = |case: &Case| {
        let mut properties = object(json!({name::TAG: {"const": case.name}}));
        let mut needed = vec![name::TAG];
        if let Some(ty) = &case.ty {
            properties.insert(name::PAYLOAD.to_owned(), Json::Object(schema(ty)));
            needed.push(name::PAYLOAD);
        }
        json!({"properties": properties, "required": needed, "additionalProperties": false})
    };
    json!({"type": "object", "oneOf": cases.iter().map(of).collect::<Vec<_>>()})
}

/// An integer with its range. JSON has doubles for limits, so those of 64 bits are left to the call.
fn integer(ty: &Type) -> Json {
    let (least, most) = limits(ty).unwrap_or_default();
    let ends = [("minimum", least), ("maximum", most)];
    let ends = ends.into_iter().filter_map(|(key, end)| Some((key.to_owned(), Json::from(end?))));
    [("type".to_owned(), "integer".into())].into_iter().chain(ends).collect()
}

/// The range that a definition has to state for integers of a type; none for other types.
pub(super) fn limits(ty: &Type) -> Option<(Option<i64>, Option<i64>)> {
    Some(match ty {
        Type::S8 => (Some(i8::MIN.into()), Some(i8::MAX.into())),
        Type::U8 => (Some(0), Some(u8::MAX.into())),
        Type::S16 => (Some(i16::MIN.into()), Some(i16::MAX.into())),
        Type::U16 => (Some(0), Some(u16::MAX.into())),
        Type::S32 => (Some(i32::MIN.into()), Some(i32::MAX.into())),
        Type::U32 => (Some(0), Some(u32::MAX.into())),
        Type::S64 => (None, None),
        Type::U64 => (Some(0), None),
        _ => return None,
    })
}

fn object(json: Json) -> Map<String, Json> {
    match json {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ty: &Type) -> String {
        super::super::write::flow(&definition(ty))
    }

    #[test]
    fn integers_have_their_range_as_far_as_a_double_can_say_it() {
        assert_eq!(of(&Type::U8), "type: integer, minimum: 0, maximum: 255");
        assert_eq!(of(&Type::S16), "type: integer, minimum: -32768, maximum: 32767");
        assert_eq!(of(&Type::U32), "type: integer, minimum: 0, maximum: 4294967295");
        assert_eq!(of(&Type::S64), "type: integer");
        assert_eq!(of(&Type::U64), "type: integer, minimum: 0");
    }

    #[test]
    fn bytes_are_base64_and_tuples_of_one_type_lists() {
        assert_eq!(of(&Type::List(Box::new(Type::U8))), "type: string, contentEncoding: base64");
        assert_eq!(
            of(&Type::Tuple(vec![Type::F64, Type::F64])),
            "type: array, items: {type: number}, minItems: 2, maxItems: 2"
        );
    }

    #[test]
    fn what_definitions_have_no_words_for_is_json_schema() {
        assert_eq!(
            of(&Type::Variant(vec![
                Case { name: "none".into(), ty: None },
                Case { name: "one-text".into(), ty: Some(Type::Option(Box::new(Type::String))) },
            ])),
            "schema: {type: object, oneOf: [{properties: {tag: {const: none}}, required: [tag], additionalProperties: \
             false}, {properties: {tag: {const: one-text}, value: {anyOf: [{type: string}, {type: \"null\"}]}}, \
             required: [tag, value], additionalProperties: false}]}"
        );
    }
}
