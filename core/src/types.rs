//! The type system: converting arguments, checking results, describing both as JSON Schema.

use crate::schema::TypeDef;
use crate::yaml::{DocPath, Report};

/// A compiled type.
#[derive(Clone, Debug)]
pub struct Type {}

/// One parameter of an endpoint.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// The parameters of an endpoint.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    list: Vec<Parameter>,
}

impl Type {
    /// Compiles a type as written at `path`; what is wrong with it goes to `report`.
    pub fn compile(_def: &TypeDef, _path: &DocPath, _report: &mut Report<'_>) -> Option<Self> {
        None
    }
}

impl Parameters {
    /// The parameters in declared order.
    pub fn iter(&self) -> std::slice::Iter<'_, Parameter> {
        self.list.iter()
    }
}
