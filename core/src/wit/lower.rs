//! From arguments to values of WIT types.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Function, Type, Value, name};
use crate::call::ArgumentError;
use crate::value::{self, Object};

impl Function {
    /// The arguments in the order and of the types that the function takes. They are as the definition's types left
    /// them; an absent one is the absence of an `option`, an empty `list`, and an error for anything else.
    ///
    /// # Errors
    /// Arguments that no value of the function's types stands for, each with its place.
    pub fn lower(&self, arguments: &Object) -> Result<Vec<Value>, Vec<ArgumentError>> {
        let mut errors = Vec::new();
        let mut lowered = Vec::with_capacity(self.parameters.len());
        for parameter in &self.parameters {
            match entry(arguments, &parameter.name, &parameter.ty, "") {
                Ok(value) => lowered.push(value),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(lowered) } else { Err(errors) }
    }
}

/// A value that the component has none for. It is not shown: it may be sensitive.
fn problem(pointer: &str, text: &str) -> ArgumentError {
    let message = format!("Error validating parameter '{}': {text}", words(pointer));
    ArgumentError { pointer: pointer.to_owned(), message }
}

/// `/order/items/0` in words: `order.items[0]`. Names of WIT are never numbers.
fn words(pointer: &str) -> String {
    let mut words = String::new();
    for step in pointer.split('/').skip(1) {
        if step.bytes().all(|byte| byte.is_ascii_digit()) {
            words.extend(["[", step, "]"]);
        } else {
            words.extend([if words.is_empty() { "" } else { "." }, step]);
        }
    }
    words
}

/// What is wrong with a value of another kind.
fn expected(ty: &Type, value: &value::Value) -> String {
    format!("Expected {}, got {}", ty.describe(), value.json_type())
}

/// The value under a name as WIT writes it.
fn entry(object: &Object, written: &str, ty: &Type, pointer: &str) -> Result<Value, ArgumentError> {
    let found = object.iter().find(|(key, _)| name::same(key, written));
    match found {
        Some((key, value)) => lower(value, ty, &format!("{pointer}/{key}")),
        None => lower(&value::Value::Null, ty, &format!("{pointer}/{}", name::in_definitions(written))),
    }
}

fn lower(value: &value::Value, ty: &Type, pointer: &str) -> Result<Value, ArgumentError> {
    use value::Value as Given;
    let misfit = || problem(pointer, &expected(ty, value));
    Ok(match (ty, value) {
        (Type::Option(_), Given::Null) => Value::Option(None),
        (Type::Option(inner), value) => Value::Option(Some(Box::new(lower(value, inner, pointer)?))),
        (Type::Bool, Given::Bool(value)) => Value::Bool(*value),
        (Type::S8, value) => Value::S8(integer(value, ty, pointer)?),
        (Type::U8, value) => Value::U8(integer(value, ty, pointer)?),
        (Type::S16, value) => Value::S16(integer(value, ty, pointer)?),
        (Type::U16, value) => Value::U16(integer(value, ty, pointer)?),
        (Type::S32, value) => Value::S32(integer(value, ty, pointer)?),
        (Type::U32, value) => Value::U32(integer(value, ty, pointer)?),
        (Type::S64, value) => Value::S64(integer(value, ty, pointer)?),
        (Type::U64, value) => Value::U64(integer(value, ty, pointer)?),
        (Type::F64, value) => Value::F64(float(value).ok_or_else(misfit)?),
        (Type::F32, value) => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the nearest value of less precision is meant"
            )]
            let single = float(value).ok_or_else(misfit)? as f32;
            if !single.is_finite() {
                return Err(problem(pointer, "Number is too large for `f32`"));
            }
            Value::F32(single)
        }
        (Type::Char, value) => {
            let text = value.text_form().ok_or_else(misfit)?;
            let mut characters = text.chars();
            match (characters.next(), characters.next()) {
                (Some(only), None) => Value::Char(only),
                _ => return Err(problem(pointer, "Expected exactly one character")),
            }
        }
        (Type::String, value) => Value::String(value.text_form().ok_or_else(misfit)?),
        (Type::List(item), Given::Bytes(bytes)) if **item == Type::U8 => Value::Bytes(bytes.clone()),
        (Type::List(item), Given::String(text)) if **item == Type::U8 => {
            Value::Bytes(STANDARD.decode(text).map_err(|_| problem(pointer, "Expected base64 text"))?)
        }
        (Type::List(item), Given::Null) if **item == Type::U8 => Value::Bytes(Vec::new()),
        (Type::List(_), Given::Null) => Value::List(Vec::new()),
        (Type::List(item), Given::Array(items)) => {
            let lowered =
                items.iter().enumerate().map(|(at, value)| lower(value, item, &format!("{pointer}/{at}")));
            let lowered = lowered.collect::<Result<Vec<_>, _>>()?;
            if **item == Type::U8 { bytes(&lowered) } else { Value::List(lowered) }
        }
        (Type::Tuple(types), Given::Array(items)) if types.len() == items.len() => {
            let lowered = types.iter().zip(items).enumerate();
            let lowered = lowered.map(|(at, (ty, value))| lower(value, ty, &format!("{pointer}/{at}")));
            Value::Tuple(lowered.collect::<Result<_, _>>()?)
        }
        (Type::Record(fields), Given::Object(object)) => {
            let lowered = fields.iter().map(|field| entry(object, &field.name, &field.ty, pointer));
            Value::Record(lowered.collect::<Result<_, _>>()?)
        }
        (Type::Enum(cases), Given::String(text)) => Value::Enum(case(cases, text).ok_or_else(misfit)?),
        (Type::Flags(names), Given::Array(items)) => {
            let mut set = vec![false; names.len()];
            for item in items {
                let flag = item.as_str().and_then(|text| case(names, text)).ok_or_else(misfit)?;
                if let Some(flag) = set.get_mut(flag as usize) {
                    *flag = true;
                }
            }
            Value::Flags(set)
        }
        (Type::Flags(names), Given::Null) => Value::Flags(vec![false; names.len()]),
        (Type::Variant(cases), Given::Object(object)) => {
            let (at, found) = tagged(object)
                .and_then(|tag| cases.iter().zip(0u32..).find(|(case, _)| name::same(&case.name, tag)))
                .map(|(case, at)| (at, case))
                .ok_or_else(misfit)?;
            Value::Variant(at, payload(object, found.ty.as_ref(), pointer)?)
        }
        (Type::Result(ok, error), Given::Object(object)) => match tagged(object) {
            Some("ok") => Value::Result(Ok(payload(object, ok.as_deref(), pointer)?)),
            Some("error") => Value::Result(Err(payload(object, error.as_deref(), pointer)?)),
            _ => return Err(misfit()),
        },
        _ => return Err(misfit()),
    })
}

/// Which case of a variant an object stands for.
fn tagged(object: &Object) -> Option<&str> {
    object.get(name::TAG).and_then(value::Value::as_str)
}

fn payload(object: &Object, ty: Option<&Type>, pointer: &str) -> Result<Option<Box<Value>>, ArgumentError> {
    let Some(ty) = ty else { return Ok(None) };
    entry(object, name::PAYLOAD, ty, pointer).map(|value| Some(Box::new(value)))
}

fn case(names: &[String], text: &str) -> Option<u32> {
    names.iter().zip(0u32..).find(|(name, _)| name::same(name, text)).map(|(_, at)| at)
}

fn bytes(items: &[Value]) -> Value {
    let byte = |item: &Value| match item {
        Value::U8(byte) => Some(*byte),
        _ => None,
    };
    Value::Bytes(items.iter().filter_map(byte).collect())
}

fn integer<T: TryFrom<i128>>(value: &value::Value, ty: &Type, pointer: &str) -> Result<T, ArgumentError> {
    let whole = match value {
        value::Value::Int(value) => Some(i128::from(*value)),
        value::Value::Number(number) => number.as_i128(),
        // Up to 2^53 a double without a fraction is that integer, as JSON means it.
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked before")]
        value::Value::Float(value) if value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0 => {
            Some(*value as i128)
        }
        _ => None,
    };
    let Some(whole) = whole else { return Err(problem(pointer, &expected(ty, value))) };
    T::try_from(whole)
        .map_err(|_| problem(pointer, &format!("Integer is out of range for `{}`", ty.describe())))
}

fn float(value: &value::Value) -> Option<f64> {
    match value {
        #[expect(clippy::cast_precision_loss, reason = "the nearest double is what a component takes")]
        value::Value::Int(value) => Some(*value as f64),
        value::Value::Float(value) => Some(*value),
        value::Value::Number(number) => Some(number.to_f64()).filter(|number| number.is_finite()),
        _ => None,
    }
}
