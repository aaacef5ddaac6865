//! Conditions and data that try to end or stall the process. Everything runs on half the stack of a server's
//! thread, and without optimisation, which needs several times the stack.

use super::*;

/// The stack of the threads that these tests use, in bytes.
const STACK: usize = 1 << 20;

fn on_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().expect("no panic")
}

fn try_out(condition: String) -> Result<bool, String> {
    on_small_stack(move || {
        let arguments = object(r#"{"a": [1, 2, 3], "b": "text", "c": {"x": {"x": 1}}}"#);
        evaluate(&condition, &arguments, None)
    })
}

#[test]
fn long_and_deep_texts_are_refused() {
    for length in [50, 100, 1000, 2000, 20_000, 70_000] {
        for (start, unit, end) in [
            ("", "1+", "1 == 1"),
            ("c", ".x", " == 1"),
            ("c", "['x']", " == 1"),
            ("", "'a'+", "'a' == 'a'"),
            ("", "(", ""),
            ("", "[", ""),
            ("", "{1:", ""),
            ("", "!", "true"),
            ("", "1<", "1"),
            ("", "true?1:", "1"),
            ("", "size(", "a"),
            ("a", ".map(x, x)", " == a"),
            ("", "[10].map(x,", ""),
        ] {
            let condition = format!("{start}{}{end}", unit.repeat(length));
            assert!(try_out(condition).is_err(), "{start} {unit} {end} {length}");
        }
    }
}

#[test]
fn malformed_texts_are_refused() {
    let garbage: Vec<String> = [
        "'abc",
        "\"abc",
        "'''abc",
        "(",
        "1 +",
        "a.",
        "a[",
        "{",
        "?",
        "::",
        "@",
        "\u{0}",
        "\\",
        "`a`",
        "r'",
        "b\"",
        "'\\",
        "0x",
        "1e",
        "1..2",
        "a b",
        ")",
        "]",
        "}",
        "&&",
        "||",
        "//",
        "/*",
        "\u{1F600}",
        "'\\uD800'",
        "'\\u12'",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616u",
        "1e999 == 1",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect();
    for condition in garbage {
        let result = try_out(condition.clone());
        assert!(result.is_err() || condition.contains("e999"), "{condition}: {result:?}");
    }
}

#[test]
fn conditions_at_the_limits_evaluate_on_a_small_stack() {
    for condition in [
        format!("{}1 == 48", "1+".repeat(47)),
        format!("{}true", "!".repeat(48)),
        format!("{}1{} == 1", "(".repeat(16), ")".repeat(16)),
        format!("{}1{} != 1", "[".repeat(16), "]".repeat(16)),
        format!("{}true", "true && ".repeat(250)),
        format!("({}1) == 1", "true ? 1 : ".repeat(46)),
        "a.all(x, a.all(y, a.all(z, x + y + z > 0)))".to_owned(),
        format!("a{} == a", ".map(x, x)".repeat(23)),
    ] {
        assert_eq!(try_out(condition.clone()), Ok(true), "{condition}");
    }
}

#[test]
fn loops_nest_three_deep_at_most() {
    let nested = |depth: usize| format!("{}true{}", "a.all(x, ".repeat(depth), ")".repeat(depth));
    assert_eq!(try_out(nested(3)), Ok(true));
    assert!(try_out(nested(4)).unwrap_err().contains("loops are nested deeper than 3"));
}

/// Evaluates with a list of `size` numbers as `a`, and a text of `size` letters as `b`.
fn with_data(condition: &str, size: i64) -> Result<bool, String> {
    let condition = condition.to_owned();
    on_small_stack(move || {
        let list = Value::Array((0..size).map(Value::Int).collect());
        let text = Value::String("a".repeat(usize::try_from(size).unwrap()));
        evaluate(&condition, &Object::from_iter([("a", list), ("b", text)]), None)
    })
}

const CUT: &str = "input[0]: the condition takes too much work on this data";

#[test]
fn work_beyond_the_budget_is_cut_off_whatever_absorbs_the_error() {
    for condition in [
        "a.all(x, a.all(y, a.all(z, true)))",
        "a.exists(x, a.exists(y, a.exists(z, false)))",
        "!a.exists(x, a.exists(y, a.exists(z, false))) || true",
        "a.all(x, a.all(y, a.all(z, true))) && false",
        "has(a) && a.map(x, a.map(y, a)).size() > 0",
        "a.filter(x, a.exists_one(y, a.exists_one(z, z == y))).size() > 0",
        "a.all(x, a == a)",
        "a.all(x, -1 in a || true)",
        "a.all(x, [a, a] == [a, a])",
        "a.map(x, [x] + a).size() > 0",
        "a.map(x, a.map(y, b)).size() > 0",
        "a.all(x, b.contains('b') || b.matches('b') || true)",
        "a.all(x, b.replace('a', 'b').size() > 0 && b.split('').size() > 0)",
        "has({'k': a.map(x, a.map(y, a.map(z, z)))}.k)",
    ] {
        assert_eq!(with_data(condition, 3000), Err(CUT.to_owned()), "{condition}");
    }
}

#[test]
fn ordinary_work_is_within_the_budget() {
    for condition in [
        "a.all(x, x >= 0)",
        "a.exists(x, x == 49999)",
        "a.filter(x, x > 5).size() > 1",
        "a.map(x, x + 1).exists(x, x == 50000)",
        "49999 in a && a.contains(49999) && a == a",
        "b.matches('^a+$') && b.contains('aaa') && b.size() == 50000",
    ] {
        assert_eq!(with_data(condition, 50_000), Ok(true), "{condition}");
    }
}

#[test]
fn texts_and_lists_can_not_be_doubled_without_end() {
    for step in ["x + x", "[x, x]", "{'k': x, 'l': x}", "x.replace('a', 'aa')", "[x, x].join()"] {
        let condition = format!("[b]{}.size() > 0", format!(".map(x, {step})").repeat(12));
        let result = with_data(&condition, 20_000);
        assert!(result.is_err(), "{step}: {result:?}");
    }
    assert!(with_data("b.replace('', b).size() > 0", 20_000).is_err());
}

#[test]
fn regular_expressions_are_bounded() {
    for condition in [
        "b.matches('(a+)+$')",
        "b.matches('(a|a)*b') || true",
        "b.matches('(a*)*c') || true",
        "b.matches('^(([a-z])+.)+[A-Z]([a-z])+$') || true",
    ] {
        assert_eq!(with_data(condition, 50_000), Ok(true), "{condition}");
    }
    assert!(with_data("b.matches('((a{100}){100}){100}')", 10).unwrap_err().contains("too large"));
    assert!(with_data("b.matches('((a{100}){100}' + '){100}')", 10).unwrap_err().contains("too large"));
    assert!(with_data(&format!("b.matches('{}')", "a".repeat(1001)), 10).unwrap_err().contains("longer"));
}

#[test]
fn deep_data_is_compared_without_overflow() {
    let nested = |depth: usize| (0..depth).fold(Value::Int(1), |inner, _| Value::Array(vec![inner]));
    let same = |depth: usize| {
        let arguments = Object::from_iter([("a", nested(depth)), ("b", nested(depth))]);
        on_small_stack(move || evaluate("a == b", &arguments, None))
    };
    assert_eq!(same(100), Ok(true));
    assert_eq!(same(500), Err(CUT.to_owned()));
}
