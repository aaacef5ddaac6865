//! The types of functions, as trees of their own.

use mxcp_core::wit::{Case, Field, Function, Parameter, Type};
use wasmparser::PrimitiveValType;
use wasmparser::component_types::{ComponentDefinedType, ComponentFuncTypeId, ComponentValType};
use wasmparser::names::KebabString;
use wasmparser::types::Types;

/// How deep types nest at most; as JSON, a type is three times as deep, and readers of JSON have limits of their own.
const MAX_DEPTH: usize = 32;

/// Most types and names of one function. Types are shared in a component and written out here, so that a few bytes
/// can mean any number of them.
const MAX_SIZE: usize = 20_000;

/// The same of all functions of a component.
const MAX_TOTAL: usize = 200_000;

/// How many bytes of names count as much as a type.
const NAME: usize = 64;

/// Reads function types.
pub(super) struct Reader<'t> {
    types: &'t Types,
    /// What the functions before have left of the total.
    left: usize,
}

/// What is left for one function.
struct Budget(usize);

impl Budget {
    fn take(&mut self, size: usize) -> Result<(), String> {
        self.0 = self.0.checked_sub(size).ok_or("its types are too large")?;
        Ok(())
    }

    fn name(&mut self, name: &str) -> Result<String, String> {
        self.take(1 + name.len() / NAME)?;
        Ok(name.to_owned())
    }
}

impl<'t> Reader<'t> {
    pub(super) fn new(types: &'t Types) -> Self {
        Self { types, left: MAX_TOTAL }
    }

    /// The function, or why none of its kind can be called.
    pub(super) fn function(
        &mut self,
        name: &str,
        id: ComponentFuncTypeId,
        documentation: Option<&str>,
    ) -> Result<Function, String> {
        if name.starts_with('[') {
            return Err("it is a function of a resource".to_owned());
        }
        let ty = &self.types[id];
        if ty.async_ {
            return Err("it is an async function".to_owned());
        }
        let allowed = self.left.min(MAX_SIZE);
        let mut budget = Budget(allowed);
        let read = self.signature(&ty.params, ty.result.as_ref(), &mut budget);
        self.left -= allowed - budget.0;
        let (parameters, result) = read?;
        Ok(Function { documentation: documentation.map(str::to_owned), parameters, result })
    }

    fn signature(
        &self,
        parameters: &[(KebabString, ComponentValType)],
        result: Option<&ComponentValType>,
        budget: &mut Budget,
    ) -> Result<(Vec<Parameter>, Option<Type>), String> {
        let parameters = parameters.iter().map(|(name, ty)| {
            let place = |why: String| format!("parameter `{}`: {why}", name.as_str());
            Ok(Parameter {
                name: budget.name(name.as_str())?,
                ty: self.value(ty, MAX_DEPTH, budget).map_err(place)?,
            })
        });
        let parameters = parameters.collect::<Result<_, String>>()?;
        let result = result.map(|ty| self.value(ty, MAX_DEPTH, budget)).transpose();
        Ok((parameters, result.map_err(|why| format!("result: {why}"))?))
    }

    fn value(&self, ty: &ComponentValType, depth: usize, budget: &mut Budget) -> Result<Type, String> {
        budget.take(1)?;
        match ty {
            ComponentValType::Primitive(ty) => primitive(*ty),
            ComponentValType::Type(id) => {
                let depth = depth.checked_sub(1).ok_or("its types nest too deep")?;
                self.defined(&self.types[*id], depth, budget)
            }
        }
    }

    fn defined(&self, ty: &ComponentDefinedType, depth: usize, budget: &mut Budget) -> Result<Type, String> {
        use ComponentDefinedType as Defined;
        let optional = |ty: &Option<ComponentValType>, budget: &mut Budget| {
            ty.as_ref().map(|ty| self.value(ty, depth, budget)).transpose()
        };
        Ok(match ty {
            Defined::Primitive(ty) => primitive(*ty)?,
            Defined::List { element, .. } => Type::List(Box::new(self.value(element, depth, budget)?)),
            Defined::Option { ty, .. } => Type::Option(Box::new(self.value(ty, depth, budget)?)),
            Defined::Result { ok, err, .. } => {
                Type::Result(optional(ok, budget)?.map(Box::new), optional(err, budget)?.map(Box::new))
            }
            Defined::Tuple(tuple) => {
                let types = tuple.types.iter().map(|ty| self.value(ty, depth, budget));
                Type::Tuple(types.collect::<Result<_, _>>()?)
            }
            Defined::Record(record) => {
                let fields = record.fields.iter().map(|(name, ty)| {
                    Ok(Field { name: budget.name(name)?, ty: self.value(ty, depth, budget)? })
                });
                Type::Record(fields.collect::<Result<_, String>>()?)
            }
            Defined::Variant(variant) => {
                let cases = variant.cases.iter().map(|(name, case)| {
                    Ok(Case { name: budget.name(name)?, ty: optional(&case.ty, budget)? })
                });
                Type::Variant(cases.collect::<Result<_, String>>()?)
            }
            Defined::Enum(names) => {
                Type::Enum(names.iter().map(|name| budget.name(name)).collect::<Result<_, _>>()?)
            }
            Defined::Flags(names) => {
                Type::Flags(names.iter().map(|name| budget.name(name)).collect::<Result<_, _>>()?)
            }
            Defined::Own(_) | Defined::Borrow(_) => return Err("a resource has no value".to_owned()),
            Defined::Future { .. } => return Err("a future has no value".to_owned()),
            Defined::Stream { .. } => return Err("a stream has no value".to_owned()),
            Defined::Map { .. } => return Err("maps are not known here".to_owned()),
            Defined::FixedLengthList { .. } => {
                return Err("lists of fixed length are not known here".to_owned());
            }
        })
    }
}

fn primitive(ty: PrimitiveValType) -> Result<Type, String> {
    Ok(match ty {
        PrimitiveValType::Bool => Type::Bool,
        PrimitiveValType::S8 => Type::S8,
        PrimitiveValType::U8 => Type::U8,
        PrimitiveValType::S16 => Type::S16,
        PrimitiveValType::U16 => Type::U16,
        PrimitiveValType::S32 => Type::S32,
        PrimitiveValType::U32 => Type::U32,
        PrimitiveValType::S64 => Type::S64,
        PrimitiveValType::U64 => Type::U64,
        PrimitiveValType::F32 => Type::F32,
        PrimitiveValType::F64 => Type::F64,
        PrimitiveValType::Char => Type::Char,
        PrimitiveValType::String => Type::String,
        PrimitiveValType::ErrorContext => return Err("an error context has no value".to_owned()),
    })
}
