//! The schemas are those checked in, and fit what people write.

use jsonschema::Validator;
use serde_json::{Value as Json, json};

use super::*;
use crate::diagnostic::Diagnostics;
use crate::source::SourceFile;
use crate::yaml::Document;

fn checked_in(format: Format) -> &'static str {
    match format {
        Format::Endpoint => include_str!("../../../../docs/schemas/endpoint.schema.json"),
        Format::Eval => include_str!("../../../../docs/schemas/eval.schema.json"),
        Format::Site => include_str!("../../../../docs/schemas/site.schema.json"),
        Format::User => include_str!("../../../../docs/schemas/config.schema.json"),
    }
}

fn validator(format: Format) -> Validator {
    let schema: Json = serde_json::from_str(checked_in(format)).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

fn value(yaml: &str) -> Json {
    let mut findings = Diagnostics::new();
    let document = Document::parse(&SourceFile::new("a.yml", yaml), &mut findings);
    document.unwrap_or_else(|| panic!("{findings:?}")).deserialize().unwrap()
}

#[track_caller]
fn assert_valid(format: Format, yaml: &str) {
    let value = value(yaml);
    let errors: Vec<_> = validator(format).iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} in {yaml}");
}

#[track_caller]
fn assert_invalid(format: Format, yaml: &str) {
    assert!(!validator(format).is_valid(&value(yaml)), "{yaml}");
}

#[test]
fn the_schemas_that_are_checked_in_are_current() {
    for format in Format::ALL {
        let current = format.text() == checked_in(format);
        assert!(current, "{} is stale: run `cargo xtask schemas`", format.file_name());
    }
}

#[test]
fn the_files_of_the_example_fit() {
    assert_valid(Format::Site, include_str!("../../../../examples/quickstart/mxcp-site.yml"));
    for tool in [
        include_str!("../../../../examples/quickstart/tools/customer_summary.yml"),
        include_str!("../../../../examples/quickstart/tools/find_orders.yml"),
        include_str!("../../../../examples/quickstart/tools/monthly_revenue.yml"),
    ] {
        assert_valid(Format::Endpoint, tool);
    }
}

#[test]
fn suites_of_evaluations_fit() {
    assert_valid(
        Format::Eval,
        "mxcp: 1\nsuite: a\nmodel: any\ntests: [{name: t, prompt: p, user_context: {role: a}, assertions: \
         {must_call: [{tool: a, args: {b: [1]}}], must_not_call: [c], answer_contains: [d]}}]",
    );
}

#[test]
fn what_the_page_about_evaluations_shows_fits() {
    let page = include_str!("../../../../docs/evals.md");
    let blocks: Vec<_> =
        page.split("```yaml\n").skip(1).filter_map(|rest| rest.split_once("```")).map(|it| it.0).collect();
    let [suite, user] = blocks.as_slice() else { panic!("{blocks:?}") };
    assert_valid(Format::Eval, suite);
    assert_valid(Format::User, user);
}

#[test]
fn unknown_keys_and_wrong_words_do_not_fit() {
    assert_invalid(Format::Site, "project: a\nprofile: b\ncolour: red");
    assert_invalid(Format::Site, "project: a");
    assert_invalid(Format::Site, "project: a\nprofile: b\npaths: {tools: }");
    assert_invalid(Format::Endpoint, "mxcp: 1");
    assert_invalid(Format::Endpoint, "tool: {name: a, source: {code: x}}\nprompt: {name: a, messages: []}");
    assert_invalid(Format::Endpoint, "tool: {name: a, language: cobol, source: {code: x}}");
    assert_invalid(Format::Eval, "suite: a\ntests: []");
    assert_invalid(
        Format::Eval,
        "mxcp: 1\nsuite: a\ntests: [{name: t, prompt: p, assertions: {must_say: [x]}}]",
    );
    assert_invalid(Format::User, "models: {models: {m: {type: claude, price: {input: 1}}}}");
    assert_invalid(Format::User, "logging: {level: debug}");
    assert_invalid(Format::User, "transport: {http: {port: much}}");
}

#[test]
fn the_user_file_may_hold_references_everywhere() {
    assert_valid(
        Format::User,
        "mxcp: 1\ntransport: {provider: \"${T}\", http: {port: \"${PORT}\", trust_proxy: \"file://t\"}}\n\
         logging: {level: \"${LEVEL}\", max_bytes: 5}\nvault: {enabled: \"${V}\"}\n\
         projects: {p: {profiles: {a: , b: {auth: {provider: \"${P}\"}, secrets: [{name: a, type: b, parameters: {c: [1]}}]}}}}",
    );
}

#[test]
fn nothing_in_the_schemas_is_noise() {
    for format in Format::ALL {
        let text = checked_in(format);
        for noise in ["\"format\": \"uint", "\"default\": null", "\\n"] {
            assert!(!text.contains(noise), "{noise} in {}", format.file_name());
        }
    }
    let schema = Format::User.schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["$defs"]["Http"]["properties"]["port"]["default"], json!(8000));
    assert_eq!(schema["properties"]["transport"]["$ref"], "#/$defs/Transport");
}
