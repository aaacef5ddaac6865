//! Core signatures (canonical ABI: flattening).

use mxcp_core::wit::{Field, Function, Parameter, Type};

/// Most parameters that are passed one by one; more are passed in memory.
const MOST_PARAMETERS: usize = 16;

/// Most results that are given directly; more are given in memory.
const MOST_RESULTS: usize = 1;

/// Most slots that a call takes: the parameters, and where the result is to go.
pub const MOST_SLOTS: usize = MOST_PARAMETERS + 1;

/// A core type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flat {
    /// 32 bits, an address among others.
    I32,
    /// 64 bits.
    I64,
    /// A single.
    F32,
    /// A double.
    F64,
}

/// The core signature of an imported function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// What is passed, the address for the result included.
    pub parameters: Vec<Flat>,
    /// What is given directly, at most one.
    pub results: Vec<Flat>,
    /// Whether the parameters are passed in memory.
    pub indirect: bool,
    /// Whether the last parameter is the address where the result is to go.
    pub return_pointer: bool,
}

impl Signature {
    /// The signature that a component imports a function with.
    #[must_use]
    pub fn of(function: &Function) -> Self {
        let mut parameters = Vec::new();
        for Parameter { ty, .. } in &function.parameters {
            flatten(ty, &mut parameters);
        }
        let indirect = parameters.len() > MOST_PARAMETERS;
        if indirect {
            parameters = vec![Flat::I32];
        }
        let mut results = Vec::new();
        if let Some(ty) = &function.result {
            flatten(ty, &mut results);
        }
        let return_pointer = results.len() > MOST_RESULTS;
        if return_pointer {
            results.clear();
            parameters.push(Flat::I32);
        }
        Self { parameters, results, indirect, return_pointer }
    }
}

/// Appends the core types that a value of a type is passed as.
pub(super) fn flatten(ty: &Type, flat: &mut Vec<Flat>) {
    match ty {
        Type::Bool
        | Type::S8
        | Type::U8
        | Type::S16
        | Type::U16
        | Type::S32
        | Type::U32
        | Type::Char
        | Type::Enum(_) => flat.push(Flat::I32),
        Type::S64 | Type::U64 => flat.push(Flat::I64),
        Type::F32 => flat.push(Flat::F32),
        Type::F64 => flat.push(Flat::F64),
        Type::String | Type::List(_) => flat.extend([Flat::I32, Flat::I32]),
        Type::Option(inner) => variant([Some(&**inner)].into_iter(), flat),
        Type::Result(ok, error) => variant([ok.as_deref(), error.as_deref()].into_iter(), flat),
        Type::Tuple(items) => items.iter().for_each(|ty| flatten(ty, flat)),
        Type::Record(fields) => fields.iter().for_each(|Field { ty, .. }| flatten(ty, flat)),
        Type::Variant(cases) => variant(cases.iter().map(|case| case.ty.as_ref()), flat),
        Type::Flags(names) => {
            let words = if names.is_empty() { 1 } else { names.len().div_ceil(32) };
            flat.extend(std::iter::repeat_n(Flat::I32, words));
        }
    }
}

/// A discriminant, and slots that hold the payload of any case.
fn variant<'a>(payloads: impl Iterator<Item = Option<&'a Type>>, flat: &mut Vec<Flat>) {
    flat.push(Flat::I32);
    let mut joined: Vec<Flat> = Vec::new();
    for ty in payloads.flatten() {
        let mut payload = Vec::new();
        flatten(ty, &mut payload);
        for (at, next) in payload.into_iter().enumerate() {
            match joined.get_mut(at) {
                Some(slot) => *slot = join(*slot, next),
                None => joined.push(next),
            }
        }
    }
    flat.extend(joined);
}

/// The core type that holds either.
fn join(one: Flat, other: Flat) -> Flat {
    match (one, other) {
        _ if one == other => one,
        (Flat::I32, Flat::F32) | (Flat::F32, Flat::I32) => Flat::I32,
        _ => Flat::I64,
    }
}

/// How many slots a value of a type takes.
pub(super) fn slots(ty: &Type) -> usize {
    let mut flat = Vec::new();
    flatten(ty, &mut flat);
    flat.len()
}
