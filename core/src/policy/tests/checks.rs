//! What is found in conditions before any call (spec `policies.md` section 12, items 1, 4, 9).

use super::*;
use crate::diagnostic::Severity;

fn typed() -> Scope {
    use StaticType as Static;
    let address = Static::Map { fields: vec![("city".to_owned(), Static::String)], open: false };
    Scope::new([
        ("count".to_owned(), Static::Int),
        ("price".to_owned(), Static::Double),
        ("name".to_owned(), Static::String),
        ("note".to_owned(), Static::String.nullable()),
        ("limit".to_owned(), Static::Int.nullable()),
        ("flag".to_owned(), Static::Bool),
        ("tags".to_owned(), Static::List(Box::new(Static::String))),
        ("address".to_owned(), address.clone()),
        ("rows".to_owned(), Static::List(Box::new(address))),
    ])
}

fn findings(condition: &str) -> Vec<String> {
    let text = serde_json::to_string(condition).unwrap();
    let yaml = format!("policies: {{input: [{{condition: {text}, action: deny}}]}}");
    let compiled = compile(&yaml, &typed(), &scope(&["response"]), ReturnsInfo::Structured);
    let line = |finding: &Diagnostic| {
        let help = finding.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        let severity = if finding.severity == Severity::Warning { "warning " } else { "" };
        format!("{severity}{} {}{help}", finding.code.as_str(), finding.message)
    };
    let prefix = "policies.input[0].condition, line ";
    compiled.findings.iter().map(line).map(|line| line.replace(prefix, "")).collect()
}

#[test]
fn sound_conditions_have_no_findings() {
    for condition in [
        "true",
        "count > 5 && price < 2.5 && count < price && name == 'x' && !flag",
        "note == null || note.startsWith('x')",
        "'a' in tags && tags.exists(t, t.size() > 3) && tags[0] == 'a'",
        "address.city == 'Z' && address['city'] == 'Z' && rows.all(r, r.city != '')",
        "user.groups.size() > 0 && user.role == 'x' && user.anything == 1",
        "timestamp(name) > now() && (now() - timestamp(name)).getDays() > 3",
        "count == null || name != null",
        "flag ? count > 1 : price > 1",
        "has(user.x) && user.x",
        "tags.map(user, user.size()).all(n, n > 0)",
    ] {
        assert_eq!(findings(condition), Vec::<String>::new(), "{condition}");
    }
}

#[test]
fn syntax_errors_have_a_place_in_the_condition() {
    for (condition, message) in [
        ("1 +", "policy-syntax 1 column 4: mismatched input end of text"),
        ("(", "policy-syntax 1 column 2: mismatched input end of text"),
        ("'abc", "policy-syntax 1 column 1: the condition has a string without an end"),
        ("user.role = 'a'", "policy-syntax 1 column 11: token recognition error at: '= ' (`==` compares)"),
        ("flag and flag", "policy-syntax 1 column 6: mismatched input 'and' (`and` is written `&&`)"),
        (
            "not flag",
            "policy-syntax 1 column 5: extraneous input 'flag' expecting end of text (`not x` is written `!x`)",
        ),
        ("count <> 1", "policy-syntax 1 column 8: extraneous input '>' (`x <> y` is written `x != y`)"),
        ("true &&\n&& false", "policy-syntax 2 column 1: extraneous input '&&'"),
        ("'é' 1", "policy-syntax 1 column 5: extraneous input '1' expecting end of text"),
        ("", "policy-syntax 1 column 1: mismatched input end of text"),
        ("user.?role", "policy-syntax 1 column 5: unsupported syntax '.?'"),
        ("x /* y */", "policy-syntax 1 column 4: extraneous input '*'"),
        ("as", "policy-syntax 1 column 1: reserved identifier: as"),
    ] {
        assert_eq!(findings(condition).first().map(String::as_str), Some(message), "{condition}");
    }
}

#[test]
fn what_can_not_be_right_is_found() {
    for (condition, message) in [
        ("nmae == 'x'", "policy-type 1 column 1: there is no `nmae` (did you mean `name`?)"),
        (
            "flag && response.x",
            "policy-type 1 column 9: there is no `response` (only output rules know the response)",
        ),
        ("flag && True", "policy-type 1 column 9: there is no `True` (write `true`, `false` and `null`)"),
        (
            "name.startwith('x')",
            "policy-type 1 column 6: there is no function `startwith` (did you mean `startsWith`?)",
        ),
        ("math.max(1, 2) > 1", "policy-type 1 column 6: there is no function `max` (did you mean `map`?)"),
        (
            "startsWith(name, 'x')",
            "policy-type 1 column 1: `startsWith` can't be called like this (it may take another number of arguments, or be a method, as in `x.f(y)`)",
        ),
        ("address.town == 'Z'", "policy-type 1 column 9: there is no key `town`"),
        ("address['citi'] == 'Z'", "policy-type 1 column 8: there is no key `citi` (did you mean `city`?)"),
        ("rows.all(r, r.x == 1)", "policy-type 1 column 15: there is no key `x`"),
        ("name.x == 1", "policy-type 1 column 6: a string has no key `x`"),
        ("name > 5", "policy-type 1 column 6: a string can't be ordered with an int"),
        (
            "name < now()",
            "policy-type 1 column 6: a string can't be ordered with a timestamp (texts become times by `timestamp(text)`)",
        ),
        ("name + 1 == 'x'", "policy-type 1 column 6: `+` can't be applied to a string and an int"),
        ("count && flag", "policy-type 1 column 7: `&&` can't be applied to (int, bool)"),
        ("!name", "policy-type 1 column 1: `!` can't be applied to (string)"),
        ("name ? true : false", "policy-type 1 column 1: this is a string, not a boolean"),
        ("tags.filter(t, 1).size() > 1", "policy-type 1 column 16: this is an int, not a boolean"),
        ("count.all(x, true)", "policy-type 1 column 7: `all` can't go through an int"),
        ("1 in count", "policy-type 1 column 3: an int has no members"),
        ("name[0] == 'x'", "policy-type 1 column 5: a string has no items"),
        ("tags['x'] == 'x'", "policy-type 1 column 5: a list has no item at a string"),
        (
            "tags.map(t)",
            "policy-type 1 column 6: `map` can't be called like this (write `list.map(item, …)`)",
        ),
        ("limit", "policy-type 1 column 1: the condition is an int, not a boolean"),
        ("has(1)", "policy-type 1 column 1: `has` takes a path, as in `has(a.b)`"),
        ("count.matches('x')", "policy-type 1 column 7: `matches` can't be applied to (int, string)"),
        ("name.matches('(')", "policy-type 1 column 6: the regular expression can't be used: unclosed group"),
        (
            "name.matches('(?=a)')",
            "policy-type 1 column 6: the regular expression can't be used: look-around, including look-ahead and look-behind, is not supported",
        ),
        ("timestamp('x') > now()", "policy-type 1 column 1: 'x' is no point in time"),
        ("duration('x') > duration('1h')", "policy-type 1 column 1: 'x' is no duration"),
        ("optional.of(1) == 1", "policy-type 1 column 10: there is no function `of`"),
        ("cel.bind(x, 1, x) == 1", "policy-type 1 column 5: there is no function `bind`"),
        ("Foo{a: 1} == 1", "policy-type 1 column 4: message literals are not available"),
        ("-name == 1", "policy-type 1 column 1: a string can't be negated"),
    ] {
        assert_eq!(findings(condition).first().map(String::as_str), Some(message), "{condition}");
    }
}

#[test]
fn a_condition_must_be_able_to_be_a_boolean() {
    for (condition, message) in [
        ("1", "policy-type 1 column 1: the condition is an int, not a boolean"),
        ("'true'", "policy-type 1 column 1: the condition is a string, not a boolean"),
        ("null", "policy-type 1 column 1: the condition is null, not a boolean"),
        ("name", "policy-type 1 column 1: the condition is a string, not a boolean"),
        ("tags", "policy-type 1 column 1: the condition is a list, not a boolean"),
        ("count + 1", "policy-type 1 column 7: the condition is an int, not a boolean"),
        ("user.capabilities.size()", "policy-type 1 column 19: the condition is an int, not a boolean"),
    ] {
        assert_eq!(findings(condition), [message], "{condition}");
    }
}

#[test]
fn comparisons_that_never_hold_are_warned_of() {
    for (condition, message) in [
        ("name == 5", "warning policy-type 1 column 6: a string is never equal to an int"),
        ("tags == 'x'", "warning policy-type 1 column 6: a list is never equal to a string"),
        (
            "'x' in name",
            "warning policy-type 1 column 5: a string has no members, so this is never true \
             (to look for a part of a text, write `text.contains(part)`)",
        ),
    ] {
        assert_eq!(findings(condition), [message], "{condition}");
    }
}

#[test]
fn asking_whether_there_is_a_caller_is_warned_of() {
    for (condition, column, consequence, comparison) in [
        ("user == null", 6, "never", "=="),
        ("null == user", 6, "never", "=="),
        ("flag || user != null", 14, "always", "!="),
        ("!has(user)", 2, "always", "!="),
        ("tags.all(tag, user != null)", 20, "always", "!="),
    ] {
        let message = format!(
            "warning policy-type 1 column {column}: `user` is never null, so this is {consequence} true (callers who are \
             not signed in have the role `anonymous`: write `user.role {comparison} 'anonymous'`)"
        );
        assert_eq!(findings(condition), [message], "{condition}");
    }
    for condition in ["user.email == null", "has(user.team)", "tags.all(user, user != null)", "note == null"]
    {
        assert_eq!(findings(condition), Vec::<String>::new(), "{condition}");
    }
}

#[test]
fn all_findings_of_all_rules_are_reported_at_their_places() {
    let yaml = "
policies:
  input:
    - {condition: \"ab == 1 || cd == 2\", action: deny}
  output:
    - condition: user.role == 'é' && bad
      action: deny
";
    let compiled = compile_any(yaml);
    let places: Vec<_> = compiled
        .findings
        .iter()
        .map(|finding| (finding.path.as_str(), finding.labels[0].span.text()))
        .collect();
    assert_eq!(
        places,
        [
            ("policies.input.0.condition", "ab"),
            ("policies.input.0.condition", "cd"),
            ("policies.output.0.condition", "bad"),
        ]
    );
}

#[test]
fn rules_without_effect_are_errors() {
    let yaml = "
policies:
  input:
    - {condition: \"true\", action: filter_fields, fields: [a]}
  output:
    - {condition: \"true\", action: mask_fields}
    - {condition: \"true\", action: filter_fields, fields: []}
    - {condition: \"true\", action: filter_sensitive_fields}
";
    let compiled = compile(yaml, &scope(&[]), &scope(&["response"]), ReturnsInfo::Unstructured);
    let found: Vec<_> = compiled
        .findings
        .iter()
        .map(|finding| (finding.code, finding.path.as_str(), finding.severity))
        .collect();
    let code = Code::PolicyWithoutEffect;
    assert_eq!(
        found,
        [
            (code, "policies.input.0.action", Severity::Error),
            (code, "policies.output.0.action", Severity::Error),
            (code, "policies.output.1.fields", Severity::Error),
            (code, "policies.output.2.action", Severity::Error),
        ]
    );
    assert!(compiled.messages()[0].contains("policies.input[0]"));
}

#[test]
fn parameters_are_unknown_to_output_rules() {
    let yaml = "policies: {output: [{condition: \"a == 1\", action: deny}]}";
    assert!(compile_any(yaml).findings.has_errors());
}
