//! From a project to one component.

use std::collections::BTreeMap;

use mxcp_core::bundle::{BuiltIn, Bundle};
use mxcp_core::definition::{ComponentSource, Endpoint, Implementation, Kind};
use sha2::{Digest as _, Sha256};
use wit_component::DecodedWasm;
use wit_parser::{Resolve, WorldId, WorldItem};

use crate::compose::{Part, Wire};
use crate::description::Description;
use crate::error::Error;
use crate::placement::{self, Place};
use crate::world::{self, ToolWorld};
use crate::{closed, compose, front, invocation, snapshot};

/// A project as one component.
#[derive(Debug)]
pub struct Built {
    /// The component.
    pub bytes: Vec<u8>,
    /// Its SHA-256 in hexadecimal.
    pub digest: String,
    /// Every endpoint, and where it is answered.
    pub endpoints: Vec<Placed>,
    /// Bytes of the front end with the project in it.
    pub front_bytes: usize,
    /// The components of tools that are inside, by file, and their bytes.
    pub components: BTreeMap<String, usize>,
}

/// An endpoint of the project.
#[derive(Clone, Debug)]
pub struct Placed {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Where it is answered.
    pub place: Place,
}

/// Makes a component of a project. `bundle` names no functions yet; `components` are the bytes of its components by their
/// digest. The same project gives the same bytes.
///
/// # Errors
/// This binary has no front end, the project does not load, or a component can't be built in.
pub fn build(bundle: Bundle, components: &BTreeMap<String, Vec<u8>>) -> Result<Built, Error> {
    build_with(front::module()?, bundle, components)
}

pub(crate) fn build_with(
    module: &[u8],
    mut bundle: Bundle,
    components: &BTreeMap<String, Vec<u8>>,
) -> Result<Built, Error> {
    let loaded = bundle.load();
    let mut tools = Tools::default();
    let mut endpoints = Vec::new();
    for endpoint in loaded.registry.endpoints() {
        let place = tools.place(endpoint, components)?;
        endpoints.push(Placed { kind: endpoint.kind, name: endpoint.name.clone(), place });
    }
    bundle.functions.clone_from(&tools.functions);
    let text = bundle.to_text().map_err(|source| Error::defect("the project can't be written", source))?;
    let mut seed = [0; 16];
    seed.iter_mut().zip(Sha256::digest(text.as_bytes())).for_each(|(to, from)| *to = from);
    let picture = snapshot::take(module, &text, seed)?;
    let world = ToolWorld::of(tools.sources.iter().map(|source| &source.function));
    let module = invocation::put_in(&picture, &world)?;
    let mut encoder = wit_component::ComponentEncoder::default();
    let unusable = |problem| Error::FrontEnd(format!("{problem:#}"));
    encoder.module(&module).map_err(unusable)?;
    let bytes = encoder.encode().map_err(unusable)?;
    let front_bytes = bytes.len();
    let sizes = tools.parts.iter().map(|part| (part.file.clone(), part.part.bytes.len())).collect();
    let parts = tools.parts.into_iter().map(|tool| tool.part).collect();
    let front = Part { name: "mxcp:front".to_owned(), bytes, stand_in: None };
    let mut bytes = compose::join(front, world.types()?, world.names(), parts, &tools.wires)?;
    Description::of(&bundle).append_to(&mut bytes);
    let digest = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Built { bytes, digest, endpoints, front_bytes, components: sizes })
}

/// The components that are built in, and what is called of them.
#[derive(Default)]
struct Tools {
    parts: Vec<Tool>,
    functions: Vec<BuiltIn>,
    sources: Vec<std::sync::Arc<ComponentSource>>,
    wires: Vec<Wire>,
}

struct Tool {
    digest: String,
    file: String,
    part: Part,
    resolve: Resolve,
    world: WorldId,
}

impl Tools {
    /// Builds in what the endpoint needs, if it can be answered at the edge.
    fn place(&mut self, endpoint: &Endpoint, components: &BTreeMap<String, Vec<u8>>) -> Result<Place, Error> {
        let place = placement::of(endpoint);
        let (Place::Edge, Implementation::Component(source)) = (&place, &endpoint.implementation) else {
            return Ok(place);
        };
        let built_in = BuiltIn {
            digest: source.digest.clone(),
            export: source.export.clone(),
            permissions: source.permissions.clone(),
        };
        if self.functions.contains(&built_in) {
            return Ok(place);
        }
        let at = match self.parts.iter().position(|tool| tool.digest == source.digest) {
            Some(at) => at,
            None => {
                let bytes =
                    components.get(&source.digest).ok_or_else(|| refused(source, "it can't be read"))?;
                let (resolve, world) = decode(source, bytes)?;
                if let Some(described) = resolve.worlds.get(world)
                    && let Place::Origin(why) = placement::of_component(&resolve, described)
                {
                    return Ok(Place::Origin(why));
                }
                let stand_in = closed::stand_in(&resolve, world, &|name| !placement::passes(name))?;
                let name = format!("mxcp:tool-{}", self.parts.len());
                let part = Part { name, bytes: bytes.clone(), stand_in };
                let (digest, file) = (source.digest.clone(), source.file.clone());
                self.parts.push(Tool { digest, file, part, resolve, world });
                self.parts.len() - 1
            }
        };
        let import = world::import_name(self.functions.len());
        let wire = self.parts.get(at).and_then(|tool| tool.wire(at, import, &source.export));
        self.wires.push(wire.ok_or_else(|| refused(source, "it lacks the function"))?);
        self.functions.push(built_in);
        self.sources.push(source.clone());
        Ok(place)
    }
}

impl Tool {
    /// Joins an import of the front end to a function.
    fn wire(&self, tool: usize, import: String, export: &str) -> Option<Wire> {
        let exports = &self.resolve.worlds.get(self.world)?.exports;
        exports.iter().find_map(|(key, item)| {
            let name = self.resolve.name_world_key(key);
            match item {
                WorldItem::Function(function) if name == export => {
                    let function = function.name.clone();
                    Some(Wire { import: import.clone(), tool, interface: None, function })
                }
                WorldItem::Interface { id, .. } => {
                    let function = export.strip_prefix(&name)?.strip_prefix('.')?;
                    self.resolve.interfaces.get(*id)?.functions.get(function)?;
                    let function = function.to_owned();
                    Some(Wire { import: import.clone(), tool, interface: Some(name), function })
                }
                _ => None,
            }
        })
    }
}

fn refused(source: &ComponentSource, why: &str) -> Error {
    Error::Tool { file: source.file.clone(), message: why.to_owned() }
}

fn decode(source: &ComponentSource, bytes: &[u8]) -> Result<(Resolve, WorldId), Error> {
    match wit_component::decode(bytes) {
        Ok(DecodedWasm::Component(resolve, world)) => Ok((resolve, world)),
        Ok(DecodedWasm::WitPackage(..)) => Err(refused(source, "it is a package of WIT, not a component")),
        Err(problem) => Err(refused(source, &format!("{problem:#}"))),
    }
}
