//! Which tools are answered at the edge, and which by the origin.

use mxcp_core::definition::{ComponentSource, Endpoint, Implementation};
use mxcp_core::schema::Permissions;
use wit_parser::{Resolve, World, WorldItem};

/// Where an endpoint is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// At the edge.
    Edge,
    /// By the origin; why.
    Origin(String),
}

/// What of `mxcp:tool/host` only the origin can tell. The rest is denied where it is not granted, there as here, or
/// goes unheard.
const ASKED: &str = "current-call";

/// Interfaces that every host that answers HTTP has, and that reach nothing.
const HARMLESS: [&str; 6] =
    ["wasi:cli/stderr", "wasi:cli/stdout", "wasi:clocks/", "wasi:http/types", "wasi:io/", "wasi:random/"];

/// Whether an import of a tool comes from the host at the edge. All others have a stand-in.
pub(crate) fn passes(interface: &str) -> bool {
    HARMLESS.iter().any(|harmless| interface.starts_with(harmless))
}

/// Where an endpoint is answered, as far as its definition tells.
pub(crate) fn of(endpoint: &Endpoint) -> Place {
    match &endpoint.implementation {
        Implementation::Component(source) => granted(source),
        Implementation::Prompt(_) => Place::Edge,
        Implementation::Sql(_) => Place::Origin("SQL".to_owned()),
        Implementation::Python(_) => Place::Origin("Python".to_owned()),
        _ => Place::Origin("its language".to_owned()),
    }
}

/// A component that reaches anything is answered where that is, and where it is held to what it is granted.
fn granted(source: &ComponentSource) -> Place {
    let Permissions { http, sql, secrets, env, files } = &source.permissions;
    let some = |list: Option<usize>| list.is_some_and(|length| length > 0);
    let grants = [
        ("http", some(http.as_ref().map(Vec::len))),
        ("sql", sql.is_some()),
        ("secrets", some(secrets.as_ref().map(Vec::len))),
        ("env", some(env.as_ref().map(Vec::len))),
        ("files", some(files.as_ref().map(Vec::len))),
    ];
    match grants.into_iter().find(|(_, granted)| *granted) {
        Some((grant, _)) => Place::Origin(format!("permissions: {grant}")),
        None => Place::Edge,
    }
}

/// Where a component is answered, as far as its imports tell.
pub(crate) fn of_component(resolve: &Resolve, world: &World) -> Place {
    for (key, item) in &world.imports {
        let name = resolve.name_world_key(key);
        let WorldItem::Interface { id, .. } = item else {
            if matches!(item, WorldItem::Type { .. }) {
                continue;
            }
            return Place::Origin(format!("it imports `{name}`"));
        };
        let Some(interface) = resolve.interfaces.get(*id) else { continue };
        let denied = if name.starts_with("mxcp:tool/host") {
            interface.functions.keys().find(|function| *function == ASKED)
        } else if name.starts_with("wasi:") {
            None
        } else {
            interface.functions.keys().next()
        };
        if let Some(function) = denied {
            return Place::Origin(format!("it imports `{name}.{function}`"));
        }
    }
    Place::Edge
}
