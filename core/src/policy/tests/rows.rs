//! Which rows are let out.

use super::*;

fn admitted(rules: &str, json: &str, user: Option<&str>) -> RowsDecision {
    let set = compile_any(&format!("policies:\n  output:\n{rules}")).sound();
    set.admit_rows(Value::parse_json(json).unwrap(), &context(user))
}

fn text(decision: &RowsDecision) -> String {
    decision.result.as_ref().map_or_else(Clone::clone, Value::to_json_text)
}

#[test]
fn rows_that_can_not_be_decided_about_are_dropped_and_counted() {
    let decision =
        admitted("    - {action: filter_rows, where: row.a > 1}", r#"[{"a":1},{"a":2},{"a":null},{}]"#, None);
    assert_eq!(text(&decision), r#"[{"a":2}]"#);
    assert_eq!(decision.trace.evaluated, ["output[0]: true"]);
    assert_eq!(decision.trace.errors, ["output[0].where: 2 rows: `>` can't be applied to (null_type, int)"]);
}

#[test]
fn what_is_no_boolean_keeps_no_row() {
    let decision =
        admitted("    - {action: filter_rows, where: row.a}", r#"[{"a":true},{"a":1},{"a":"x"}]"#, None);
    assert_eq!(text(&decision), r#"[{"a":true}]"#);
}

#[test]
fn each_rule_sees_what_those_before_it_keep() {
    let rules = "
    - {action: filter_rows, where: row.a != 1}
    - {condition: \"false\", action: filter_rows, where: \"false\"}
    - {action: filter_rows, where: 10 / (row.a - 1) > 1}
";
    let decision = admitted(rules, r#"[{"a":1},{"a":2},{"a":90}]"#, None);
    assert_eq!(text(&decision), r#"[{"a":2}]"#);
    assert_eq!(decision.trace.errors, Vec::<String>::new());
    assert_eq!(decision.trace.evaluated.len(), 3);
}

#[test]
fn without_a_rule_that_applies_nothing_is_looked_at() {
    let decision = admitted("    - {condition: \"false\", action: filter_rows, where: \"false\"}", "5", None);
    assert_eq!((text(&decision).as_str(), decision.filtered), ("5", false));
}

#[test]
fn what_is_no_list_is_not_let_out() {
    let rule = "    - {action: filter_rows, where: \"true\", reason: Rows only}";
    assert_eq!(text(&admitted(rule, r#"{"a":1}"#, None)), "Rows only");
    assert_eq!(text(&admitted(rule, "null", None)), "null");
}

#[test]
fn an_expression_with_errors_keeps_no_row() {
    let compiled = compile_any("policies: {output: [{action: filter_rows, where: \"row.a ==\"}]}");
    assert!(
        compiled.messages()[0].starts_with("policies.output[0].where, line 1"),
        "{:?}",
        compiled.messages()
    );
    let decision = compiled.set.admit_rows(Value::parse_json(r#"[{"a":1}]"#).unwrap(), &context(None));
    assert_eq!(text(&decision), "[]");
}

#[test]
fn the_work_on_all_rows_is_bounded() {
    let item = format!("[{}]", vec!["0"; 1000].join(","));
    let row = format!(r#"{{"a":{item}}}"#);
    let rows = format!("[{}]", vec![row; 200].join(","));
    let rule = "    - {action: filter_rows, where: \"row.a.all(x, row.a.all(y, x == y))\"}";
    let decision = admitted(rule, &rows, None);
    assert_eq!(text(&decision), "[]");
    assert_eq!(
        decision.trace.errors,
        ["output[0].where: 200 rows: the condition takes too much work on this data"]
    );
}
