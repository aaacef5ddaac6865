//! What the conditions of an endpoint's policies may speak of, from its types.

use crate::policy::ROW;
use crate::policy::check::{Scope, StaticType};
use crate::types::{Form, Kind, Parameters, Type};

/// What the response of an endpoint without `return` is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Response {
    /// A list of rows.
    Rows,
    /// The messages of a prompt.
    Messages,
}

/// Input rules see the parameters; `user` is everybody's.
pub(crate) fn input(parameters: &Parameters) -> Scope {
    let variables = parameters.iter().map(|parameter| (parameter.name.to_string(), argument(&parameter.ty)));
    Scope::new(variables)
}

/// Output rules see the response.
pub(crate) fn output(returns: Option<&Type>, response: Response) -> Scope {
    let response = match (response, returns) {
        // A prompt's `return` says nothing about its messages.
        (Response::Messages, _) => StaticType::any_list(),
        (Response::Rows, Some(ty)) => result(ty),
        (Response::Rows, None) => StaticType::List(Box::new(StaticType::any_map())),
    };
    Scope::new([("response".to_owned(), response)])
}

/// Rules about rows see each of them; none where a result is no list.
pub(crate) fn rows(returns: Option<&Type>, response: Response) -> Option<Scope> {
    let row = match (response, returns) {
        (Response::Rows, Some(ty)) if ty.form() != Form::List => return None,
        (Response::Rows, Some(ty)) => ty.items().map_or(StaticType::Dyn, result),
        (Response::Messages, _) | (Response::Rows, None) => StaticType::any_map(),
    };
    Some(Scope::new([(ROW.to_owned(), row)]))
}

/// The kind of an argument once it is converted. Any may be null where null is allowed.
fn argument(ty: &Type) -> StaticType {
    let kind = match ty.kind() {
        // Dates and times are texts in conditions (spec policies section 3.1).
        Kind::String(_) => StaticType::String,
        Kind::Schema(_) => return StaticType::Dyn,
        _ => structure(ty, argument),
    };
    if ty.is_nullable() { kind.nullable() } else { kind }
}

/// The kind of a part of the result: any may be null, and a text may be a date.
fn result(ty: &Type) -> StaticType {
    let kind = match ty.kind() {
        // Dates of SQL are timestamps here, whatever their column is declared as.
        Kind::String(_) | Kind::Schema(_) => return StaticType::Dyn,
        // Decimals and wide integers are what they need to be.
        Kind::Number(_) | Kind::Integer(_) => StaticType::Number,
        _ => structure(ty, result),
    };
    kind.nullable()
}

fn structure(ty: &Type, inner: impl Fn(&Type) -> StaticType + Copy) -> StaticType {
    match ty.kind() {
        Kind::String(_) => StaticType::String,
        Kind::Boolean => StaticType::Bool,
        Kind::Integer(_) => StaticType::Int,
        Kind::Number(_) => StaticType::Double,
        Kind::Array(_) => StaticType::List(Box::new(ty.items().map_or(StaticType::Dyn, inner))),
        Kind::Object(_) => {
            let fields = ty
                .properties()
                .iter()
                .map(|property| (property.name().to_owned(), inner(property.ty())))
                .collect();
            StaticType::Map { fields, open: ty.additional_properties() }
        }
        Kind::Schema(_) => StaticType::Dyn,
    }
}
