//! Tools.

use std::sync::{Arc, OnceLock};

use super::body::Takes;
use super::{Lowering, Outcome, body, component, delivery, source, time};
use crate::definition::{Endpoint, Kind};
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::Limits;
use crate::registry::scope::Response;
use crate::schema::{EndpointLimits, Tool};
use crate::yaml::{DocPath, Report};

pub(super) fn lower(lowering: &Lowering<'_>, tool: &Tool, report: &mut Report<'_>) -> Option<Outcome> {
    let path = DocPath::root().key(Kind::Tool.as_str());
    if tool.name.is_empty() {
        let problem = "No valid endpoint type (tool/resource/prompt) found: the name is empty";
        report.error(Code::InvalidValue, &path.key("name"), problem);
    }
    if tool.parameters.is_some() && tool.input_schema.is_some() {
        let problem = "`input_schema` stands in the place of `parameters`: write one of them";
        report.add_at_key(&path.key("input_schema"), Diagnostic::error(Code::InvalidValue, problem));
    }
    let takes = match &tool.input_schema {
        Some(schema) => Takes::Schema(schema),
        None => Takes::from(tool.parameters.as_deref()),
    };
    let written = (takes, tool.returns.as_ref(), tool.policies.as_ref());
    let mut body = body::lower(lowering, &path, written, Response::Rows, report);
    let written = source::Written {
        source: &tool.source,
        language: tool.language,
        permissions: tool.permissions.as_ref(),
        limits: tool.limits.as_ref(),
    };
    let implementation = if tool.enabled == Some(false) {
        // What it would run is not looked at: it may be half done.
        source::place(&written, &path, report);
        None
    } else {
        let takes_and_gives = (&body.parameters, body.returns.as_ref());
        let function = Some(tool.name.as_str());
        Some(source::lower(lowering, &written, &path, takes_and_gives, function, report)?)
    };
    if let Some(implementation) = &implementation {
        component::narrow(implementation, &mut body.parameters);
    }
    let limits = tool.limits.as_ref().map(EndpointLimits::calls);
    let limits = Limits::lower(limits.as_ref(), &path.key("limits"), report);
    let time = time::lower(tool.limits.as_ref(), tool.task.is_some(), &path, report);
    let delivery = delivery::of_tool(tool, (&body.parameters, body.returns.as_ref()), &path, report);
    let Some(implementation) = implementation else { return Some(Outcome::Disabled) };
    Some(Outcome::Endpoint(Box::new(Endpoint {
        kind: Kind::Tool,
        name: tool.name.clone(),
        title: tool.annotations.as_ref().and_then(|annotations| annotations.title.clone()),
        description: tool.description.clone(),
        mime_type: None,
        tags: tool.tags.clone().unwrap_or_default(),
        annotations: tool.annotations.clone(),
        parameters: body.parameters,
        returns: body.returns,
        implementation,
        policies: body.policies,
        limits,
        time,
        delivery,
        tests: tool.tests.clone().unwrap_or_default(),
        file: Arc::clone(report.document().file()),
        digest: OnceLock::new(),
    })))
}
