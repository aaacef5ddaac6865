//! What is known of a call before its arguments are, by hand; [`laws`] holds it against full evaluation.

mod generator;
mod laws;

use super::*;

const ADMIN: &str = r#"{"role": "admin", "permissions": ["pay.read"], "level": 3, "active": true}"#;
const GUEST: &str = r#"{"role": "guest", "permissions": [], "active": "yes"}"#;

/// What an input rule with parameters `a`, `b` and `c` says of a caller.
fn seen(condition: &str, user: Option<&str>) -> Visibility {
    rule(condition).visibility(&context(user))
}

fn rule(condition: &str) -> PolicySet {
    let text = serde_json::to_string(condition).unwrap();
    compile_any(&format!("policies: {{input: [{{condition: {text}, action: deny}}]}}")).sound()
}

#[track_caller]
fn expect(condition: &str, [admin, guest, nobody]: [Visibility; 3]) {
    let seen = [Some(ADMIN), Some(GUEST), None].map(|user| seen(condition, user));
    assert_eq!(seen, [admin, guest, nobody], "{condition}");
}

use Visibility::{Depends, Hidden, Open};

#[test]
fn a_rule_about_the_caller_only_is_decided_at_once() {
    expect("user.role != 'admin'", [Open, Hidden, Hidden]);
    expect("!('pay.read' in user.permissions)", [Open, Hidden, Hidden]);
    expect("user.role == 'anonymous'", [Open, Open, Hidden]);
    expect("true", [Hidden; 3]);
    expect("false", [Open; 3]);
}

#[test]
fn a_rule_that_fails_for_the_caller_hides() {
    expect("user.level < 2", [Open, Hidden, Hidden]);
    expect("!user.active", [Open, Hidden, Hidden]);
    expect("has(user.level) && user.level < 2", [Open; 3]);
    expect("user.level < 2 && a > 3", [Open, Depends, Depends]);
    // A failure on one side holds unless the other side is true, and then the rule holds all the same.
    expect("user.level < 2 || a > 3", [Depends, Hidden, Hidden]);
    // It fails before the argument is looked at.
    expect("user.level + a > 0", [Depends, Hidden, Hidden]);
    expect("a in user.level", [Depends, Hidden, Hidden]);
}

#[test]
fn a_rule_about_the_arguments_hides_from_nobody() {
    for condition in ["a > 3", "a > 3 || true == b", "has(a.b)", "!(a in [1, 2])", "a", "c.all(i, i > a)"] {
        expect(condition, [Depends; 3]);
        assert!(!rule(condition).can_be_hidden(), "{condition}");
    }
}

#[test]
fn one_side_that_decides_is_enough() {
    expect("user.role != 'admin' || a > 3", [Depends, Hidden, Hidden]);
    expect("a > 3 || user.role != 'admin'", [Depends, Hidden, Hidden]);
    expect("a > 3 && user.role == 'guest'", [Open, Depends, Open]);
    expect("!(user.role == 'admin' && b == 'x')", [Depends, Hidden, Hidden]);
    expect("user.role == 'admin' ? a > 3 : true", [Depends, Hidden, Hidden]);
    expect("has(a.x) ? user.role != 'admin' : user.role == 'guest'", [Open, Hidden, Depends]);
    assert!(!rule("a > 3 && user.role == 'guest'").can_be_hidden());
}

#[test]
fn loops_over_what_is_known_are_gone_through() {
    expect("!user.permissions.exists(p, p == a)", [Depends, Hidden, Hidden]);
    expect("user.permissions.all(p, p != a)", [Depends, Hidden, Hidden]);
    expect("user.permissions.exists(p, p == 'pay.read' && a > 3)", [Depends, Open, Open]);
    expect("user.permissions.exists(p, p == 'pay.read' || a > 3)", [Hidden, Open, Open]);
    expect("user.level.exists(p, p == a)", [Hidden; 3]);
    // The variable of the loop hides the parameter.
    expect("user.permissions.exists(a, a == 'pay.read')", [Hidden, Open, Open]);
}

#[test]
fn the_time_is_not_known_when_something_is_listed() {
    expect("now() > timestamp('2020-01-01')", [Depends; 3]);
    expect("user.role != 'admin' || now().getHours() < 8", [Depends, Hidden, Hidden]);
}

#[test]
fn an_argument_named_user_is_never_asked_for() {
    let yaml = "policies: {input: [{condition: \"user.role != 'admin'\", action: deny}]}";
    let set = compile(yaml, &scope(&["user"]), &scope(&["response"]), ReturnsInfo::Structured).sound();
    assert_eq!(set.visibility(&context(Some(ADMIN))), Open);
    assert_eq!(set.visibility(&context(None)), Hidden);
}

#[test]
fn names_of_types_are_known_unless_a_parameter_has_one() {
    let yaml = "policies: {input: [{condition: \"type(user.role) == string\", action: deny}]}";
    let seen = |parameters: &[&str]| {
        let set = compile(yaml, &scope(parameters), &scope(&["response"]), ReturnsInfo::Structured).sound();
        set.visibility(&context(None))
    };
    assert_eq!((seen(&[]), seen(&["string"])), (Hidden, Depends));
}

#[test]
fn a_rule_that_arguments_can_cut_off_is_never_sure_to_allow() {
    let rule = rule("c.all(x, c.all(y, x != y || true)) && false");
    assert_eq!(rule.visibility(&context(None)), Depends);
    let many = Value::Array((0..1200).map(Value::Int).collect());
    let arguments = [("c", many)].into_iter().collect();
    assert!(rule.decide_input(&arguments, &context(None)).denied.is_some());
}

#[test]
fn a_listing_gives_up_on_rules_that_take_too_much_work() {
    let groups: Vec<String> = (0..300).map(|number| format!("\"g{number}\"")).collect();
    let user = format!(r#"{{"groups": [{}]}}"#, groups.join(","));
    assert_eq!(seen("user.groups.all(x, user.groups.all(y, x != '' && y != ''))", Some(&user)), Depends);
    assert_eq!(seen("user.groups.all(x, x != '')", Some(&user)), Hidden);
}

#[test]
fn every_rule_has_a_say_and_only_denials_count() {
    let yaml = "
policies:
  input:
    - {condition: \"a > 3\", action: deny}
    - {condition: \"user.role == 'guest'\", action: deny, reason: No guests}
";
    let set = compile_any(yaml).sound();
    assert_eq!(set.visibility(&context(Some(GUEST))), Hidden);
    assert_eq!(set.visibility(&context(Some(ADMIN))), Depends);
    let denied = set.decide_without_arguments(&context(Some(GUEST))).unwrap();
    assert_eq!(denied.denied.as_deref(), Some("No guests"));
    assert_eq!(denied.trace.evaluated, ["input[1]: user.role == 'guest'"]);
    assert!(set.decide_without_arguments(&context(Some(ADMIN))).is_none());
    assert_eq!(PolicySet::default().visibility(&context(None)), Open);
    let output = compile_any("policies: {output: [{condition: \"true\", action: deny}]}").sound();
    assert_eq!((output.visibility(&context(None)), output.can_be_hidden()), (Open, false));
}

#[test]
fn a_rule_that_did_not_compile_hides() {
    let compiled = compile_any("policies: {input: [{condition: \"1 +\", action: deny}]}");
    assert_eq!(compiled.set.visibility(&context(Some(ADMIN))), Hidden);
}

#[test]
fn hiding_without_input_rules_is_reported() {
    for block in ["{hide: true}", "{hide: true, input: []}"] {
        let compiled = compile_any(&format!("policies: {block}"));
        assert!(!compiled.findings.has_errors());
        assert_eq!(
            compiled.messages(),
            ["policies.hide: nothing can be hidden without `input` rules that deny"]
        );
    }
    let both = compile_any("policies: {hide: true, input: [{condition: \"a > 1\", action: deny}]}");
    assert!(both.messages().is_empty() && both.set.hides());
    assert!(!compile_any("policies: {hide: false}").set.hides());
    assert!(compile_any("policies: {hide: false}").messages().is_empty());
}
