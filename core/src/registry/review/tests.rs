use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::DateTime;

use super::*;
use crate::call::{Caller, Headers, Principal};
use crate::load::{self, Content, DefinitionFile};

fn review_with(policies: &str, arguments: &str, user: Option<&str>, ending: Ending) -> Review {
    let text = format!(
        "tool: {{name: t, parameters: [{{name: n, type: integer}}, {{name: pin, type: string, default: x, sensitive: true}}], \
         source: {{code: SELECT $n}}, policies: {policies}}}"
    );
    let content = Content::Bytes(text.into_bytes());
    let file = DefinitionFile { path: "tools/a.yml".to_owned(), kind: Kind::Tool, content };
    let loaded = load::parse(vec![file]).load(&BTreeMap::new());
    assert!(loaded.files.iter().all(|file| !file.findings.has_errors()), "{:?}", loaded.files);
    let json = |text| Value::parse_json(text).unwrap();
    let principal = user
        .filter(|user| *user != "?")
        .map(|user| Arc::new(Principal::from_context(json(user), "cli").unwrap()));
    let context = CallContext {
        request_id: "r".to_owned(),
        now: DateTime::from_timestamp(0, 0).unwrap(),
        caller: Caller::Http,
        principal,
        headers: Headers::none(),
        session_id: None,
        trace: None,
    };
    let Value::Object(arguments) = json(arguments) else { panic!("no object") };
    let call = PastCall {
        kind: Kind::Tool,
        name: "t".to_owned(),
        arguments,
        ending,
        caller_known: user != Some("?"),
    };
    loaded.registry.review(&call, &context)
}

fn rows() -> Ending {
    Ending::Allowed(Value::parse_json(r#"[{"a":1,"r":"n"},{"a":2,"r":"s"}]"#).unwrap())
}

fn unknown(names: &[&str]) -> Review {
    Review::Unknown(names.iter().map(ToString::to_string).collect())
}

const LIMIT: &str = "{input: [{condition: n > 5, action: deny, reason: Too much}]}";

#[test]
fn a_call_that_is_denied_now_names_the_rule() {
    assert_eq!(review_with(LIMIT, r#"{"n":5}"#, None, rows()), Review::Same);
    let denied = Now::InputDenied { rule: "input[0]".to_owned(), reason: "Too much".to_owned() };
    assert_eq!(review_with(LIMIT, r#"{"n":6}"#, None, rows()), Review::Otherwise(denied.clone()));
    assert_eq!(review_with(LIMIT, r#"{"n":6}"#, None, Ending::Failed), Review::Otherwise(denied));
    assert_eq!(review_with(LIMIT, r#"{"n":6}"#, None, Ending::InputDenied), Review::Same);
    assert_eq!(review_with(LIMIT, r#"{"n":5}"#, None, Ending::InputDenied), Review::Otherwise(Now::Allowed));
}

#[test]
fn arguments_that_no_longer_fit_are_refused() {
    let Review::Otherwise(Now::Refused(why)) = review_with(LIMIT, r#"{"n":"x"}"#, None, rows()) else {
        panic!("not refused")
    };
    assert!(why.contains("'n'"), "{why}");
    assert_eq!(review_with(LIMIT, r#"{"n":"x"}"#, None, Ending::Failed), Review::Same);
}

#[test]
fn redacted_arguments_matter_only_to_rules_that_read_them() {
    let arguments = r#"{"n":6,"pin":"[REDACTED]"}"#;
    assert!(matches!(review_with(LIMIT, arguments, None, rows()), Review::Otherwise(_)));
    let pin = "{input: [{condition: \"pin == '1' && n > 5\", action: deny}]}";
    assert_eq!(review_with(pin, arguments, None, rows()), unknown(&["pin"]));
    assert_eq!(review_with(pin, r#"{"n":5,"pin":"[REDACTED]"}"#, None, rows()), Review::Same);
}

#[test]
fn what_depends_on_an_unknown_caller_is_unknown() {
    let role = "{input: [{condition: \"n > 5 && user.role != 'admin'\", action: deny}]}";
    assert_eq!(review_with(role, r#"{"n":6}"#, Some("?"), rows()), unknown(&["user"]));
    assert_eq!(review_with(role, r#"{"n":5}"#, Some("?"), rows()), Review::Same);
    assert_eq!(review_with(role, r#"{"n":6}"#, Some(r#"{"role":"admin"}"#), rows()), Review::Same);
    assert!(matches!(review_with(role, r#"{"n":6}"#, None, rows()), Review::Otherwise(_)));
}

#[test]
fn results_that_were_let_out_whole_are_decided_anew() {
    let mask = "{output: [{condition: \"size(response) > 1\", action: mask_fields, fields: [a]}]}";
    let masked = Value::parse_json(r#"[{"a":"****","r":"n"},{"a":"****","r":"s"}]"#).unwrap();
    let now = Now::Changed { rule: Some("output[0]".to_owned()), value: Some(masked) };
    assert_eq!(review_with(mask, r#"{"n":1}"#, None, rows()), Review::Otherwise(now));
    let other = "{output: [{condition: \"true\", action: mask_fields, fields: [z]}]}";
    assert_eq!(review_with(other, r#"{"n":1}"#, None, rows()), Review::Same);
    let deny =
        "{output: [{condition: \"false\", action: deny}, {condition: \"response[0].a == 1\", action: deny}]}";
    let Review::Otherwise(Now::OutputDenied { rule, .. }) = review_with(deny, r#"{"n":1}"#, None, rows())
    else {
        panic!("not denied")
    };
    assert_eq!(rule.as_deref(), Some("output[1]"));
}

#[test]
fn rows_are_filtered_for_callers_who_are_known() {
    let filter = "{output: [{action: filter_rows, where: row.r == user.r}]}";
    assert_eq!(review_with(filter, r#"{"n":1}"#, Some("?"), rows()), unknown(&["user"]));
    let Review::Otherwise(Now::Changed { value: Some(value), .. }) =
        review_with(filter, r#"{"n":1}"#, Some(r#"{"r":"n"}"#), rows())
    else {
        panic!("not filtered")
    };
    assert_eq!(value.to_json_text(), r#"[{"a":1,"r":"n"}]"#);
}

#[test]
fn what_a_record_does_not_hold_is_not_guessed() {
    let moment = "{output: [{condition: \"response[0].r > timestamp('2024-01-01')\", action: deny}]}";
    assert_eq!(review_with(moment, r#"{"n":1}"#, None, rows()), unknown(&["response"]));
    let changed = || Ending::Changed(Value::parse_json("[]").unwrap());
    let reads = "{output: [{condition: \"size(response) > 1\", action: mask_fields, fields: [a]}]}";
    assert_eq!(review_with(reads, r#"{"n":1}"#, None, changed()), unknown(&["response"]));
    let always = "{output: [{condition: \"user.role != 'admin'\", action: mask_fields, fields: [a]}]}";
    assert_eq!(review_with(always, r#"{"n":1}"#, None, changed()), Review::Same);
    assert_eq!(
        review_with(always, r#"{"n":1}"#, Some(r#"{"role":"admin"}"#), changed()),
        Review::Otherwise(Now::Allowed)
    );
    let redacted = Ending::Allowed(Value::parse_json(r#"[{"a":"[REDACTED]"}]"#).unwrap());
    assert_eq!(review_with(reads, r#"{"n":1}"#, None, redacted), unknown(&["response"]));
}
