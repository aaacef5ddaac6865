//! From values of WIT types to results.

use std::sync::Arc;

use super::{Function, Type, Value, name};
use crate::registry::ExecutionError;
use crate::value::{self, ExactNumber, Object};

/// What a result that is not of its type is called; it takes a host that is broken to get here.
const MISFIT: &str = "component gave a value of another type than it declares";

impl Function {
    /// The result as a value. A function that gives `result<T, E>` gives `T`, or fails with `E`; one that gives nothing
    /// gives null.
    ///
    /// # Errors
    /// The component says that the call failed, or the value is not of the declared type.
    pub fn lift(&self, result: Option<Value>) -> Result<value::Value, ExecutionError> {
        match (&self.result, result) {
            (None, None) => Ok(value::Value::Null),
            (Some(Type::Result(ok, _)), Some(Value::Result(Ok(value)))) => payload(ok.as_deref(), value),
            (Some(Type::Result(_, error)), Some(Value::Result(Err(value)))) => {
                Err(ExecutionError::Failed(reason(&payload(error.as_deref(), value)?)))
            }
            (Some(ty), Some(value)) => lift(ty, value),
            _ => Err(ExecutionError::Failed(MISFIT.to_owned())),
        }
    }
}

/// A component's error, for the caller.
fn reason(error: &value::Value) -> String {
    match error {
        value::Value::Null => "component failed without saying why".to_owned(),
        value::Value::String(text) => text.clone(),
        // `variant error { not-found(string) }` reads best as its case and its text.
        value::Value::Object(object) => {
            let tag = object.get(name::TAG).and_then(value::Value::as_str);
            match (tag, object.get(name::PAYLOAD)) {
                (Some(tag), None) => tag.to_owned(),
                (Some(tag), Some(value::Value::String(text))) => format!("{tag}: {text}"),
                _ => error.to_json_text(),
            }
        }
        other => other.to_json_text(),
    }
}

fn payload(ty: Option<&Type>, value: Option<Box<Value>>) -> Result<value::Value, ExecutionError> {
    match (ty, value) {
        (None, None) => Ok(value::Value::Null),
        (Some(ty), Some(value)) => lift(ty, *value),
        _ => Err(ExecutionError::Failed(MISFIT.to_owned())),
    }
}

fn lift(ty: &Type, value: Value) -> Result<value::Value, ExecutionError> {
    use value::Value as Lifted;
    let misfit = || ExecutionError::Failed(MISFIT.to_owned());
    Ok(match (ty, value) {
        (Type::Bool, Value::Bool(value)) => Lifted::Bool(value),
        (Type::S8, Value::S8(value)) => Lifted::Int(value.into()),
        (Type::U8, Value::U8(value)) => Lifted::Int(value.into()),
        (Type::S16, Value::S16(value)) => Lifted::Int(value.into()),
        (Type::U16, Value::U16(value)) => Lifted::Int(value.into()),
        (Type::S32, Value::S32(value)) => Lifted::Int(value.into()),
        (Type::U32, Value::U32(value)) => Lifted::Int(value.into()),
        (Type::S64, Value::S64(value)) => Lifted::Int(value),
        (Type::U64, Value::U64(value)) => match i64::try_from(value) {
            Ok(value) => Lifted::Int(value),
            Err(_) => Lifted::Number(ExactNumber::from_u128(value.into())),
        },
        (Type::F32, Value::F32(value)) => Lifted::float(shortest(value)),
        (Type::F64, Value::F64(value)) => Lifted::float(value),
        (Type::Char, Value::Char(value)) => Lifted::String(value.into()),
        (Type::String, Value::String(text)) => Lifted::String(text),
        (Type::List(item), Value::Bytes(bytes)) if **item == Type::U8 => Lifted::Bytes(bytes),
        // A host that knows values only, not types, can't tell an empty list of bytes from another.
        (Type::List(item), Value::List(items)) if **item == Type::U8 => {
            let byte = |item: Value| match item {
                Value::U8(byte) => Ok(byte),
                _ => Err(misfit()),
            };
            Lifted::Bytes(items.into_iter().map(byte).collect::<Result<_, _>>()?)
        }
        (Type::List(item), Value::List(items)) => {
            Lifted::Array(items.into_iter().map(|value| lift(item, value)).collect::<Result<_, _>>()?)
        }
        (Type::Option(_), Value::Option(None)) => Lifted::Null,
        (Type::Option(inner), Value::Option(Some(value))) => lift(inner, *value)?,
        (Type::Tuple(types), Value::Tuple(items)) if types.len() == items.len() => {
            let lifted = types.iter().zip(items).map(|(ty, value)| lift(ty, value));
            Lifted::Array(lifted.collect::<Result<_, _>>()?)
        }
        (Type::Record(fields), Value::Record(items)) if fields.len() == items.len() => {
            let mut object = Object::with_capacity(fields.len());
            for (field, value) in fields.iter().zip(items) {
                object.push(Arc::from(name::in_definitions(&field.name)), lift(&field.ty, value)?);
            }
            Lifted::Object(object)
        }
        (Type::Enum(cases), Value::Enum(at)) => {
            Lifted::String(cases.get(at as usize).ok_or_else(misfit)?.clone())
        }
        (Type::Flags(names), Value::Flags(set)) if names.len() == set.len() => {
            let set = names.iter().zip(set).filter(|(_, set)| *set);
            Lifted::Array(set.map(|(name, _)| Lifted::String(name.clone())).collect())
        }
        (Type::Variant(cases), Value::Variant(at, value)) => {
            let case = cases.get(at as usize).ok_or_else(misfit)?;
            tagged(&case.name, case.ty.as_ref(), value)?
        }
        (Type::Result(ok, _), Value::Result(Ok(value))) => tagged("ok", ok.as_deref(), value)?,
        (Type::Result(_, error), Value::Result(Err(value))) => tagged("error", error.as_deref(), value)?,
        _ => return Err(misfit()),
    })
}

fn tagged(case: &str, ty: Option<&Type>, value: Option<Box<Value>>) -> Result<value::Value, ExecutionError> {
    let mut object = Object::with_capacity(2);
    object.push(Arc::from(name::TAG), value::Value::string(case));
    if ty.is_some() || value.is_some() {
        object.push(Arc::from(name::PAYLOAD), payload(ty, value)?);
    }
    Ok(value::Value::Object(object))
}

/// The double with the fewest digits that means this single: 0.1 rather than 0.10000000149011612.
fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}
