//! What tools, resources and prompts have in common: parameters, return, policies.

use super::Lowering;
use crate::policy::{PolicySet, ReturnsInfo};
use crate::registry::scope;
use crate::schema::{Policies, TypeDef};
use crate::types::{Parameters, Type};
use crate::yaml::{DocPath, Report};

/// The compiled common parts.
pub(super) struct Body {
    pub(super) parameters: Parameters,
    pub(super) returns: Option<Type>,
    pub(super) policies: PolicySet,
}

/// Compiles the common parts of the endpoint at `path`.
pub(super) fn lower(
    lowering: &Lowering<'_>,
    path: &DocPath,
    (parameters, returns, policies): (Option<&[TypeDef]>, Option<&TypeDef>, Option<&Policies>),
    response: scope::Response,
    report: &mut Report<'_>,
) -> Body {
    let parameters = Parameters::compile(parameters, &path.key("parameters"), report);
    let returns = returns.and_then(|written| Type::compile(written, &path.key("return"), report));
    let input = scope::input(&parameters);
    let output = scope::output(returns.as_ref(), response);
    let structure = match &returns {
        Some(ty) if ty.is_sensitive() || ty.items().is_some() || !ty.properties().is_empty() => {
            ReturnsInfo::Structured
        }
        _ => ReturnsInfo::Unstructured,
    };
    let path = path.key("policies");
    let policies =
        PolicySet::compile(policies, lowering.environment, &input, &output, structure, &path, report);
    Body { parameters, returns, policies }
}
