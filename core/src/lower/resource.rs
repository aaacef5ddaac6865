//! Resources.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use super::{Lowering, Outcome, body, component, delivery, source, time};
use crate::definition::{Endpoint, Kind};
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::Limits;
use crate::registry::scope::Response;
use crate::schema::{EndpointLimits, Resource};
use crate::types::Parameters;
use crate::uri_template::{UriTemplate, UriTemplateError};
use crate::yaml::{DocPath, Report};

pub(super) fn lower(
    lowering: &Lowering<'_>,
    resource: &Resource,
    report: &mut Report<'_>,
) -> Option<Outcome> {
    let path = DocPath::root().key(Kind::Resource.as_str());
    let written = (resource.parameters.as_deref(), resource.returns.as_ref(), resource.policies.as_ref());
    let mut body = body::lower(lowering, &path, written, Response::Rows, report);
    check_uri(&resource.uri, &body.parameters, &path.key("uri"), report);
    let written_source = source::Written {
        source: &resource.source,
        language: resource.language,
        permissions: resource.permissions.as_ref(),
        limits: resource.limits.as_ref(),
    };
    let implementation = if resource.enabled == Some(false) {
        // What it would run is not looked at: it may be half done.
        source::place(&written_source, &path, report);
        None
    } else {
        let takes_and_gives = (&body.parameters, body.returns.as_ref());
        Some(source::lower(lowering, &written_source, &path, takes_and_gives, None, report)?)
    };
    if let Some(implementation) = &implementation {
        component::narrow(implementation, &mut body.parameters);
    }
    let limits = resource.limits.as_ref().map(EndpointLimits::calls);
    let limits = Limits::lower(limits.as_ref(), &path.key("limits"), report);
    let time = time::lower(resource.limits.as_ref(), false, &path, report);
    let delivery = delivery::of_resource(resource, &path, report);
    let Some(implementation) = implementation else { return Some(Outcome::Disabled) };
    Some(Outcome::Endpoint(Box::new(Endpoint {
        kind: Kind::Resource,
        name: resource.uri.clone(),
        title: resource.name.clone(),
        description: resource.description.clone(),
        mime_type: resource.mime_type.clone(),
        tags: resource.tags.clone().unwrap_or_default(),
        annotations: None,
        parameters: body.parameters,
        returns: body.returns,
        implementation,
        policies: body.policies,
        limits,
        time,
        delivery,
        tests: resource.tests.clone().unwrap_or_default(),
        file: Arc::clone(report.document().file()),
        digest: OnceLock::new(),
    })))
}

/// The URI must be one, and its placeholders must be the parameters.
fn check_uri(uri: &str, parameters: &Parameters, path: &DocPath, report: &mut Report<'_>) {
    let template = match UriTemplate::parse(uri) {
        Ok(template) => template,
        Err(error) => {
            let help = match error {
                UriTemplateError::NoScheme(_) => "begin it with a scheme, as in `orders://{id}`",
                UriTemplateError::Adjacent(..) => "put a text between them, as in `{a}/{b}`",
                UriTemplateError::Repeated(_) => "use another parameter for the second place",
                _ => "write placeholders as `{name}`, and encode blanks as `%20`",
            };
            report.add(path, Diagnostic::error(Code::UriTemplate, error.to_string()).help(help));
            return;
        }
    };
    let placeholders: BTreeSet<&str> = template.placeholders().collect();
    let declared: BTreeSet<&str> = parameters.given().map(|parameter| &*parameter.name).collect();
    let quoted =
        |names: Vec<&&str>| names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    let unused: Vec<&&str> = declared.difference(&placeholders).collect();
    if !unused.is_empty() {
        let problem = format!("Resource parameter(s) [{}] are not used in uri '{uri}'", quoted(unused));
        let help = "put them into the uri as `{name}`, or write a tool instead";
        report.add(path, Diagnostic::error(Code::UriTemplate, problem).help(help));
    }
    let filled = |name: &str| parameters.get(name).is_some_and(|parameter| !parameter.is_given());
    for name in placeholders.iter().filter(|name| filled(name)) {
        let problem = format!("parameter `{name}` comes from the caller, so nobody gives it in the uri");
        let help = "remove it from the uri, or remove `from`";
        report.add(path, Diagnostic::error(Code::CallerClaim, problem).help(help));
    }
    let undeclared: Vec<&&str> = placeholders.difference(&declared).filter(|name| !filled(name)).collect();
    if !undeclared.is_empty() {
        let problem = format!("Parameter mismatch: missing={{{}}}, extra=set()", quoted(undeclared));
        let help = "declare each placeholder of the uri under `parameters`";
        report.add(path, Diagnostic::error(Code::UriTemplate, problem).help(help));
    }
}
