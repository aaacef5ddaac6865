//! What rules decide (spec `policies.md` sections 2, 3, 6 to 8).

use super::*;

fn output(yaml: &str, json: &str, user: Option<&str>) -> OutputDecision {
    let set = compile_any(&format!("policies:\n  output:\n{yaml}")).sound();
    set.apply_output(Value::parse_json(json).unwrap(), &context(user), &|value| value)
}

fn text(decision: &OutputDecision) -> String {
    decision.result.as_ref().map_or_else(Clone::clone, Value::to_json_text)
}

#[test]
fn the_first_deny_that_holds_ends_the_call() {
    let yaml = "
policies:
  input:
    - {condition: \"a == 1\", action: deny, reason: one}
    - {condition: \"a < 5\", action: deny}
    - {condition: \"true\", action: deny, reason: never}
";
    let set = compile_any(yaml).sound();
    let decide = |json: &str| set.decide_input(&object(json), &context(None));
    let first = decide(r#"{"a": 1}"#);
    assert_eq!(first.denied.as_deref(), Some("one"));
    assert_eq!(first.trace.evaluated, ["input[0]: a == 1"]);
    let second = decide(r#"{"a": 2}"#);
    assert_eq!(second.denied.as_deref(), Some("Access denied by policy"));
    assert_eq!(second.trace.evaluated, ["input[0]: a == 1", "input[1]: a < 5"]);
    assert_eq!(second.trace.errors, Vec::<String>::new());
}

#[test]
fn a_condition_that_fails_denies_with_the_rules_own_reason() {
    let yaml = "policies: {input: [{condition: \"a.x.y > 1\", action: deny, reason: Not you}]}";
    let decision = compile_any(yaml).sound().decide_input(&object(r#"{"a": {}}"#), &context(None));
    assert_eq!(decision.denied.as_deref(), Some("Not you"));
    assert_eq!(decision.trace.errors, ["input[0]: there is no key `x`"]);
    assert_eq!(decision.trace.evaluated, ["input[0]: a.x.y > 1"]);
}

#[test]
fn a_rule_that_did_not_compile_denies() {
    let compiled = compile_any("policies: {input: [{condition: \"1 +\", action: deny}]}");
    assert!(compiled.findings.has_errors());
    assert!(compiled.set.decide_input(&Object::new(), &context(None)).denied.is_some());
}

#[test]
fn an_argument_named_user_never_passes_for_the_caller() {
    let yaml = "policies: {input: [{condition: \"user.role != 'admin'\", action: deny}]}";
    let set = compile(yaml, &scope(&["user"]), &scope(&["response"]), ReturnsInfo::Structured).sound();
    let decision = set.decide_input(&object(r#"{"user": {"role": "admin"}}"#), &context(None));
    assert!(decision.denied.is_some());
    let dotted = set.decide_input(&object(r#"{"user.role": "admin"}"#), &context(None));
    assert!(dotted.denied.is_some());
}

#[test]
fn conditions_see_the_result_as_it_was_and_actions_accumulate() {
    let yaml = "
    - {condition: \"true\", action: filter_fields, fields: [salary]}
    - {condition: \"response.salary == 100\", action: mask_fields, fields: [name]}
";
    let decision = output(yaml, r#"{"name": "a", "salary": 100, "id": 1}"#, None);
    assert_eq!(text(&decision), r#"{"name":"****","id":1}"#);
    assert_eq!(decision.changed_by, Some(Action::MaskFields));
    assert_eq!(decision.trace.evaluated, ["output[0]: true", "output[1]: response.salary == 100"]);
}

#[test]
fn a_deny_on_output_ends_it_with_its_reason() {
    let yaml = "
    - {condition: \"false\", action: deny}
    - {condition: \"size(response) > 1\", action: deny}
    - {condition: \"true\", action: deny, reason: late}
";
    let decision = output(yaml, "[1, 2]", None);
    assert_eq!(decision.result, Err("Output blocked by policy".to_owned()));
    assert_eq!(decision.trace.evaluated.len(), 2);
    assert_eq!(decision.changed_by, None);
}

#[test]
fn a_condition_that_fails_filters_and_masks() {
    let yaml = "
    - {condition: \"response.z > 1\", action: filter_fields, fields: [a]}
    - {condition: \"response.b\", action: mask_fields, fields: [b]}
";
    let decision = output(yaml, r#"{"a": 1, "b": 2, "c": 3}"#, None);
    assert_eq!(text(&decision), r#"{"b":"****","c":3}"#);
    assert_eq!(
        decision.trace.errors,
        ["output[0]: there is no key `z`", "output[1]: the condition is int, not a boolean"]
    );
}

#[test]
fn nothing_happens_if_nothing_holds() {
    let yaml = "
    - {condition: \"!('pay.read' in user.permissions)\", action: filter_fields, fields: [pay]}
";
    let user = Some(r#"{"permissions": ["pay.read"]}"#);
    let decision = output(yaml, r#"[{"pay": 1}]"#, user);
    assert_eq!(text(&decision), r#"[{"pay":1}]"#);
    assert_eq!(decision.changed_by, None);
    assert_eq!(text(&output(yaml, r#"[{"pay": 1}, {"pay": 2, "n": 3}]"#, None)), r#"[{},{"n":3}]"#);
}

#[test]
fn a_rule_changes_even_if_its_fields_do_not_exist() {
    let yaml = "
    - {condition: \"true\", action: filter_fields, fields: [zzz]}
";
    let decision = output(yaml, r#"{"a": 1}"#, None);
    assert_eq!((text(&decision).as_str(), decision.changed_by), (r#"{"a":1}"#, Some(Action::FilterFields)));
}

#[test]
fn sensitive_parts_are_removed_by_whoever_knows_them() {
    let yaml = "policies: {output: [{condition: \"true\", action: filter_sensitive_fields}]}";
    let set = compile_any(yaml).sound();
    let decision = set.apply_output(Value::Int(1), &context(None), &|_| Value::Null);
    assert_eq!(decision.result, Ok(Value::Null));
    assert_eq!(decision.changed_by, Some(Action::FilterSensitiveFields));
}

#[test]
fn effects_name_what_may_change() {
    let yaml = "
policies:
  output:
    - {condition: \"false\", action: filter_fields, fields: [a, b]}
    - {condition: \"false\", action: mask_fields, fields: [c]}
    - {condition: \"false\", action: filter_sensitive_fields}
";
    let effects = compile_any(yaml).sound().effects();
    assert_eq!(effects.filtered.iter().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(effects.masked.iter().collect::<Vec<_>>(), ["c"]);
    assert!(effects.filters_sensitive);
}

#[test]
fn an_empty_block_is_declared_and_has_no_rules() {
    let set = compile_any("policies: {}").sound();
    assert!(set.is_declared() && set.is_empty());
    let lists = compile_any("policies: {input: [], output: null}").sound();
    assert!(lists.is_declared() && lists.is_empty());
    assert!(!PolicySet::default().is_declared() && PolicySet::default().is_empty());
    assert_eq!(set.decide_input(&Object::new(), &context(None)), InputDecision::default());
}

#[test]
fn a_set_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<PolicySet>();
    shared::<Environment>();
}

#[test]
fn debug_output_of_a_set_has_no_data() {
    let set = compile_any("policies: {input: [{condition: \"a == 1\", action: deny}]}").sound();
    assert!(format!("{set:?}").contains("input[0]"));
}

#[test]
fn all_that_ask_are_asked_unless_something_denies() {
    let yaml = "
policies:
  input:
    - {condition: \"a > 0\", action: ask, reason: one}
    - {condition: \"a == 3\", action: deny, reason: never}
    - {condition: \"a.x > 1\", action: ask, reason: fails}
    - {condition: \"a > 9\", action: ask}
";
    let set = compile_any(yaml).sound();
    let decide = |json: &str| {
        let decision = set.decide_input(&object(json), &context(None));
        (decision.denied, decision.asks)
    };
    assert_eq!(decide(r#"{"a": 1}"#), (None, vec!["one".to_owned(), "fails".to_owned()]));
    let unnamed = "A person must approve this call".to_owned();
    assert_eq!(decide(r#"{"a": 10}"#), (None, vec!["one".to_owned(), "fails".to_owned(), unnamed]));
    assert_eq!(decide(r#"{"a": 3}"#), (Some("never".to_owned()), Vec::new()));
    assert_eq!(set.visibility(&context(None)), crate::policy::Visibility::Depends);
    assert!(set.may_ask());
    let broken = compile_any("policies: {input: [{condition: \"1 +\", action: ask, reason: broken}]}");
    assert_eq!(broken.set.decide_input(&Object::new(), &context(None)).asks, ["broken"]);
    assert!(broken.set.is_visible(&context(None)) && !broken.set.can_be_hidden());
}
