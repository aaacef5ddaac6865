//! What a definition leaves open and a component's types decide: whether an argument may be null.

use super::{Function, Type, name};
use crate::types::{self, Kind, Parameters};

/// Refuses null in arguments that the function has no value for then. Definitions let it through wherever nothing is said
/// of a value, which is right for SQL; so callers are told in the schema, and not only by the call.
pub(crate) fn narrow(function: &Function, parameters: &mut Parameters) {
    for parameter in parameters.iter_mut() {
        let taken = function.parameters.iter().find(|taken| name::same(&taken.name, &parameter.name));
        if let Some(taken) = taken {
            narrow_type(&mut parameter.ty, &taken.ty);
        }
    }
}

fn narrow_type(given: &mut types::Type, ty: &Type) {
    // A schema says itself whether null is allowed.
    if matches!(given.kind(), Kind::Schema(_)) {
        return;
    }
    // Nothing stands for an empty list, and for no flag.
    if !matches!(ty, Type::Option(_) | Type::List(_) | Type::Flags(_)) {
        given.refuse_null();
    }
    let mut ty = ty;
    while let Type::Option(inner) = ty {
        ty = inner;
    }
    for (property, given) in given.inner_mut() {
        match (ty, property) {
            (Type::List(item), None) => narrow_type(given, item),
            (Type::Flags(_), None) => given.refuse_null(),
            // Null is refused for all places unless all may hold it.
            (Type::Tuple(types), None) => types.iter().for_each(|ty| narrow_type(given, ty)),
            (Type::Record(fields), Some(property)) => {
                if let Some(field) = fields.iter().find(|field| name::same(&field.name, property)) {
                    narrow_type(given, &field.ty);
                }
            }
            (Type::Variant(_) | Type::Result(..), Some(name::TAG)) => given.refuse_null(),
            _ => {}
        }
    }
}
