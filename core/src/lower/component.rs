//! Functions of components: is the export there, and does the definition agree with its types.

use std::sync::Arc;

use super::Lowering;
use super::source::Written;
use crate::definition::{ComponentSource, Implementation};
use crate::diagnostic::{Code, Diagnostic};
use crate::load::{self, Content};
use crate::schema::EndpointLimits;
use crate::types::{Parameters, Type};
use crate::wit::{self, Component, Function, NoFunction};
use crate::yaml::{DocPath, Report};

/// Reports the keys that only components have.
pub(super) fn refuse_keys(written: &Written<'_>, path: &DocPath, report: &mut Report<'_>) {
    let keys = [
        (written.permissions.is_some(), path.key("permissions")),
        (written.source.export.is_some(), path.key("source").key("export")),
    ];
    let keys = keys.into_iter().filter(|(present, _)| *present).map(|(_, key)| key);
    let limits = written.limits.into_iter().flat_map(EndpointLimits::keys_of_components);
    for key in keys.chain(limits.map(|key| path.key("limits").key(key))) {
        let problem = "only components have this: `language: component`";
        report.add_at_key(&key, Diagnostic::error(Code::InvalidValue, problem));
    }
}

/// Finds the function that the endpoint at `path` is implemented by.
pub(super) fn lower(
    lowering: &Lowering<'_>,
    written: &Written<'_>,
    target: String,
    path: &DocPath,
    (parameters, returns): (&Parameters, Option<&Type>),
    report: &mut Report<'_>,
) -> Option<Implementation> {
    let source_path = path.key("source");
    let file_path = source_path.key("file");
    let component = read(lowering, &target, &file_path, report)?;
    let Some(export) = written.source.export.as_deref() else {
        let diagnostic =
            Diagnostic::error(Code::MissingKey, "component endpoints must specify source.export");
        report.add(&source_path, diagnostic.help(exports(component)));
        return None;
    };
    let (export, function) = find(component, export, &source_path.key("export"), report)?;
    // Types that are wrong themselves would disagree for no other reason.
    if !report.has_errors() {
        wit::unify(function, parameters, returns, path, report);
    }
    Some(Implementation::Component(Arc::new(ComponentSource {
        digest: component.digest.clone(),
        export: export.to_owned(),
        function: function.clone(),
        permissions: written.permissions.cloned().unwrap_or_default(),
        limits: written.limits.map(EndpointLimits::component).unwrap_or_default(),
        place: report.document().span(&file_path),
        file: target,
    })))
}

/// Refuses null for arguments that the component has no value for then.
pub(super) fn narrow(implementation: &Implementation, parameters: &mut Parameters) {
    if let Implementation::Component(source) = implementation {
        wit::narrow(&source.function, parameters);
    }
}

fn find<'c>(
    component: &'c Component,
    export: &str,
    path: &DocPath,
    report: &mut Report<'_>,
) -> Option<(&'c str, &'c Function)> {
    let (problem, help) = match component.world.find(export) {
        Ok(found) => return Some(found),
        Err(NoFunction::Absent) => (format!("component has no export `{export}`"), exports(component)),
        Err(NoFunction::Unusable(why)) => (format!("`{export}` can't be called: {why}"), exports(component)),
        Err(NoFunction::Ambiguous(paths)) => (
            format!("component has several versions of `{export}`"),
            format!("name one of them: {}", paths.join(", ")),
        ),
    };
    report.add(path, Diagnostic::error(Code::ComponentExport, problem).help(help));
    None
}

fn exports(component: &Component) -> String {
    let names: Vec<&str> = component.world.functions.keys().map(String::as_str).collect();
    if names.is_empty() {
        "it exports no function".to_owned()
    } else {
        format!("it exports {}", names.join(", "))
    }
}

fn read<'l>(
    lowering: &Lowering<'l>,
    target: &str,
    path: &DocPath,
    report: &mut Report<'_>,
) -> Option<&'l Component> {
    let relative = "a relative path starts at the folder of this definition, `/` at the project root";
    let (code, why) = match lowering.sources.get(target) {
        Some(Content::Component(component)) => return Some(component),
        Some(Content::Bytes(_)) => (Code::ComponentExport, "it is no WebAssembly component".to_owned()),
        Some(Content::Outside(_)) => {
            let problem = format!("component lies outside of the project's folder: '{target}'");
            report.add(path, Diagnostic::error(Code::OutsideProject, problem).help(load::OUTSIDE_HELP));
            return None;
        }
        Some(Content::Unreadable(why)) => (Code::UnreadableFile, why.clone()),
        Some(Content::TooLarge { limit }) => (Code::TooLarge, load::too_large(*limit)),
        Some(Content::Missing) | None => (Code::MissingSource, "No such file or directory".to_owned()),
    };
    let help = match code {
        Code::MissingSource => relative,
        _ => "`mxcp component inspect` shows what is in a file; components/README.md tells how to make one",
    };
    let problem = format!("component can't be read: '{target}': {why}");
    report.add(path, Diagnostic::error(code, problem).help(help));
    None
}
