use std::collections::BTreeMap;

use crate::definition::Kind;
use crate::load::{self, Content, DefinitionFile};
use crate::wit::{Case, Component, Field, Function, Parameter, Type, World, scaffold};

fn field(name: &str, ty: Type) -> Field {
    Field { name: name.into(), ty }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn component(parameters: &[(&str, Type)], result: Option<Type>) -> Component {
    let parameters =
        parameters.iter().map(|(name, ty)| Parameter { name: (*name).into(), ty: ty.clone() }).collect();
    let function = Function { documentation: None, parameters, result };
    let world = World {
        functions: [("a:b/c@1.0.0.f".to_owned(), function)].into(),
        unusable: BTreeMap::new(),
        imports: Vec::new(),
    };
    Component { digest: "0".repeat(64), world }
}

/// What is found in a definition of a tool with this text after its source.
fn findings_of(text: String, component: Component) -> Vec<String> {
    let file = |path: &str, content| DefinitionFile { path: path.into(), kind: Kind::Tool, content };
    let parsed = load::parse(vec![file("tools/t.yml", Content::Bytes(text.into_bytes()))]);
    let sources = [("tools/c.wasm".to_owned(), Content::Component(Box::new(component)))].into();
    let loaded = parsed.load(&sources);
    let findings = loaded.files.iter().flat_map(|file| file.findings.iter());
    findings
        .map(|it| format!("{}: {}; {}", it.path, it.message, it.help.as_deref().unwrap_or_default()))
        .collect()
}

fn findings(definition: &str, parameters: &[(&str, Type)], result: Option<Type>) -> Vec<String> {
    let text = format!(
        "mxcp: 1\ntool:\n  name: t\n  source: {{file: c.wasm, export: a:b/c.f}}\n{}",
        definition.lines().map(|line| format!("  {}\n", line.trim())).collect::<String>()
    );
    findings_of(text, component(parameters, result))
}

/// What is found where one parameter `x` is declared so.
fn taken(written: &str, ty: &Type) -> Vec<String> {
    findings(&format!("parameters: [{{name: x, {written}}}]"), &[("x", ty.clone())], None)
}

/// What is found where the result is declared so.
fn given(written: &str, ty: &Type) -> Vec<String> {
    findings(&format!("return: {{{written}}}"), &[], Some(ty.clone()))
}

fn list(ty: Type) -> Type {
    Type::List(Box::new(ty))
}

fn option(ty: Type) -> Type {
    Type::Option(Box::new(ty))
}

/// One of every type.
fn every() -> Vec<Type> {
    let record = Type::Record(vec![
        field("one-text", Type::String),
        field("maybe", option(list(Type::U16))),
        field("deep", Type::Record(vec![field("is-it", Type::Bool)])),
    ]);
    let variant = Type::Variant(vec![
        Case { name: "nothing".into(), ty: None },
        Case { name: "some-number".into(), ty: Some(Type::F64) },
        Case { name: "a-record".into(), ty: Some(record.clone()) },
    ]);
    vec![
        Type::Bool,
        Type::S8,
        Type::U8,
        Type::S16,
        Type::U16,
        Type::S32,
        Type::U32,
        Type::S64,
        Type::U64,
        Type::F32,
        Type::F64,
        Type::Char,
        Type::String,
        list(Type::U8),
        list(Type::S8),
        list(list(Type::String)),
        option(Type::U8),
        option(list(Type::U8)),
        option(option(Type::String)),
        list(option(Type::U32)),
        Type::Tuple(vec![Type::F64, Type::F64]),
        Type::Tuple(vec![Type::String, Type::U8, option(Type::Bool)]),
        record.clone(),
        list(record),
        variant.clone(),
        option(variant),
        Type::Enum(names(&["red", "dark-green"])),
        Type::Flags(names(&["read", "do-write"])),
        list(Type::Result(Some(Box::new(Type::U8)), Some(Box::new(Type::String)))),
        option(Type::Result(None, None)),
    ]
}

#[test]
fn scaffolds_of_every_type_agree_with_it() {
    let all: Vec<(String, Type)> =
        every().into_iter().enumerate().map(|(at, ty)| (format!("the-{at}"), ty)).collect();
    let parameters: Vec<(&str, Type)> = all.iter().map(|(name, ty)| (name.as_str(), ty.clone())).collect();
    for ty in every() {
        let component = component(&parameters, Some(ty.clone()));
        let text = scaffold(&component.world, "a:b/c.f", "c.wasm", "t").unwrap();
        assert_eq!(findings_of(text.clone(), component), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn scaffolds_without_parameters_or_result_agree_too() {
    let component = component(&[], Some(Type::Result(None, Some(Box::new(Type::String)))));
    let text = scaffold(&component.world, "a:b/c@1.0.0.f", "c.wasm", "t").unwrap();
    assert_eq!(findings_of(text, component), Vec::<String>::new());
}

#[test]
fn integers_must_stay_within_the_range_of_their_type() {
    let problem = "tool.parameters.0: integers that `u8` can't hold are let through; \
        the component has `u8` here: write `type: integer, minimum: 0, maximum: 255`";
    for written in [
        "type: integer",
        "type: integer, minimum: 0",
        "type: integer, minimum: -1, maximum: 255",
        "type: integer, minimum: 0, maximum: 256",
        "type: integer, exclusiveMinimum: -2, maximum: 1",
        "type: integer, minimum: 0, exclusiveMaximum: 257",
        "type: integer, enum: [1, 256]",
    ] {
        assert_eq!(taken(written, &Type::U8), [problem], "{written}");
    }
    for written in [
        "type: integer, minimum: 0, maximum: 255",
        "type: integer, minimum: 5, maximum: 6",
        "type: integer, exclusiveMinimum: -1, exclusiveMaximum: 256",
        "type: integer, enum: [1, 255]",
    ] {
        assert!(taken(written, &Type::U8).is_empty(), "{written}");
    }
    assert!(taken("type: integer", &Type::S64).is_empty());
    assert!(taken("type: integer, minimum: 0", &Type::U64).is_empty());
    assert_eq!(taken("type: integer", &Type::U64).len(), 1);
    assert_eq!(taken("type: integer", &Type::U32).len(), 1);
}

#[test]
fn kinds_must_be_the_same() {
    assert_eq!(
        taken("type: string", &Type::U8),
        ["tool.parameters.0: the component has `u8`, not string; \
          the component has `u8` here: write `type: integer, minimum: 0, maximum: 255`"]
    );
    assert_eq!(
        given("type: integer", &Type::F64),
        [
            "tool.return: the component has `f64`, not integer; the component has `f64` here: write `type: number`"
        ]
    );
    for (written, ty) in [
        ("type: number", Type::S32),
        ("type: boolean", Type::String),
        ("type: array, items: {type: string}", Type::String),
        ("type: object, additionalProperties: false", list(Type::String)),
        ("schema: {type: string}", Type::Bool),
    ] {
        assert_eq!(taken(written, &ty).len(), 1, "{written}");
    }
}

#[test]
fn what_may_be_absent_needs_an_option_or_a_list() {
    let problems = taken("type: string, default: null", &Type::String);
    assert!(problems[0].starts_with("tool.parameters.0: it may be null, and the component takes `string`; "));
    assert!(taken("type: string, default: null", &option(Type::String)).is_empty());
    assert!(taken("type: string, default: x", &Type::String).is_empty());
    assert!(taken("type: string", &option(Type::String)).is_empty());
    assert!(taken("type: array, items: {type: string}, default: null", &list(Type::String)).is_empty());
    assert_eq!(taken("type: string, enum: [a, null]", &Type::Enum(names(&["a"]))).len(), 1);
}

#[test]
fn texts_for_characters_enums_and_bytes_are_narrow() {
    assert_eq!(taken("type: string", &Type::Char).len(), 1);
    assert!(taken("type: string, minLength: 1, maxLength: 1", &Type::Char).is_empty());
    assert!(taken("type: string, enum: [a, ä]", &Type::Char).is_empty());
    let colours = Type::Enum(names(&["red", "dark-green"]));
    assert_eq!(taken("type: string", &colours).len(), 1);
    assert!(taken("type: string, enum: [red]", &colours).is_empty());
    assert!(taken("type: string, enum: [dark_green]", &colours).is_empty());
    assert_eq!(
        taken("type: string, enum: [red, blue]", &colours),
        ["tool.parameters.0.enum: the component does not know `blue`; \
          the component has `enum` here: write `type: string, enum: [red, dark-green]`"]
    );
    assert_eq!(taken("type: string", &list(Type::U8)).len(), 1);
    assert!(taken("type: string, contentEncoding: base64", &list(Type::U8)).is_empty());
    assert!(
        taken("type: array, items: {type: integer, minimum: 0, maximum: 255}", &list(Type::U8)).is_empty()
    );
    assert!(taken("type: string, format: date", &Type::String).is_empty());
}

#[test]
fn parameters_and_functions_have_the_same_names() {
    let problems = findings("parameters: [{name: y, type: string}]", &[("x-y", Type::String)], None);
    assert_eq!(
        problems,
        [
            "tool.parameters.0: function of the component has no parameter `y`; it takes `x-y`",
            "tool.parameters: function of the component takes `x-y`, which is no parameter; \
             add `{name: x_y, type: string}`",
        ]
    );
    assert_eq!(findings("", &[("x", Type::Bool)], None).len(), 1);
    assert!(findings("", &[("x", option(Type::Bool))], None).is_empty());
    assert!(findings("parameters: [{name: x_y, type: string}]", &[("x-y", Type::String)], None).is_empty());
}

#[test]
fn properties_are_the_fields_of_the_record() {
    let record = Type::Record(vec![field("max-items", Type::S64), field("note", option(Type::String))]);
    let object = |rest: &str| format!("type: object, additionalProperties: false, {rest}");
    let fine =
        object("required: [max_items], properties: {max_items: {type: integer}, note: {type: string}}");
    assert!(taken(&fine, &record).is_empty());
    let dashed = object("required: [max-items], properties: {max-items: {type: integer}}");
    assert!(taken(&dashed, &record).is_empty());
    let optional = object("properties: {max_items: {type: integer}}");
    assert!(
        taken(&optional, &record)[0].starts_with("tool.parameters.0.properties.max_items: it may be null")
    );
    let missing = object("properties: {note: {type: string}}");
    assert!(taken(&missing, &record)[0].contains("needs `max-items`, which is no property"));
    let unknown =
        object("required: [max_items], properties: {max_items: {type: integer}, other: {type: string}}");
    assert_eq!(
        taken(&unknown, &record),
        ["tool.parameters.0.properties.other: record of the component has no field `other`; \
          it has `max-items`, `note`"]
    );
    let twins = object(
        "required: [max_items, max-items], properties: {max_items: {type: integer}, max-items: {type: integer}}",
    );
    assert!(
        taken(&twins, &record)[0].contains("`max-items` and `max_items` are the same name for a component")
    );
    let nested = object("required: [max_items], properties: {max_items: {type: string}}");
    assert!(
        taken(&nested, &record)[0]
            .starts_with("tool.parameters.0.properties.max_items: the component has `s64`")
    );
    let open = "type: object, required: [max_items], properties: {max_items: {type: integer}}";
    assert!(taken(open, &record)[0].contains("other properties are let through, and left out"));
}

#[test]
fn tuples_are_lists_of_their_length() {
    let pair = Type::Tuple(vec![Type::F64, Type::F64]);
    assert_eq!(taken("type: array, items: {type: number}", &pair).len(), 1);
    assert!(taken("type: array, items: {type: number}, minItems: 2, maxItems: 2", &pair).is_empty());
    let mixed = Type::Tuple(vec![Type::F64, Type::String]);
    assert_eq!(taken("type: array, items: {type: number}, minItems: 2, maxItems: 2", &mixed).len(), 1);
    assert!(taken("schema: {type: array}", &mixed).is_empty());
    assert!(given("type: array, items: {type: number}", &pair).is_empty());
    assert_eq!(given("type: array, minItems: 3", &pair).len(), 1);
}

#[test]
fn variants_are_tagged_objects() {
    let variant = Type::Variant(vec![
        Case { name: "by-id".into(), ty: Some(Type::S64) },
        Case { name: "all".into(), ty: None },
    ]);
    let object = |tag: &str, value: &str| {
        format!(
            "type: object, additionalProperties: false, required: [tag], properties: {{tag: {{{tag}}}{value}}}"
        )
    };
    let value = ", value: {type: integer}";
    assert!(taken(&object("type: string, enum: [by-id, all]", value), &variant).is_empty());
    assert!(taken(&object("type: string, enum: [all]", ""), &variant).is_empty());
    assert!(taken(&object("type: string, enum: [by_id]", ""), &variant)[0].contains("cases carry something"));
    assert!(taken(&object("type: string", value), &variant)[0].contains("any text is let through"));
    assert!(
        taken(&object("type: string, enum: [none]", value), &variant)[0].contains("does not know `none`")
    );
    assert!(given(&object("type: string, enum: [by-id, all]", value), &variant).is_empty());
    assert!(given(&object("type: string, enum: [all]", value), &variant)[0].contains("may give `by-id` too"));
    assert!(given(&object("type: string", ""), &variant)[0].contains("the component gives `value` too"));
}

#[test]
fn results_satisfy_what_is_promised() {
    let colours = Type::Enum(names(&["red", "dark-green"]));
    assert!(given("type: string", &colours).is_empty());
    assert!(given("type: string, enum: [red, dark-green, blue]", &colours).is_empty());
    assert!(given("type: string, enum: [red]", &colours)[0].contains("may give `dark-green` too"));
    assert!(
        given("type: string, enum: [red, dark_green]", &colours)[0].contains("gives `dark-green`, with `-`")
    );
    assert!(given("type: string, maxLength: 3", &Type::String).is_empty(), "checked at each call");
    assert!(given("type: integer, maximum: 3", &Type::U64).is_empty(), "checked at each call");
    assert!(given("type: string", &list(Type::U8)).is_empty());
    assert_eq!(given("type: array", &list(Type::U8)).len(), 1);
    assert!(given("type: string", &Type::Result(Some(Box::new(Type::String)), None)).is_empty());
    assert_eq!(
        given("type: string", &Type::Result(None, Some(Box::new(Type::String)))),
        ["tool.return: function of the component gives nothing, not string; leave `return` out"]
    );
    let record = Type::Record(vec![field("max-items", Type::S64), field("note", option(Type::String))]);
    assert!(given("type: object", &record).is_empty());
    assert!(
        given("type: object, required: [max_items], properties: {max_items: {type: integer}}", &record)
            .is_empty()
    );
    assert_eq!(
        given("type: object, properties: {max-items: {type: integer}}", &record),
        ["tool.return.properties.max-items: results have `max_items`, not `max-items`; write `max_items`"]
    );
    let closed = "type: object, additionalProperties: false, properties: {max_items: {type: integer}}";
    assert!(given(closed, &record)[0].contains("gives `note` too"));
    let never = "type: object, required: [x], properties: {x: {type: string}}";
    assert!(given(never, &record)[0].contains("never gives `x`"));
    assert!(given("type: array, items: {type: string}", &list(record))[0].starts_with("tool.return.items: "));
}

#[test]
fn schemas_are_checked_by_name_and_kind() {
    let schema = |properties: &str, required: &str| {
        format!("input_schema: {{type: object, required: [{required}], properties: {{{properties}}}}}")
    };
    let takes = [("max-items", Type::U8), ("note", option(Type::String))];
    assert!(findings(&schema("max_items: {type: integer}, note: {}", "max_items"), &takes, None).is_empty());
    let problems = findings(&schema("max_items: {type: string}", "max_items"), &takes, None);
    assert!(
        problems[0].starts_with("tool.input_schema.properties.max_items: the component has `u8`, not string")
    );
    let problems = findings(&schema("max_items: {type: integer}", ""), &takes, None);
    assert!(problems[0].starts_with("tool.input_schema.properties.max_items: it may be null"));
    let problems = findings(&schema("note: {type: string}", ""), &takes, None);
    assert!(problems[0].starts_with("tool.input_schema: function of the component takes `max-items`"));
}

#[test]
fn null_is_refused_where_the_component_has_no_value_for_it() {
    let takes = [
        ("a", Type::String),
        ("b", option(Type::String)),
        ("c", list(Type::String)),
        ("d", list(Type::Bool)),
    ];
    let text = "mxcp: 1\ntool:\n  name: t\n  source: {file: c.wasm, export: a:b/c.f}\n  parameters:\n"
        .to_owned()
        + "    - {name: a, type: string}\n    - {name: b, type: string}\n"
        + "    - {name: c, type: array, items: {type: string}}\n    - {name: d, type: array, items: {type: boolean}}\n";
    let file = DefinitionFile {
        path: "tools/t.yml".into(),
        kind: Kind::Tool,
        content: Content::Bytes(text.into_bytes()),
    };
    let content = Content::Component(Box::new(component(&takes, None)));
    let loaded = load::parse(vec![file]).load(&[("tools/c.wasm".to_owned(), content)].into());
    let endpoint = loaded.registry.endpoints().next().unwrap();
    let null = |name: &str| endpoint.parameters.get(name).unwrap().ty.is_nullable();
    assert_eq!(["a", "b", "c", "d"].map(null), [false, true, true, true]);
    let schema = endpoint.parameters.input_schema();
    assert_eq!(schema["properties"]["a"]["type"], "string");
    assert_eq!(schema["properties"]["c"]["items"]["type"], "string");
}
