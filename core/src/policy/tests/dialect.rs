//! The dialect of conditions, row by row (spec `policies.md` sections 4 and 12).

use super::*;

const USER: &str = r#"{"user_id": "u1", "role": "admin", "permissions": ["x", "y"], "groups": ["g"]}"#;

fn arguments() -> Object {
    let mut arguments = object(
        r#"{"a": {"n": null, "i": 5, "d": 2.5, "t": "text", "l": [1, 2], "o": {"k": 1}, "e": [{"k": 1}]}, "b": 5}"#,
    );
    arguments.insert("c", Value::Null);
    arguments
}

/// Every line is true.
#[test]
fn conditions_that_hold() {
    for condition in [
        // Literals.
        "0x1F == 31",
        "1u == 1",
        "1.5e2 == 150.0",
        "'a' == \"a\" && '''a''' == \"\"\"a\"\"\"",
        r"r'\d' == '\\d' && '\u00e9' == 'é'",
        "b'ab' == bytes('ab')",
        "true // comment\n && true",
        "[1, 2] == [1, 2] && {'a': 1} == {'a': 1}",
        // Logic.
        "(1 / 0 == 1) || true",
        "!((1 / 0 == 1) && false)",
        "true ? true : false",
        // Comparison.
        "1 < 2 && 2.5 >= 2 && 1 < 1.5 && 'a' < 'b' && b'a' < b'b' && 1u < 2 && -1 < 1u",
        "timestamp('2024-01-01T00:00:00Z') < timestamp('2024-01-02')",
        "duration('1h') > duration('59m')",
        "1 == 1.0 && 1.0 == 1 && 1u == 1.0 && [1] == [1.0]",
        "a.i == 5.0 && b == 5u",
        "!(a.t == 5) && a.t != 5 && !(5 in ['a'])",
        "!(a.n == 5) && a.n != 'x' && a.n == null && c == null && b != null && a.l != null",
        "1 in [1.0] && 1.0 in a.l && !(3 in a.l)",
        "'k' in a.o && !('z' in a.o) && !(1 in a.o) && !(null in a.o)",
        "!('x' in a.t)",
        // Equality of data with literals, whichever side they are on.
        "a.o == {'k': 1} && {'k': 1} == a.o && a.o != {'k': 2} && {} != a.o",
        "a.e == [{'k': 1}] && [{'k': 1}] == a.e && a.o in a.e && a.o in [{'k': 1}] && {'k': 1} in a.e",
        "a.e[0] == a.o && a.o == a.e[0] && a.l == [1, 2] && !(a.l == a.o) && !(a.o == 'x')",
        // Arithmetic.
        "-5 / 2 == -2 && -5 % 2 == -1",
        "'a' + 'b' == 'ab' && [1] + [2] == [1, 2] && a.l + [3] == [1, 2, 3] && [0] + a.l == [0, 1, 2]",
        "a.d * 2 == 5.0 && 2 * a.d == 5.0 && a.i + a.d == 7.5 && a.d - 1 == 1.5 && a.i / 2.0 == 2.5",
        "-a.i == -5",
        // Access.
        "a.l[0] == 1 && a['i'] == 5 && a.o['k'] == 1 && a.l[1.0] == 2 && a.e[0].k == 1",
        // Macros.
        "has(a.o) && has(a.o.k) && !has(a.o.z) && !has(a.z.z.z) && !has(a.n.k) && !has(a.i.k)",
        "has(b) && has(a.n)",
        "[1, 2].all(x, x > 0) && [1, 2].exists(x, x > 1) && [1, 2].exists_one(x, x > 1)",
        "![1, 2].exists_one(x, x > 0) && !a.l.all(x, x > 1) && !a.l.exists(x, x > 2)",
        "[1, 2].filter(x, x > 1) == [2] && [1, 2].map(x, x * 2) == [2, 4] && a.l.map(x, x > 1, x + 1) == [3]",
        "a.o.all(k, k == 'k') && {'z': 1}.exists(k, k == 'z')",
        "a.e.all(x, x.k == 1 && a.l.exists(y, y == x.k))",
        "[[1, 2], [3]].map(l, l.map(x, x + 1)) == [[2, 3], [4]]",
        // Texts.
        "'abc'.contains('b') && 'abc'.startsWith('a') && 'abc'.endsWith('c')",
        "'abc'.matches('b') && 'ABC'.matches('(?i)^a') && !'abc'.matches('^b')",
        "a.t.matches('e' + 'x')",
        "size('é') == 1 && 'é'.size() == 1 && size(a.l) == 2 && a.o.size() == 1 && size(null) == 0",
        "contains(a.t, 'ex') && matches(a.t, '^te.t$')",
        // Lists.
        "a.l.contains(1) && !a.l.contains('1') && contains([1], 1)",
        "user.permissions.contains('x')",
        // Conversions.
        "int(2.9) == 2 && int(-2.9) == -2 && int('5') == 5 && double('1.5') == 1.5 && uint(3) == 3u",
        "string(7) == '7' && string(2.5) == '2.5' && string(true) == 'true' && bool('true')",
        "type(1) == int && type(1u) == uint && type(1.0) == double && type(true) == bool && type('') == string",
        "type(b'') == bytes && type([]) == list && type({}) == map && type(null) == null_type",
        "type(a.l) == list && type(a.o) == map && dyn(1) == 1",
        "int(timestamp('1970-01-01T00:00:10Z')) == 10",
        // Time.
        "timestamp('2024-02-29') == timestamp('2024-02-29T00:00:00Z')",
        "timestamp('2024-02-29T10:00:00+02:00') == timestamp('2024-02-29T08:00:00Z')",
        "timestamp('2024-02-29') - timestamp('2024-02-28') == duration('24h')",
        "timestamp('2024-02-29') + duration('1h') > timestamp('2024-02-29') - duration('1h')",
        "duration('1d') == duration('24h') && duration('1h30m') == duration('90m')",
        "timestamp('2024-02-29T10:11:12.345Z').getFullYear() == 2024",
        "timestamp('2024-02-29').getMonth() == 1 && timestamp('2024-02-29').getDate() == 29",
        "timestamp('2024-02-29').getDayOfMonth() == 28 && timestamp('2024-02-29').getDayOfYear() == 59",
        "timestamp('2024-02-29').getDayOfWeek() == 4",
        "timestamp('2024-02-29T10:11:12.345Z').getHours() == 10",
        "timestamp('2024-02-29T10:11:12.345Z').getMinutes() == 11",
        "timestamp('2024-02-29T10:11:12.345Z').getSeconds() == 12",
        "timestamp('2024-02-29T10:11:12.345Z').getMilliseconds() == 345",
        "timestamp('2024-02-29T10:00:00Z').getHours('Europe/Zurich') == 11",
        "duration('3730s').getHours() == 1 && duration('3730s').getMinutes() == 62",
        "duration('3730s').getSeconds() == 3730 && duration('3.5s').getMilliseconds() == 3500",
        // Beyond the reference.
        "now() == timestamp('2024-02-29T12:00:00Z') && timestamp.now().getHours() == 12",
        "(now() - timestamp('2024-02-01')).getDays() == 28",
        "'Ab'.lowerAscii() == 'ab' && 'Ab'.upperAscii() == 'AB' && ' a '.trim() == 'a'",
        "'a,b'.split(',') == ['a', 'b'] && 'a,b,c'.split(',', 2) == ['a', 'b,c'] && 'ab'.split('') == ['a', 'b']",
        "'abab'.replace('b', 'c') == 'acac' && 'abab'.replace('b', 'c', 1) == 'acab'",
        "'héllo'.substring(1) == 'éllo' && 'héllo'.substring(1, 3) == 'él' && 'abc'.charAt(1) == 'b'",
        "'héllo'.indexOf('l') == 2 && 'hello'.indexOf('l', 3) == 3 && 'hello'.lastIndexOf('l') == 3",
        "'a'.indexOf('z') == -1 && ['a', 'b'].join('-') == 'a-b' && user.permissions.join() == 'xy'",
        // The caller.
        "user.role == 'admin' && 'x' in user.permissions && !('z' in user.permissions)",
        "user.user_id == 'u1' && user.id == user.user_id && user.groups == ['g'] && 'g' in user.groups",
        "user['role'] == 'admin' && has(user.groups) && !has(user.department)",
        "user.all(k, k != 'password')",
    ] {
        assert_eq!(evaluate(condition, &arguments(), Some(USER)), Ok(true), "{condition}");
    }
}

/// Every line fails when it is evaluated, and so denies.
#[test]
fn conditions_that_fail() {
    for (condition, error) in [
        ("a.l[2] == 1", "list index is out of range"),
        ("a.l[-1] == 1", "list index is out of range"),
        ("a.z == 1", "there is no key `z`"),
        ("a[a.t] == 1", "there is no such key"),
        ("a.n.k == 1", "`.` can't be applied to (null_type, string)"),
        ("a.t < 1", "`<` can't be applied to (string, int)"),
        ("a.n < 1", "`<` can't be applied to (null_type, int)"),
        ("1 in a.i", "`in` can't be applied to (int, int)"),
        ("1 in a.n", "`in` can't be applied to (int, null_type)"),
        ("b / (b - 5) == 1", "division by zero"),
        ("b % (b - 5) == 1", "division by zero"),
        ("b + 9223372036854775807 > 0", "arithmetic overflow"),
        ("a.i", "the condition is int, not a boolean"),
        ("a.t", "the condition is string, not a boolean"),
        ("a.n", "the condition is null_type, not a boolean"),
        ("a.i || false", "`||` can't be applied to (int, bool)"),
        ("a.i ? true : false", "expected bool, not int"),
        ("!a.t", "`!` can't be applied to (string)"),
        ("a.i.contains('x')", "`contains` can't be applied to (int, string)"),
        ("a.i.matches('x')", "`matches` can't be applied to (int, string)"),
        ("a.t.matches(a.t + '(')", "`matches` failed: unclosed group"),
        ("timestamp(a.t) < now()", "`timestamp` failed: it is no point in time"),
        ("duration(a.t) < duration('1h')", "`duration` failed: it is no duration"),
        ("int(a.t) == 1", "`int` failed"),
        ("a.t.substring(9) == ''", "`substring` failed: position is out of range"),
        ("a.i.all(x, true)", "expected iterable, not int"),
        ("a.o + a.o == 1", "`+` can't be applied to (map, map)"),
        ("a.l.join() == ''", "`join` can't be applied to (list)"),
    ] {
        let result = evaluate(condition, &arguments(), Some(USER));
        assert_eq!(result, Err(format!("input[0]: {error}")), "{condition}");
    }
}

#[test]
fn an_absent_argument_is_an_error_unless_asked_for() {
    let none = Object::new();
    assert_eq!(evaluate("a == 1", &none, None), Err("input[0]: there is no `a`".to_owned()));
    assert_eq!(evaluate("has(a)", &none, None), Ok(false));
    assert_eq!(evaluate("has(a.b.c)", &none, None), Ok(false));
}

#[test]
fn the_caller_without_authentication_is_anonymous() {
    for condition in [
        "user.role == 'anonymous' && user.permissions == [] && user.capabilities == []",
        "user.user_id == null && user.id == null && user.username == null && user.email == null",
        "user.provider == null && !has(user.name) && !('x' in user.permissions)",
    ] {
        assert_eq!(evaluate(condition, &Object::new(), None), Ok(true), "{condition}");
    }
}

#[test]
fn a_caller_without_a_role_is_a_user() {
    let user = r#"{"email": "a@b.c", "capabilities": ["read"], "id": 7, "external_token": "s"}"#;
    for condition in [
        "user.role == 'user' && user.permissions == [] && user.capabilities == ['read']",
        "user.user_id == 'test_user' && user.provider == 'test' && user.email == 'a@b.c' && user.name == null",
        // A profile can't redefine what has a meaning of its own, and secrets are no facts.
        "user.id == 'test_user' && !has(user.external_token)",
    ] {
        assert_eq!(evaluate(condition, &Object::new(), Some(user)), Ok(true), "{condition}");
    }
    assert_eq!(evaluate("user.role == null", &Object::new(), Some(r#"{"role": null}"#)), Ok(true));
    let list = r#"{"role": ["admin"]}"#;
    assert_eq!(evaluate("user.role != 'admin'", &Object::new(), Some(list)), Ok(true));
    assert_eq!(evaluate("'admin' in user.role", &Object::new(), Some(list)), Ok(true));
}
