//! Joins the front end, the tools and what stands in for their other imports into one component.

use wac_graph::types::{ItemKind, Package};
use wac_graph::{CompositionGraph, EncodeOptions, NodeId};

use crate::error::{Error, Fault};
use crate::world::TYPES;

/// The interface that the result exports, without its version.
const HANDLER: &str = "wasi:http/incoming-handler";

/// A tool's component, or the front end, on its way into the result.
#[derive(Debug)]
pub(crate) struct Part {
    /// What it is called in the graph.
    pub(crate) name: String,
    /// The component.
    pub(crate) bytes: Vec<u8>,
    /// What gives it those of its imports that the host shall not give: a component that exports them.
    pub(crate) stand_in: Option<StandIn>,
}

/// A component that exports what another imports.
#[derive(Debug)]
pub(crate) struct StandIn {
    /// The component.
    pub(crate) bytes: Vec<u8>,
    /// The imports that it satisfies, by their names.
    pub(crate) names: Vec<String>,
}

/// An import of the front end, and the export of a tool that it gets.
#[derive(Debug)]
pub(crate) struct Wire {
    /// The import's name at the root of the front end.
    pub(crate) import: String,
    /// Which tool, by its place among the parts.
    pub(crate) tool: usize,
    /// The interface that exports the function, if it is not the tool's world itself.
    pub(crate) interface: Option<String>,
    /// The function.
    pub(crate) function: String,
}

/// One component of all of them. `types` exports the types that the front end's imports refer to, by `names`.
pub(crate) fn join(
    front: Part,
    types: Option<Vec<u8>>,
    names: Vec<String>,
    tools: Vec<Part>,
    wires: &[Wire],
) -> Result<Vec<u8>, Error> {
    let mut graph = CompositionGraph::new();
    let tools = tools.into_iter().map(|tool| put(&mut graph, tool)).collect::<Result<Vec<_>, _>>()?;
    let front = put(&mut graph, front)?;
    if let Some(bytes) = types {
        let from = instance(&mut graph, "mxcp:types", bytes)?;
        let types = graph.alias_instance_export(from, TYPES).map_err(fault)?;
        graph.set_instantiation_argument(front, TYPES, types).map_err(fault)?;
        for name in names {
            let ty = graph.alias_instance_export(types, &name).map_err(fault)?;
            graph.set_instantiation_argument(front, &name, ty).map_err(fault)?;
        }
    }
    for wire in wires {
        let tool = *tools.get(wire.tool).ok_or_else(|| fault("there is no such tool"))?;
        let from = match &wire.interface {
            Some(interface) => graph.alias_instance_export(tool, interface).map_err(fault)?,
            None => tool,
        };
        let function = graph.alias_instance_export(from, &wire.function).map_err(fault)?;
        graph.set_instantiation_argument(front, &wire.import, function).map_err(fault)?;
    }
    let handler = exports(&graph, front).find(|name| name.starts_with(HANDLER));
    let handler = handler.ok_or_else(|| Error::FrontEnd(format!("it does not export `{HANDLER}`")))?;
    let node = graph.alias_instance_export(front, &handler).map_err(fault)?;
    graph.export(node, &handler).map_err(fault)?;
    graph.encode(EncodeOptions { define_components: true, validate: true, processor: None }).map_err(fault)
}

fn fault(source: impl Into<Fault>) -> Error {
    Error::defect("the components can't be joined", source)
}

fn instance(graph: &mut CompositionGraph, name: &str, bytes: Vec<u8>) -> Result<NodeId, Error> {
    let package = Package::from_bytes(name, None, bytes, graph.types_mut()).map_err(fault)?;
    let package = graph.register_package(package).map_err(fault)?;
    Ok(graph.instantiate(package))
}

fn put(graph: &mut CompositionGraph, part: Part) -> Result<NodeId, Error> {
    let node = instance(graph, &part.name, part.bytes)?;
    if let Some(given) = part.stand_in {
        stand_in(graph, node, &format!("{}-closed", part.name), given)?;
    }
    Ok(node)
}

fn stand_in(graph: &mut CompositionGraph, node: NodeId, name: &str, given: StandIn) -> Result<(), Error> {
    let from = instance(graph, name, given.bytes)?;
    for name in given.names {
        let export = graph.alias_instance_export(from, &name).map_err(fault)?;
        graph.set_instantiation_argument(node, &name, export).map_err(fault)?;
    }
    Ok(())
}

fn exports(graph: &CompositionGraph, node: NodeId) -> impl Iterator<Item = String> {
    let exports = match graph[node].item_kind() {
        ItemKind::Instance(id) => graph.types()[id].exports.keys().cloned().collect(),
        _ => Vec::new(),
    };
    exports.into_iter()
}
