//! Conditions part by part.

use super::*;

fn part(condition: &str, arguments: Option<&str>, user: Option<&str>) -> Part {
    let yaml = format!("policies: {{input: [{{condition: {condition:?}, action: deny}}]}}");
    let set = compile_any(&yaml).sound();
    let arguments = arguments.map(object);
    let answers = Answers { arguments: arguments.as_ref(), given: None, response: None, effects: Vec::new() };
    set.dissect(&answers, &context(user), &|name, _| name == "c").remove(0).condition.unwrap()
}

/// The parts in lines: those that decided with a star.
fn lines(part: &Part) -> Vec<String> {
    fn add(part: &Part, depth: usize, lines: &mut Vec<String>) {
        let outcome = match &part.outcome {
            Outcome::Value(value) => value.to_json_text(),
            Outcome::Sensitive => "sensitive".to_owned(),
            Outcome::Failed(why) => why.clone(),
            Outcome::Unknown(names) => format!("? {}", names.join(" ")),
        };
        let star = if part.decisive { "*" } else { "" };
        lines.push(format!("{}{star}{} = {outcome}", " ".repeat(depth), part.text));
        part.parts.iter().for_each(|part| add(part, depth + 1, lines));
    }
    let mut all = Vec::new();
    add(part, 0, &mut all);
    all
}

#[test]
fn the_first_part_that_is_false_decides_a_conjunction() {
    let part = part("a == 1 && (b > 5 || user.role == 'admin') && b != 0", Some(r#"{"a":1,"b":2}"#), None);
    assert_eq!(
        lines(&part),
        [
            "*a == 1 && (b > 5 || user.role == 'admin') && b != 0 = false",
            " a == 1 = true",
            "  a = 1",
            " *b > 5 || user.role == 'admin' = false",
            "  *b > 5 = false",
            "   *b = 2",
            "  *user.role == 'admin' = false",
            "   *user.role = \"anonymous\"",
            " b != 0 = true",
            "  b = 2",
        ]
    );
}

#[test]
fn parts_are_in_the_words_of_the_author() {
    let condition = "!( size( a ) > 2 ) ? a[0] in ['x)', \"(\"] : a.exists(x, x == '(') ";
    let part = part(condition, Some(r#"{"a":["q"]}"#), None);
    assert_eq!(
        lines(&part),
        [
            "*!( size( a ) > 2 ) ? a[0] in ['x)', \"(\"] : a.exists(x, x == '(') = false",
            " *!( size( a ) > 2 ) = true",
            "  *size( a ) > 2 = false",
            "   *size( a ) = 1",
            "    *a = [\"q\"]",
            " *a[0] in ['x)', \"(\"] = false",
            "  *a[0] = \"q\"",
            " a.exists(x, x == '(') = false",
            "  a = [\"q\"]",
        ]
    );
}

#[test]
fn an_error_is_traced_to_the_part_it_comes_from() {
    let part = part("a.x.y > 1 || b == 2", Some(r#"{"a":{},"b":1}"#), None);
    assert_eq!(
        lines(&part),
        [
            "*a.x.y > 1 || b == 2 = there is no key `x`",
            " *a.x.y > 1 = there is no key `x`",
            "  *a.x.y = there is no key `x`",
            " b == 2 = false",
            "  b = 1",
        ]
    );
}

#[test]
fn without_arguments_what_waits_for_them_says_for_which() {
    let part = part("user.role == 'admin' || (a > 5 && b == 1)", None, None);
    assert_eq!(
        lines(&part),
        [
            "*user.role == 'admin' || (a > 5 && b == 1) = ? a b",
            " user.role == 'admin' = false",
            "  user.role = \"anonymous\"",
            " *a > 5 && b == 1 = ? a b",
            "  *a > 5 = ? a",
            "   *a = ? a",
            "  *b == 1 = ? b",
            "   *b = ? b",
        ]
    );
}

#[test]
fn what_fails_whatever_the_arguments_are_waits_for_none() {
    let part = part("a > user.limit && !('x' in user.permissions)", None, None);
    assert_eq!(part.outcome, Outcome::Failed("whatever the arguments are".to_owned()));
    assert_eq!(lines(&part)[2..4], ["  a = ? a", "  *user.limit = there is no key `limit`"]);
}

#[test]
fn values_that_are_sensitive_are_not_shown() {
    let part = part(
        "c == 'pin' && size(c) > 1 && user.id_token != 'x'",
        Some(r#"{"c":"pin"}"#),
        Some(r#"{"id_token":"y"}"#),
    );
    let lines = lines(&part);
    assert_eq!(lines[1..3], [" *c == 'pin' = true", "  *c = sensitive"]);
    assert!(lines.contains(&"  *size(c) = sensitive".to_owned()), "{lines:?}");
    assert!(lines.contains(&"  *user.id_token = sensitive".to_owned()), "{lines:?}");
}

#[test]
fn what_is_shown_is_short() {
    let long = format!(r#"{{"a":[{}]}}"#, vec!["\"x\""; 500].join(","));
    let Outcome::Value(Value::Array(items)) =
        &part("size(a) > 1", Some(&long), None).parts[0].parts[0].outcome.clone()
    else {
        panic!("no list")
    };
    assert_eq!(items.len(), 21);
    let many = vec!["a == 1"; 180].join(" || ");
    assert!(lines(&part(&many, Some(r#"{"a":2}"#), None)).len() <= 201);
}
