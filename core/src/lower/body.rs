//! What tools, resources and prompts have in common: parameters, return, policies.

use serde_json::{Map, Value as Json};

use super::Lowering;
use crate::diagnostic::{Code, Diagnostic};
use crate::policy::{PolicySet, ReturnsInfo};
use crate::registry::scope;
use crate::schema::{Policies, TypeDef};
use crate::types::{Form, Kind, Parameters, Type, refuse_from};
use crate::yaml::{DocPath, Report};

/// The compiled common parts.
pub(super) struct Body {
    pub(super) parameters: Parameters,
    pub(super) returns: Option<Type>,
    pub(super) policies: PolicySet,
}

/// The two ways to write what an endpoint takes.
pub(super) enum Takes<'a> {
    /// `parameters`, if there are any.
    Parameters(Option<&'a [TypeDef]>),
    /// `input_schema`.
    Schema(&'a Map<String, Json>),
}

impl<'a> From<Option<&'a [TypeDef]>> for Takes<'a> {
    fn from(parameters: Option<&'a [TypeDef]>) -> Self {
        Takes::Parameters(parameters)
    }
}

/// Compiles the common parts of the endpoint at `path`.
pub(super) fn lower<'a>(
    lowering: &Lowering<'_>,
    path: &DocPath,
    (takes, returns, policies): (impl Into<Takes<'a>>, Option<&TypeDef>, Option<&Policies>),
    response: scope::Response,
    report: &mut Report<'_>,
) -> Body {
    let parameters = match takes.into() {
        Takes::Parameters(list) => Parameters::compile(list, &path.key("parameters"), report),
        Takes::Schema(schema) => Parameters::compile_schema(schema, &path.key("input_schema"), report),
    };
    if let Some(returns) = returns {
        refuse_from(returns, &path.key("return"), report);
    }
    let mut returns = returns.and_then(|written| Type::compile(written, &path.key("return"), report));
    if returns.as_ref().is_some_and(|ty| ty.form() == Form::Unknown) {
        let problem = "the schema does not say whether a result is an object, a list or neither";
        let diagnostic = Diagnostic::error(Code::MissingKey, problem);
        report.add(&path.key("return").key("schema"), diagnostic.help("begin it with `type`"));
    }
    let input = scope::input(&parameters);
    let output = scope::output(returns.as_ref(), response);
    let structure = match &returns {
        Some(ty) if ty.is_sensitive() || ty.items().is_some() || !ty.properties().is_empty() => {
            ReturnsInfo::Structured
        }
        Some(ty) if matches!(ty.kind(), Kind::Schema(_)) && ty.form() != Form::Value => {
            ReturnsInfo::Structured
        }
        _ => ReturnsInfo::Unstructured,
    };
    let rows = scope::rows(returns.as_ref(), response);
    let scopes = (&input, &output, rows.as_ref());
    let path = path.key("policies");
    let policies = PolicySet::compile(policies, lowering.environment, scopes, structure, &path, report);
    if policies.filters_rows()
        && let Some(returns) = &mut returns
    {
        // How few rows a caller may see is not for `return` to say.
        returns.allow_fewer_items();
    }
    Body { parameters, returns, policies }
}
