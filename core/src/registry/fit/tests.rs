use std::collections::BTreeMap;
use std::time::Duration;

use chrono::DateTime;

use super::*;
use crate::call::{Call, CallContext, Caller, Headers, OutputValidation, UnknownArguments};
use crate::definition::Kind;
use crate::load::{self, Content, DefinitionFile};
use crate::registry::{Output, Registry};
use crate::schema::Export;
use crate::value::Object;

fn registry(returns: &str, limits: &str) -> Registry {
    let text = format!(
        "tool: {{name: t, {returns} limits: {{result: {limits}}}, language: python, source: {{file: t.py}}, policies: {{output: \
         [{{condition: 'false', action: filter_fields, fields: [x]}}]}}}}"
    );
    let file = |path: &str, text: String| DefinitionFile {
        path: path.to_owned(),
        kind: Kind::Tool,
        content: Content::Bytes(text.into_bytes()),
    };
    let parsed = load::parse(vec![file("tools/t.yml", text)]);
    let texts = parsed
        .references()
        .into_iter()
        .map(|reference| (reference.path, Content::Bytes(b"def t(): pass".to_vec())));
    let texts: BTreeMap<_, _> = texts.collect();
    let loaded = parsed.load(&texts);
    assert!(loaded.files.iter().all(|file| !file.findings.has_errors()), "{:?}", loaded.files);
    loaded.registry
}

fn prepared(registry: &Registry) -> Prepared {
    let call = Call {
        kind: Kind::Tool,
        name: "t".to_owned(),
        arguments: Object::new(),
        unknown_arguments: UnknownArguments::Refuse,
        output_validation: OutputValidation::Check,
    };
    let context = CallContext {
        request_id: "r".to_owned(),
        now: DateTime::from_timestamp(0, 0).unwrap(),
        caller: Caller::Http,
        principal: None,
        headers: Headers::none(),
        session_id: None,
        trace: None,
    };
    registry.prepare(call, context).unwrap()
}

/// What is shown of a value, and the complete result if that is not all.
fn shown(registry: &Registry, value: &str) -> (Reply, Option<Complete>) {
    let output = Output::Value(Value::parse_json(value).unwrap());
    let mut reply = prepared(registry).finish(Ok(output));
    let complete = reply.fit();
    (reply, complete)
}

/// The texts of all parts of a value, one after the other.
fn parts(registry: &Registry, value: &str) -> Result<Vec<String>, String> {
    let (reply, complete) = shown(registry, value);
    let text = |reply: &Reply| {
        reply.result().map(|success| success.value.to_json_text()).map_err(ToString::to_string)
    };
    let mut parts = vec![text(&reply)?];
    let Some(Complete { value, outline }) = complete else { return Ok(parts) };
    let Value::Array(all) = value else { panic!("only lists are shown in parts") };
    let limits = registry.get(Kind::Tool, "t").unwrap().delivery.limits.unwrap();
    let mut part = reply.into_result().unwrap().part.unwrap();
    while part.before + part.rows < part.total_rows {
        let before = part.before + part.rows;
        let most = limits.most_rows().saturating_add(1);
        let rows = all.iter().skip(before as usize).take(most as usize).cloned().collect();
        let mut reply = prepared(registry).follow(Ok(KeptRows { outline, before, rows }));
        assert_eq!(reply.fit(), None, "what is shown fits");
        parts.push(text(&reply)?);
        part = reply.into_result().unwrap().part.unwrap();
        assert_eq!(part.before, before);
    }
    Ok(parts)
}

#[test]
fn what_fits_is_shown_as_it_is() {
    let registry = registry("", "{rows: 3, bytes: 20}");
    for value in ["[1,2,3]", "[]", "null", "7", r#"{"a":"0123456789"}"#] {
        let (reply, complete) = shown(&registry, value);
        assert_eq!(complete, None, "{value}");
        let success = reply.result().unwrap();
        assert_eq!((success.value.to_json_text(), &success.part), (value.to_owned(), &None));
    }
}

#[test]
fn of_a_longer_list_the_first_rows_that_fit_are_shown() {
    let rows = registry("", "{rows: 2}");
    let (reply, complete) = shown(&rows, "[10,20,30,40,50]");
    let success = reply.into_result().unwrap();
    assert_eq!(success.value.to_json_text(), "[10,20]");
    let part = success.part.unwrap();
    assert_eq!((part.before, part.rows, part.total_rows), (0, 2, 5));
    assert_eq!((part.size.bytes, part.total_size.bytes), (7, 16));
    assert_eq!(part.to_string(), "Rows 1 to 2 of 5 are shown. The others can't be had here: ask for less.");
    let complete = complete.unwrap();
    assert_eq!(complete.value.to_json_text(), "[10,20,30,40,50]");
    assert_eq!((complete.outline.rows, complete.outline.bytes), (Some(5), 16));
    assert_eq!(parts(&rows, "[10,20,30,40,50]").unwrap(), ["[10,20]", "[30,40]", "[50]"]);
    let bytes = registry("", "{bytes: 8}");
    assert_eq!(parts(&bytes, "[10,20,30]").unwrap(), ["[10,20]", "[30]"]);
    let tokens = registry("", "{tokens: 2}");
    assert_eq!(parts(&tokens, "[10,20,30]").unwrap(), ["[10,20]", "[30]"]);
}

#[test]
fn no_part_has_fewer_rows_than_a_list_of_the_type() {
    let registry = registry("return: {type: array, minItems: 3},", "{rows: 5}");
    assert_eq!(parts(&registry, "[1,2,3,4,5,6,7]").unwrap(), ["[1,2,3,4]", "[5,6,7]"]);
    assert_eq!(parts(&registry, "[1,2,3,4,5,6,7,8]").unwrap(), ["[1,2,3,4,5]", "[6,7,8]"]);
    assert_eq!(parts(&registry, "[1,2,3,4,5,6]").unwrap(), ["[1,2,3]", "[4,5,6]"]);
}

#[test]
fn what_can_not_be_shown_in_parts_is_an_error_that_says_how_large_it_is() {
    let object = registry("return: {type: object},", "{bytes: 10}");
    let text = "The result is too large: 16 bytes of JSON, about 4 tokens, where at most 10 bytes are shown. Ask for less.";
    assert_eq!(parts(&object, r#"{"a":"01234567"}"#), Err(text.to_owned()));
    let (_, complete) = shown(&object, r#"{"a":"01234567"}"#);
    assert_eq!(complete.unwrap().outline.rows, None);
    let row = registry("", "{tokens: 2}");
    let text = "Row 2 of the result is too large: 10 bytes of JSON, about 3 tokens, where at most 2 tokens are shown. Ask for less.";
    assert_eq!(parts(&row, r#"["a","012345","b"]"#), Err(text.to_owned()));
    let fewest = registry("return: {type: array, minItems: 2},", "{bytes: 9}");
    let text = "The fewest rows that can be shown, 2, are too large: 11 bytes of JSON, about 3 tokens, where at most 9 bytes are \
                shown. Ask for less.";
    assert_eq!(parts(&fewest, r#"["aa","bb","cc"]"#), Err(text.to_owned()));
}

#[test]
fn a_part_is_what_the_json_schema_says_or_is_not_shown() {
    let returns = |rule: &str| format!("return: {{schema: {{type: array, {rule}}}}},");
    let fewest = registry(&returns("minItems: 2"), "{rows: 3}");
    assert_eq!(parts(&fewest, "[1,2,3,4]").unwrap(), ["[1,2]", "[3,4]"]);
    let contains = registry(&returns("contains: {const: 9}"), "{rows: 3}");
    assert!(
        parts(&contains, "[1,2,3,9]").unwrap_err().starts_with("The fewest rows that can be shown, 4, are")
    );
    assert!(parts(&contains, "[1,9,3,4]").unwrap_err().contains("too large"));
    assert_eq!(parts(&contains, "[9,2,3,9]").unwrap(), ["[9,2,3]", "[9]"]);
}

#[test]
fn what_a_host_keeps_is_told_with_what_is_shown() {
    let kept = Kept {
        next: Some("c".to_owned()),
        export: None,
        expires_at: DateTime::from_timestamp(0, 0).unwrap(),
    };
    let list = registry("", "{rows: 1}");
    let (mut reply, _) = shown(&list, "[1,2]");
    reply.keep(kept.clone());
    assert_eq!(reply.into_result().unwrap().part.unwrap().kept, Some(kept.clone()));
    let object = registry("return: {type: object},", "{bytes: 1}");
    let (mut reply, _) = shown(&object, "{}");
    reply.keep(kept.clone());
    let Err(CallError::TooLarge(error)) = reply.result() else { panic!("it is too large") };
    assert_eq!(error.kept, Some(kept));
    // Errors are recorded, and what leads to a result is not.
    assert!(!error.to_string().contains("cursor"), "{error}");
}

#[test]
fn a_denied_call_has_nothing_to_cut() {
    let registry = registry("return: {type: object},", "{bytes: 1}");
    let (reply, complete) = shown(&registry, "7");
    assert!(matches!(reply.result(), Err(CallError::InvalidOutput(_))) && complete.is_none());
}

/// Values that are the same in every run.
struct Generator(u64);

impl Generator {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn row(&mut self, depth: u64) -> Value {
        match self.below(if depth == 0 { 5 } else { 7 }) {
            0 => Value::Null,
            1 => Value::Int(self.below(1_000_000) as i64 - 500_000),
            2 => Value::Float(self.below(1000) as f64 / 7.0),
            3 => Value::string("é\"\\\n".repeat(self.below(20) as usize)),
            4 => Value::Bool(true),
            5 => Value::Array((0..self.below(4)).map(|_| self.row(depth - 1)).collect()),
            _ => Value::Object(
                (0..self.below(4)).map(|key| (format!("k{key}"), self.row(depth - 1))).collect(),
            ),
        }
    }
}

#[test]
fn parts_never_exceed_the_limits_and_together_are_the_whole() {
    let mut generator = Generator(1);
    let mut in_parts = 0;
    for _ in 0..400 {
        let fewest = generator.below(4);
        let most_rows = 2 * fewest + 1 + generator.below(20);
        let most_bytes = 20 + generator.below(600);
        let returns = format!("return: {{type: array, minItems: {fewest}}},");
        let registry = registry(&returns, &format!("{{rows: {most_rows}, bytes: {most_bytes}}}"));
        let rows: Vec<_> = (0..fewest + generator.below(60)).map(|_| generator.row(2)).collect();
        let whole = Value::Array(rows).to_json_text();
        let Ok(parts) = parts(&registry, &whole) else { continue };
        in_parts += usize::from(parts.len() > 1);
        let mut together = Vec::new();
        for part in &parts {
            assert!(part.len() as u64 <= most_bytes, "{part} has more than {most_bytes} bytes");
            let Value::Array(rows) = Value::parse_json(part).unwrap() else { panic!("no list: {part}") };
            assert!(
                rows.len() as u64 <= most_rows && rows.len() as u64 >= fewest,
                "{fewest} to {most_rows}: {part}"
            );
            together.extend(rows);
        }
        assert_eq!(Value::Array(together), Value::parse_json(&whole).unwrap());
    }
    assert!(in_parts > 100, "too few were shown in parts: {in_parts}");
}

#[test]
fn tokens_are_four_bytes() {
    let limits = |bytes, tokens| ResultLimits {
        rows: None,
        bytes,
        tokens,
        export: Export::None,
        expires: Duration::from_secs(1),
    };
    assert_eq!(limits(Some(100), Some(10)).most_bytes(), 40);
    assert_eq!(limits(Some(10), Some(u64::MAX)).most_bytes(), 10);
    assert_eq!(limits(None, None).most_bytes(), u64::MAX);
}
