//! Values between the core and wasmtime: moved, never interpreted.

use mxcp_core::wit::{Type, Value};
use wasmtime::component::Val;

/// What is said of a value that is not of its type.
const MISFIT: &str = "a value is not of its type";

/// The value as wasmtime takes it.
///
/// # Errors
/// It is not of the type.
pub(crate) fn lower(value: &Value, ty: &Type) -> Result<Val, &'static str> {
    Ok(match (ty, value) {
        (Type::Bool, Value::Bool(value)) => Val::Bool(*value),
        (Type::S8, Value::S8(value)) => Val::S8(*value),
        (Type::U8, Value::U8(value)) => Val::U8(*value),
        (Type::S16, Value::S16(value)) => Val::S16(*value),
        (Type::U16, Value::U16(value)) => Val::U16(*value),
        (Type::S32, Value::S32(value)) => Val::S32(*value),
        (Type::U32, Value::U32(value)) => Val::U32(*value),
        (Type::S64, Value::S64(value)) => Val::S64(*value),
        (Type::U64, Value::U64(value)) => Val::U64(*value),
        (Type::F32, Value::F32(value)) => Val::Float32(*value),
        (Type::F64, Value::F64(value)) => Val::Float64(*value),
        (Type::Char, Value::Char(value)) => Val::Char(*value),
        (Type::String, Value::String(text)) => Val::String(text.clone()),
        (Type::List(item), Value::Bytes(bytes)) if **item == Type::U8 => {
            Val::List(bytes.iter().map(|byte| Val::U8(*byte)).collect())
        }
        (Type::List(item), Value::List(items)) => Val::List(lower_all(items, |_| Some(item))?),
        (Type::Option(inner), Value::Option(value)) => Val::Option(lower_box(value.as_deref(), Some(inner))?),
        (Type::Result(ok, _), Value::Result(Ok(value))) => {
            Val::Result(Ok(lower_box(value.as_deref(), ok.as_deref())?))
        }
        (Type::Result(_, error), Value::Result(Err(value))) => {
            Val::Result(Err(lower_box(value.as_deref(), error.as_deref())?))
        }
        (Type::Tuple(types), Value::Tuple(items)) if types.len() == items.len() => {
            Val::Tuple(lower_all(items, |at| types.get(at))?)
        }
        (Type::Record(fields), Value::Record(items)) if fields.len() == items.len() => {
            let lowered = fields.iter().zip(items);
            let lowered = lowered.map(|(field, item)| Ok((field.name.clone(), lower(item, &field.ty)?)));
            Val::Record(lowered.collect::<Result<_, &'static str>>()?)
        }
        (Type::Variant(cases), Value::Variant(at, value)) => {
            let case = cases.get(*at as usize).ok_or(MISFIT)?;
            Val::Variant(case.name.clone(), lower_box(value.as_deref(), case.ty.as_ref())?)
        }
        (Type::Enum(cases), Value::Enum(at)) => Val::Enum(cases.get(*at as usize).ok_or(MISFIT)?.clone()),
        (Type::Flags(names), Value::Flags(set)) if names.len() == set.len() => {
            let set = names.iter().zip(set).filter(|(_, set)| **set);
            Val::Flags(set.map(|(name, _)| name.clone()).collect())
        }
        _ => return Err(MISFIT),
    })
}

fn lower_all<'t>(items: &[Value], ty: impl Fn(usize) -> Option<&'t Type>) -> Result<Vec<Val>, &'static str> {
    items.iter().enumerate().map(|(at, item)| lower(item, ty(at).ok_or(MISFIT)?)).collect()
}

fn lower_box(value: Option<&Value>, ty: Option<&Type>) -> Result<Option<Box<Val>>, &'static str> {
    match (value, ty) {
        (Some(value), Some(ty)) => Ok(Some(Box::new(lower(value, ty)?))),
        (None, _) => Ok(None),
        (Some(_), None) => Err(MISFIT),
    }
}

/// The value as the core has it.
///
/// # Errors
/// It is not of the type.
pub(crate) fn lift(value: Val, ty: &Type) -> Result<Value, &'static str> {
    Ok(match (ty, value) {
        (Type::Bool, Val::Bool(value)) => Value::Bool(value),
        (Type::S8, Val::S8(value)) => Value::S8(value),
        (Type::U8, Val::U8(value)) => Value::U8(value),
        (Type::S16, Val::S16(value)) => Value::S16(value),
        (Type::U16, Val::U16(value)) => Value::U16(value),
        (Type::S32, Val::S32(value)) => Value::S32(value),
        (Type::U32, Val::U32(value)) => Value::U32(value),
        (Type::S64, Val::S64(value)) => Value::S64(value),
        (Type::U64, Val::U64(value)) => Value::U64(value),
        (Type::F32, Val::Float32(value)) => Value::F32(value),
        (Type::F64, Val::Float64(value)) => Value::F64(value),
        (Type::Char, Val::Char(value)) => Value::Char(value),
        (Type::String, Val::String(text)) => Value::String(text),
        (Type::List(item), Val::List(items)) if **item == Type::U8 => {
            let bytes = items.into_iter().map(|item| match item {
                Val::U8(byte) => Ok(byte),
                _ => Err(MISFIT),
            });
            Value::Bytes(bytes.collect::<Result<_, _>>()?)
        }
        (Type::List(ty), Val::List(items)) => {
            Value::List(items.into_iter().map(|item| lift(item, ty)).collect::<Result<_, _>>()?)
        }
        (Type::Option(inner), Val::Option(value)) => Value::Option(lift_box(value, Some(inner))?),
        (Type::Result(ok, _), Val::Result(Ok(value))) => Value::Result(Ok(lift_box(value, ok.as_deref())?)),
        (Type::Result(_, error), Val::Result(Err(value))) => {
            Value::Result(Err(lift_box(value, error.as_deref())?))
        }
        (Type::Tuple(types), Val::Tuple(items)) if types.len() == items.len() => {
            let lifted = types.iter().zip(items).map(|(ty, item)| lift(item, ty));
            Value::Tuple(lifted.collect::<Result<_, _>>()?)
        }
        (Type::Record(fields), Val::Record(items)) if fields.len() == items.len() => {
            let lifted = fields.iter().zip(items).map(|(field, (name, item))| {
                if field.name == name { lift(item, &field.ty) } else { Err(MISFIT) }
            });
            Value::Record(lifted.collect::<Result<_, _>>()?)
        }
        (Type::Variant(cases), Val::Variant(name, value)) => {
            let (case, at) = cases.iter().zip(0..).find(|(case, _)| case.name == name).ok_or(MISFIT)?;
            Value::Variant(at, lift_box(value, case.ty.as_ref())?)
        }
        (Type::Enum(cases), Val::Enum(name)) => {
            let (_, at) = cases.iter().zip(0..).find(|(case, _)| **case == name).ok_or(MISFIT)?;
            Value::Enum(at)
        }
        (Type::Flags(names), Val::Flags(set)) if set.iter().all(|flag| names.contains(flag)) => {
            Value::Flags(names.iter().map(|name| set.contains(name)).collect())
        }
        _ => return Err(MISFIT),
    })
}

fn lift_box(value: Option<Box<Val>>, ty: Option<&Type>) -> Result<Option<Box<Value>>, &'static str> {
    match (value, ty) {
        (Some(value), Some(ty)) => Ok(Some(Box::new(lift(*value, ty)?))),
        (None, None) => Ok(None),
        // An option without a value has a type nevertheless.
        (None, Some(_)) => Ok(None),
        (Some(_), None) => Err(MISFIT),
    }
}

/// Bytes that a value takes, roughly as its JSON does.
pub(crate) fn size(value: &Value) -> usize {
    let boxed = |value: &Option<Box<Value>>| value.as_deref().map_or(0, size);
    let all = |items: &[Value]| items.iter().map(size).fold(0, usize::saturating_add);
    let inner = match value {
        Value::String(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(items) | Value::Tuple(items) | Value::Record(items) => all(items),
        Value::Option(value) | Value::Variant(_, value) => boxed(value),
        Value::Result(Ok(value) | Err(value)) => boxed(value),
        Value::Flags(set) => set.len(),
        _ => 0,
    };
    inner.saturating_add(2)
}

#[cfg(test)]
mod tests;
