//! Values on their way to a function and back.

use mxcp_core::registry::Output;
use mxcp_core::value::{ExactNumber, Interval, Object, Value};
use mxcp_runtime::ports::{PythonEngine as _, PythonError};
use serde_json::json;

use crate::project::{Project, request, request_with};

const MODULE: &str = r#"
import datetime, decimal, sys

def echo(x):
    return x

def kind(x):
    return f"{type(x).__module__}.{type(x).__qualname__} {x!r}"

def nan():
    return [float("nan"), float("inf"), -0.5]

def surrogate():
    return "a\ud800b"

def pair():
    return "\ud83d\ude00"

def many():
    return [[0] * 10_000_000]

def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value

def cycle():
    value = []
    value.append(value)
    return value

def big():
    return 10 ** 5000

def keys():
    return {None: 1, True: 2, 3: 4, "$date": 5}

def tag():
    return {"$date": "2024-01-02"}

def plain():
    return [decimal.Decimal("1.50"), b"text", datetime.timedelta(hours=-1), (1, 2)]

def aware():
    return datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))

def block():
    from mxcp._engine import ContentBlock
    return [ContentBlock({"type": "text", "text": "hello"})]

def long_text(size):
    return "x" * size

def numbers(size):
    return list(range(size))
"#;

fn echoed(project: &Project, value: Value) -> Value {
    let mut request = request_with("echo", Object::from_iter([("x", value)]));
    request.typed = true;
    project.value(request).unwrap()
}

#[test]
fn every_kind_of_value_comes_back_as_it_went() {
    let project = Project::new(MODULE);
    let values = [
        Value::Null,
        Value::Bool(true),
        Value::Int(i64::MIN),
        Value::Float(0.1 + 0.2),
        Value::Float(5.0),
        Value::Number(ExactNumber::parse("170141183460469231731687303715884105728").unwrap()),
        Value::Number(ExactNumber::parse("1.50").unwrap()),
        Value::string("text \u{1f600} \" \\ \n \0"),
        Value::Bytes(vec![0, 159, 255]),
        Value::Date("2024-02-29".parse().unwrap()),
        Value::Time("12:30:01.000005".parse().unwrap()),
        Value::DateTime("2024-02-29T12:30:01.5".parse().unwrap()),
        Value::Timestamp("2024-02-29T12:30:01+05:30".parse().unwrap()),
        Value::Interval(Interval { months: 0, days: 2, microseconds: 3_000_001 }),
        Value::Array(vec![Value::Int(1), Value::Array(Vec::new())]),
        Value::parse_json(r#"{"a": {"$date": 1}, "$b": {"$$c": {}}}"#).unwrap(),
    ];
    for value in values {
        assert_eq!(echoed(&project, value.clone()), value);
    }
    let digits = "9".repeat(5_000);
    let long = Value::Number(ExactNumber::parse(&digits).unwrap());
    assert_eq!(echoed(&project, long.clone()), long);
}

#[test]
fn arguments_are_plain_objects_of_python() {
    let project = Project::new(MODULE);
    let kind = |value: Value| {
        let request = request_with("kind", Object::from_iter([("x", value)]));
        project.value(request).unwrap().to_json_text()
    };
    let number = |text: &str| Value::Number(ExactNumber::parse(text).unwrap());
    assert_eq!(kind(number("18446744073709551616")), r#""builtins.int 18446744073709551616""#);
    assert_eq!(kind(number("2.5")), r#""decimal.Decimal Decimal('2.5')""#);
    assert_eq!(kind(Value::Float(2.0)), r#""builtins.float 2.0""#);
    let interval = Interval { months: 1, days: 1, microseconds: 0 };
    assert_eq!(kind(Value::Interval(interval)), r#""datetime.timedelta datetime.timedelta(days=31)""#);
    let before = Value::Date("-0044-03-15".parse().unwrap());
    assert_eq!(kind(before), r#""builtins.str '-0044-03-15'""#);
}

#[test]
fn what_json_has_no_form_for_is_replaced() {
    let project = Project::new(MODULE);
    assert_eq!(project.call("nan").unwrap(), json!([null, null, -0.5]));
    assert_eq!(project.call("surrogate").unwrap(), json!("a\u{fffd}b"));
    assert_eq!(project.call("pair").unwrap(), json!("\u{1f600}"));
    assert_eq!(project.call("keys").unwrap(), json!({"null": 1, "true": 2, "3": 4, "$date": 5}));
    assert_eq!(project.call("tag").unwrap(), json!({"$date": "2024-01-02"}));
    assert_eq!(project.call("plain").unwrap(), json!(["1.50", "text", "PT-1H", [1, 2]]));
    assert_eq!(project.call("aware").unwrap(), json!("2024-01-02T03:04:05+02:00"));
    assert_eq!(project.call("big").unwrap().to_string().len(), 5_001);
}

#[test]
fn results_may_be_deep_but_not_without_end() {
    let project = Project::new(MODULE);
    assert!(project.call_with("nested", r#"{"depth": 100}"#).is_ok());
    for error in [project.call_with("nested", r#"{"depth": 101}"#), project.call("cycle")] {
        let Err(PythonError::Raised(text)) = error else { panic!("{error:?}") };
        assert_eq!(text, "Result is nested deeper than 100 levels");
    }
    assert_eq!(project.call("many").unwrap_err().to_string(), "Result has more than 10000000 values");
}

#[test]
fn content_blocks_are_told_apart_from_other_objects() {
    let project = Project::new(MODULE);
    let output = project.runtime.block_on(project.workers.call(request("block", "{}"))).unwrap();
    let Output::Content(value) = output else { panic!("{output:?} is no content") };
    assert_eq!(value.to_json_text(), r#"[{"type":"text","text":"hello"}]"#);
}

#[test]
fn large_results_arrive_and_those_beyond_measure_are_refused() {
    let project = Project::new(MODULE);
    let size = 100 * 1024 * 1024;
    let value = project.value(request("long_text", &format!(r#"{{"size": {size}}}"#))).unwrap();
    assert_eq!(value.as_str().map(str::len), Some(size));
    let error = project.call_with("long_text", r#"{"size": 300000000}"#).unwrap_err();
    assert_eq!(error.to_string(), "Result is larger than 256 MiB");
    let Value::Array(items) = project.value(request("numbers", r#"{"size": 300000}"#)).unwrap() else {
        panic!("no list");
    };
    assert_eq!(items.len(), 300_000);
}
