use mxcp_core::wit::{Case, Field};

use super::*;

fn boxed(value: Value) -> Option<Box<Value>> {
    Some(Box::new(value))
}

/// A type with a value of it, one for each kind of type.
fn samples() -> Vec<(Type, Value)> {
    let field = |name: &str, ty| Field { name: name.to_owned(), ty };
    let case = |name: &str, ty| Case { name: name.to_owned(), ty };
    let names = || vec!["first-one".to_owned(), "other".to_owned()];
    vec![
        (Type::Bool, Value::Bool(true)),
        (Type::S8, Value::S8(-1)),
        (Type::U8, Value::U8(255)),
        (Type::S16, Value::S16(-2)),
        (Type::U16, Value::U16(2)),
        (Type::S32, Value::S32(-3)),
        (Type::U32, Value::U32(3)),
        (Type::S64, Value::S64(i64::MIN)),
        (Type::U64, Value::U64(u64::MAX)),
        (Type::F32, Value::F32(0.5)),
        (Type::F64, Value::F64(0.25)),
        (Type::Char, Value::Char('é')),
        (Type::String, Value::String("text".to_owned())),
        (Type::List(Box::new(Type::U8)), Value::Bytes(vec![0, 255])),
        (Type::List(Box::new(Type::S8)), Value::List(vec![Value::S8(1)])),
        (Type::Option(Box::new(Type::Bool)), Value::Option(boxed(Value::Bool(false)))),
        (Type::Option(Box::new(Type::Bool)), Value::Option(None)),
        (Type::Result(Some(Box::new(Type::U8)), None), Value::Result(Ok(boxed(Value::U8(1))))),
        (Type::Result(None, None), Value::Result(Err(None))),
        (Type::Tuple(vec![Type::U8, Type::Bool]), Value::Tuple(vec![Value::U8(1), Value::Bool(true)])),
        (
            Type::Record(vec![field("a-b", Type::U8), field("c", Type::String)]),
            Value::Record(vec![Value::U8(1), Value::String("x".to_owned())]),
        ),
        (
            Type::Variant(vec![case("none", None), case("some", Some(Type::U8))]),
            Value::Variant(1, boxed(Value::U8(9))),
        ),
        (Type::Variant(vec![case("none", None)]), Value::Variant(0, None)),
        (Type::Enum(names()), Value::Enum(1)),
        (Type::Flags(names()), Value::Flags(vec![false, true])),
    ]
}

#[test]
fn values_come_back_as_they_went() {
    for (ty, value) in samples() {
        let lowered = lower(&value, &ty).unwrap();
        assert_eq!(lift(lowered, &ty).unwrap(), value, "{}", ty.describe());
    }
}

#[test]
fn a_value_of_another_type_is_refused_on_both_ways() {
    for (ty, value) in samples() {
        for (other, _) in samples() {
            // Results without a value are of every result type, absent ones of every option.
            if ty.describe() == other.describe()
                || matches!((&ty, &other), (Type::Result(..), Type::Result(..)))
            {
                continue;
            }
            assert!(lower(&value, &other).is_err(), "{} as {}", ty.describe(), other.describe());
            let lowered = lower(&value, &ty).unwrap();
            // An empty list or a list of the other's items can't be told apart; none of the samples is one.
            assert!(lift(lowered, &other).is_err(), "{} as {}", ty.describe(), other.describe());
        }
    }
}

#[test]
fn cases_and_flags_that_the_type_does_not_have_are_refused() {
    let names = Type::Enum(vec!["one".to_owned()]);
    assert!(lower(&Value::Enum(1), &names).is_err());
    assert!(lift(Val::Enum("two".to_owned()), &names).is_err());
    let flags = Type::Flags(vec!["one".to_owned()]);
    assert!(lift(Val::Flags(vec!["two".to_owned()]), &flags).is_err());
    let variant = Type::Variant(vec![Case { name: "one".to_owned(), ty: None }]);
    assert!(lift(Val::Variant("one".to_owned(), Some(Box::new(Val::Bool(true)))), &variant).is_err());
}

#[test]
fn large_values_are_counted_by_their_bytes() {
    assert!(size(&Value::String("x".repeat(1000))) >= 1000);
    assert!(size(&Value::Bytes(vec![0; 1000])) >= 1000);
    assert!(size(&Value::List(vec![Value::Bool(true); 1000])) >= 1000);
    assert!(size(&Value::Option(Some(Box::new(Value::String("x".repeat(1000)))))) >= 1000);
}
