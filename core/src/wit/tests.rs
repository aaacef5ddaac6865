//! Every type in both directions.

use serde_json::{Value as Json, json};

use super::{Case, Field, Function, Parameter, Type, Value};
use crate::value::{self, ExactNumber, Object};

fn option(ty: Type) -> Type {
    Type::Option(Box::new(ty))
}

fn list(ty: Type) -> Type {
    Type::List(Box::new(ty))
}

fn some(value: Value) -> Value {
    Value::Option(Some(Box::new(value)))
}

fn case(name: &str, ty: Option<Type>) -> Case {
    Case { name: name.into(), ty }
}

fn record() -> Type {
    let field = |name: &str, ty| Field { name: name.into(), ty };
    Type::Record(vec![
        field("max-items", Type::U8),
        field("note", option(Type::String)),
        field("tags", list(Type::String)),
    ])
}

fn variant() -> Type {
    Type::Variant(vec![case("by-id", Some(Type::S64)), case("all", None), case("some-of", Some(record()))])
}

fn function(ty: &Type) -> Function {
    Function {
        documentation: None,
        parameters: vec![Parameter { name: "the-value".into(), ty: ty.clone() }],
        result: None,
    }
}

fn lower(ty: &Type, value: value::Value) -> Result<Value, String> {
    let mut arguments = Object::new();
    arguments.push("the_value".into(), value);
    match function(ty).lower(&arguments) {
        Ok(mut values) => Ok(values.remove(0)),
        Err(errors) => {
            Err(errors.iter().map(|error| format!("{}: {}", error.pointer, error.message)).collect())
        }
    }
}

fn lower_json(ty: &Type, json: Json) -> Result<Value, String> {
    lower(ty, value::Value::from_json(json))
}

fn lift(ty: &Type, value: Value) -> Result<Json, String> {
    let function = Function { result: Some(option(ty.clone())), ..function(ty) };
    function.lift(Some(some(value))).map(|value| value.to_json()).map_err(|error| format!("{error:?}"))
}

/// A type, a value of it, and the JSON that it is inwards and outwards.
fn table() -> Vec<(Type, Value, Json)> {
    let ok = |value| Value::Result(Ok(value));
    let result = Type::Result(Some(Box::new(Type::U8)), None);
    vec![
        (Type::Bool, Value::Bool(true), json!(true)),
        (Type::S8, Value::S8(i8::MIN), json!(-128)),
        (Type::U8, Value::U8(u8::MAX), json!(255)),
        (Type::S16, Value::S16(i16::MIN), json!(-32768)),
        (Type::U16, Value::U16(u16::MAX), json!(65535)),
        (Type::S32, Value::S32(i32::MIN), json!(-2_147_483_648_i64)),
        (Type::U32, Value::U32(u32::MAX), json!(4_294_967_295_u32)),
        (Type::S64, Value::S64(i64::MIN), json!(i64::MIN)),
        (Type::U64, Value::U64(u64::MAX), json!(u64::MAX)),
        (Type::F32, Value::F32(0.1), json!(0.1)),
        (Type::F64, Value::F64(1e300), json!(1e300)),
        (Type::Char, Value::Char('ß'), json!("ß")),
        (Type::String, Value::String("a\0b".into()), json!("a\0b")),
        (list(Type::U8), Value::Bytes(vec![0, 255]), json!("AP8=")),
        (list(Type::S8), Value::List(vec![Value::S8(1)]), json!([1])),
        (option(Type::U8), some(Value::U8(1)), json!(1)),
        (option(Type::U8), Value::Option(None), json!(null)),
        (option(option(Type::U8)), some(some(Value::U8(1))), json!(1)),
        (
            Type::Tuple(vec![Type::U8, Type::String]),
            Value::Tuple(vec![Value::U8(1), Value::String("x".into())]),
            json!([1, "x"]),
        ),
        (
            record(),
            Value::Record(vec![Value::U8(1), Value::Option(None), Value::List(vec![])]),
            json!({"max_items": 1, "note": null, "tags": []}),
        ),
        (variant(), Value::Variant(0, Some(Box::new(Value::S64(7)))), json!({"tag": "by-id", "value": 7})),
        (variant(), Value::Variant(1, None), json!({"tag": "all"})),
        (Type::Enum(vec!["red".into(), "dark-green".into()]), Value::Enum(1), json!("dark-green")),
        (
            Type::Flags(vec!["read".into(), "do-write".into()]),
            Value::Flags(vec![false, true]),
            json!(["do-write"]),
        ),
        (
            list(result.clone()),
            Value::List(vec![ok(Some(Box::new(Value::U8(1))))]),
            json!([{"tag": "ok", "value": 1}]),
        ),
        (list(result), Value::List(vec![Value::Result(Err(None))]), json!([{"tag": "error"}])),
    ]
}

#[test]
fn values_of_every_type_go_in_and_come_out() {
    for (ty, value, json) in table() {
        assert_eq!(lower_json(&ty, json.clone()), Ok(value.clone()), "{ty:?}");
        assert_eq!(lift(&ty, value), Ok(json), "{ty:?}");
    }
}

#[test]
fn values_of_other_types_are_refused_in_both_directions() {
    for (ty, value, json) in table() {
        // Nothing but a boolean is lowered from one, nor lifted.
        if ty != Type::Bool {
            assert!(lower_json(&ty, json!(true)).is_err(), "{ty:?}");
            assert!(lift(&ty, Value::Bool(true)).is_err(), "{ty:?}");
        }
        assert!(lower_json(&Type::Bool, json).is_err() || ty == Type::Bool);
        assert!(lift(&Type::Bool, value).is_err() || ty == Type::Bool);
    }
}

#[test]
fn values_survive_their_way_as_json() {
    for (ty, value, _) in table() {
        let text = serde_json::to_string(&value).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value, "{ty:?}: {text}");
        let text = serde_json::to_string(&ty).unwrap();
        assert_eq!(serde_json::from_str::<Type>(&text).unwrap(), ty, "{text}");
    }
}

#[test]
fn integers_out_of_range_are_refused_with_their_place() {
    assert_eq!(
        lower_json(&Type::U8, json!(256)),
        Err("/the_value: Error validating parameter 'the_value': Integer is out of range for `u8`".into())
    );
    assert_eq!(
        lower_json(&Type::U8, json!(-1)),
        Err("/the_value: Error validating parameter 'the_value': Integer is out of range for `u8`".into())
    );
    assert!(lower_json(&Type::S64, json!(u64::MAX)).is_err());
    let wide = ExactNumber::from_u128(u128::from(u64::MAX) + 1);
    assert!(lower(&Type::U64, value::Value::Number(wide)).is_err());
    assert_eq!(lower_json(&Type::U8, json!(1.0)), Ok(Value::U8(1)));
    assert_eq!(
        lower_json(&Type::U8, json!(1.5)),
        Err("/the_value: Error validating parameter 'the_value': Expected u8, got number".into())
    );
    assert_eq!(
        lower_json(&list(record()), json!([{"max_items": 1}, {"max_items": 300}])),
        Err("/the_value/1/max_items: Error validating parameter 'the_value[1].max_items': Integer is out of range for `u8`".into())
    );
}

#[test]
fn what_is_absent_is_none_or_empty() {
    let absent = |ty: &Type| function(ty).lower(&Object::new()).map(|mut values| values.remove(0));
    assert_eq!(absent(&option(Type::U8)), Ok(Value::Option(None)));
    assert_eq!(absent(&option(option(Type::U8))), Ok(Value::Option(None)));
    assert_eq!(absent(&list(Type::U8)), Ok(Value::Bytes(vec![])));
    assert_eq!(absent(&list(Type::S8)), Ok(Value::List(vec![])));
    assert_eq!(absent(&Type::Flags(vec!["a".into()])), Ok(Value::Flags(vec![false])));
    assert!(absent(&Type::String).is_err());
    assert!(absent(&record()).is_err());
}

#[test]
fn both_styles_of_names_are_known_inwards() {
    let expected = Value::Record(vec![
        Value::U8(1),
        some(Value::String("n".into())),
        Value::List(vec![Value::String("t".into())]),
    ]);
    for key in ["max-items", "max_items"] {
        assert_eq!(lower_json(&record(), json!({key: 1, "note": "n", "tags": ["t"]})), Ok(expected.clone()));
    }
    let colours = Type::Enum(vec!["dark-green".into()]);
    assert_eq!(lower_json(&colours, json!("dark_green")), Ok(Value::Enum(0)));
    assert!(lower_json(&variant(), json!({"tag": "by_id", "value": 7})).is_ok());
}

#[test]
fn moments_reach_a_component_as_their_text() {
    let date = chrono::NaiveDate::from_ymd_opt(2024, 2, 9).unwrap();
    let moment = date.and_hms_opt(13, 14, 15).unwrap();
    let zoned = moment.and_utc().fixed_offset();
    for (value, text) in [
        (value::Value::Date(date), "2024-02-09"),
        (value::Value::Time(moment.time()), "13:14:15"),
        (value::Value::DateTime(moment), "2024-02-09T13:14:15"),
        (value::Value::Timestamp(zoned), "2024-02-09T13:14:15+00:00"),
    ] {
        assert_eq!(lower(&Type::String, value), Ok(Value::String(text.into())));
    }
}

#[test]
fn numbers_become_the_nearest_of_their_precision() {
    assert_eq!(lower_json(&Type::F32, json!(0.1)), Ok(Value::F32(0.1)));
    assert_eq!(lower_json(&Type::F64, json!(3)), Ok(Value::F64(3.0)));
    let decimal = value::Value::Number(ExactNumber::from_decimal(125, 2));
    assert_eq!(lower(&Type::F64, decimal), Ok(Value::F64(1.25)));
    assert_eq!(
        lower_json(&Type::F32, json!(1e300)),
        Err("/the_value: Error validating parameter 'the_value': Number is too large for `f32`".into())
    );
}

#[test]
fn numbers_that_are_none_come_out_as_null() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(lift(&Type::F64, Value::F64(value)), Ok(Json::Null));
        #[expect(clippy::cast_possible_truncation, reason = "there is nothing to lose")]
        let single = value as f32;
        assert_eq!(lift(&Type::F32, Value::F32(single)), Ok(Json::Null));
    }
}

#[test]
fn bytes_come_out_as_base64_however_a_host_hands_them_on() {
    let items = Value::List(vec![Value::U8(0), Value::U8(255)]);
    assert_eq!(lift(&list(Type::U8), items), Ok(json!("AP8=")));
    assert_eq!(lift(&list(Type::U8), Value::List(vec![])), Ok(json!("")));
    assert!(lift(&list(Type::U8), Value::List(vec![Value::S8(0)])).is_err());
    assert_eq!(lower_json(&list(Type::U8), json!([0, 255])), Ok(Value::Bytes(vec![0, 255])));
    assert_eq!(
        lower_json(&list(Type::U8), json!("A")),
        Err("/the_value: Error validating parameter 'the_value': Expected base64 text".into())
    );
}

#[test]
fn indices_beyond_a_type_are_refused() {
    assert!(lift(&Type::Enum(vec!["a".into()]), Value::Enum(1)).is_err());
    assert!(lift(&variant(), Value::Variant(3, None)).is_err());
    assert!(lift(&variant(), Value::Variant(0, None)).is_err());
    assert!(lift(&variant(), Value::Variant(1, Some(Box::new(Value::U8(1))))).is_err());
    assert!(lift(&Type::Flags(vec!["a".into()]), Value::Flags(vec![])).is_err());
    assert!(lift(&record(), Value::Record(vec![Value::U8(1)])).is_err());
}

#[test]
fn the_error_of_a_function_is_told_in_words() {
    let told = |ty: Option<Type>, value: Option<Value>| {
        let result = Type::Result(Some(Box::new(Type::U8)), ty.map(Box::new));
        let function = Function { result: Some(result), ..function(&Type::Bool) };
        let error = function.lift(Some(Value::Result(Err(value.map(Box::new))))).unwrap_err();
        format!("{error:?}")
    };
    let says = |text: &str| format!("Failed({text:?})");
    assert_eq!(told(None, None), says("component failed without saying why"));
    assert_eq!(told(Some(Type::String), Some(Value::String("no".into()))), says("no"));
    let error = Type::Variant(vec![case("not-found", Some(Type::String)), case("busy", None)]);
    let found = Value::Variant(0, Some(Box::new(Value::String("x".into()))));
    assert_eq!(told(Some(error.clone()), Some(found)), says("not-found: x"));
    assert_eq!(told(Some(error), Some(Value::Variant(1, None))), says("busy"));
}

#[test]
fn a_function_gives_what_it_declares_or_nothing() {
    let nothing = function(&Type::Bool);
    assert_eq!(nothing.lift(None).unwrap(), value::Value::Null);
    assert!(nothing.lift(Some(Value::U8(1))).is_err());
    let one = Function { result: Some(Type::U8), ..nothing };
    assert!(one.lift(None).is_err());
    assert_eq!(one.lift(Some(Value::U8(1))).unwrap(), value::Value::Int(1));
}
