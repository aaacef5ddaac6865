//! The imports through which the front end calls the tools, as WIT.
//!
//! Every function is imported at the root of the world, under a name of its own, so that two components that export
//! the same interface don't meet. WIT wants names for records, variants, enums and flags, but compares them by structure:
//! they are named in one interface of types only, which any instance with the same types satisfies, and the functions
//! refer to them from there. So a function fits whatever its component calls its types.

use mxcp_core::wit;
use wit_component::StringEncoding;
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{
    Case, Docs, Enum, EnumCase, Field, Flag, Flags, Function, FunctionKind, Interface, InterfaceId, Package,
    PackageName, Param, Record, Resolve, Result_, Stability, Tuple, Type, TypeDef, TypeDefKind, TypeId,
    TypeOwner, Variant, World, WorldId, WorldItem, WorldKey,
};

use crate::error::{Error, Fault};

/// Where the types are: an instance with nothing but types.
pub(crate) const TYPES: &str = "mxcp:project/types";

/// The imports of the tools' functions.
#[derive(Debug)]
pub(crate) struct ToolWorld {
    resolve: Resolve,
    world: WorldId,
    types: InterfaceId,
    imports: Vec<Import>,
}

/// A function that the front end imports.
#[derive(Debug)]
pub(crate) struct Import {
    /// Its name at the root of the world.
    pub(crate) name: String,
    /// What its core function takes.
    pub(crate) parameters: Vec<WasmType>,
    /// What its core function gives: none where there is nothing, or where the last parameter says where it is written.
    pub(crate) result: Option<WasmType>,
}

/// The name under which the front end imports a function.
pub(crate) fn import_name(index: usize) -> String {
    format!("call-{index}")
}

impl ToolWorld {
    /// A world that imports the functions, in their order.
    pub(crate) fn of<'a>(functions: impl IntoIterator<Item = &'a wit::Function>) -> Self {
        let mut resolve = Resolve::default();
        let name = PackageName { namespace: "mxcp".to_owned(), name: "project".to_owned(), version: None };
        let package = resolve.packages.alloc(Package {
            name: name.clone(),
            docs: Docs::default(),
            interfaces: Default::default(),
            worlds: Default::default(),
        });
        resolve.package_names.insert(name, package);
        let types = resolve.interfaces.alloc(Interface {
            name: Some("types".to_owned()),
            types: Default::default(),
            functions: Default::default(),
            docs: Docs::default(),
            stability: Stability::default(),
            package: Some(package),
            span: Default::default(),
            clone_of: None,
        });
        let world = resolve.worlds.alloc(World {
            name: "tools".to_owned(),
            imports: Default::default(),
            exports: Default::default(),
            package: Some(package),
            docs: Docs::default(),
            stability: Stability::default(),
            includes: Default::default(),
            span: Default::default(),
        });
        if let Some(package) = resolve.packages.get_mut(package) {
            package.interfaces.insert("types".to_owned(), types);
            package.worlds.insert("tools".to_owned(), world);
        }
        let mut naming = Naming { resolve, types, known: Vec::new() };
        let described: Vec<_> = functions.into_iter().collect();
        for function in &described {
            naming.function(String::new(), function);
        }
        // The world has names of its own for them, and its functions refer to those.
        let aliases = naming.aliases(world);
        let functions = described.iter().enumerate();
        let functions: Vec<_> =
            functions.map(|(index, function)| naming.function(import_name(index), function)).collect();
        let mut resolve = naming.resolve;
        let imports = functions.iter().map(|function| signature(&resolve, function)).collect();
        let named = resolve.interfaces.get(types).is_some_and(|types| !types.types.is_empty());
        if let Some(world) = resolve.worlds.get_mut(world) {
            if named {
                world.imports.insert(WorldKey::Interface(types), interface(types));
            }
            for (name, id) in aliases {
                world.imports.insert(WorldKey::Name(name), WorldItem::Type { id, span: Default::default() });
            }
            for function in functions {
                world.imports.insert(WorldKey::Name(function.name.clone()), WorldItem::Function(function));
            }
        }
        ToolWorld { resolve, world, types, imports }
    }

    /// The functions, in their order.
    pub(crate) fn imports(&self) -> &[Import] {
        &self.imports
    }

    /// The names of the types, which the front end imports as well.
    pub(crate) fn names(&self) -> Vec<String> {
        let types = self.resolve.interfaces.get(self.types);
        types.map(|types| types.types.keys().cloned().collect()).unwrap_or_default()
    }

    /// Adds the world to what a core module says of itself.
    pub(crate) fn describe(&self, module: &mut Vec<u8>) -> Result<(), Error> {
        let section = wit_component::metadata::encode(&self.resolve, self.world, StringEncoding::UTF8, None)
            .map_err(|source| Error::defect("the tools' world can't be encoded", source))?;
        // Beside the front end's own section, which has the name without a suffix.
        let section =
            wasm_encoder::CustomSection { name: "component-type:tools".into(), data: section.into() };
        wasm_encoder::Section::append_to(&section, module);
        Ok(())
    }

    /// A component that exports the interface of types; none where the functions need no names.
    pub(crate) fn types(&self) -> Result<Option<Vec<u8>>, Error> {
        let named = self.resolve.interfaces.get(self.types).is_some_and(|types| !types.types.is_empty());
        if !named {
            return Ok(None);
        }
        let mut resolve = self.resolve.clone();
        if let Some(world) = resolve.worlds.get_mut(self.world) {
            world.imports.clear();
            world.exports.insert(WorldKey::Interface(self.types), interface(self.types));
        }
        let mut module = wasm_encoder::Module::new().finish();
        let fault = |source: Fault| Error::defect("the tools' types can't be encoded", source);
        wit_component::embed_component_metadata(&mut module, &resolve, self.world, StringEncoding::UTF8)
            .map_err(|source| fault(source.into()))?;
        let mut encoder = wit_component::ComponentEncoder::default();
        encoder.module(&module).map_err(|source| fault(source.into()))?;
        encoder.encode().map(Some).map_err(|source| fault(source.into()))
    }
}

fn alias(name: String, ty: TypeId, world: WorldId) -> TypeDef {
    TypeDef {
        name: Some(name),
        kind: TypeDefKind::Type(Type::Id(ty)),
        owner: TypeOwner::World(world),
        docs: Docs::default(),
        stability: Stability::default(),
        span: Default::default(),
        external_id: None,
    }
}

pub(crate) fn interface(id: InterfaceId) -> WorldItem {
    WorldItem::Interface {
        id,
        stability: Stability::default(),
        external_id: None,
        docs: Docs::default(),
        span: Default::default(),
    }
}

fn signature(resolve: &Resolve, function: &Function) -> Import {
    let signature = resolve.wasm_signature(AbiVariant::GuestImport, function);
    Import {
        name: function.name.clone(),
        parameters: signature.params,
        result: signature.results.first().copied(),
    }
}

/// Gives types their names.
struct Naming {
    resolve: Resolve,
    types: InterfaceId,
    /// Types that have been seen, and what they are.
    known: Vec<(wit::Type, TypeId)>,
}

impl Naming {
    /// Gives the named types their names in the world, by which they are known from now on.
    fn aliases(&mut self, world: WorldId) -> Vec<(String, TypeId)> {
        let mut aliases = Vec::new();
        let mut known = Vec::new();
        for (ty, id) in std::mem::take(&mut self.known) {
            let Some(name) = self.resolve.types.get(id).and_then(|ty| ty.name.clone()) else { continue };
            let id = self.resolve.types.alloc(alias(name.clone(), id, world));
            aliases.push((name, id));
            known.push((ty, id));
        }
        self.known = known;
        aliases
    }

    fn function(&mut self, name: String, function: &wit::Function) -> Function {
        let params = function.parameters.iter().map(|parameter| Param {
            name: parameter.name.clone(),
            ty: self.ty(&parameter.ty),
            span: Default::default(),
        });
        Function {
            name,
            kind: FunctionKind::Freestanding,
            params: params.collect(),
            result: function.result.as_ref().map(|ty| self.ty(ty)),
            docs: Docs::default(),
            stability: Stability::default(),
            span: Default::default(),
            external_id: None,
        }
    }

    fn ty(&mut self, ty: &wit::Type) -> Type {
        match ty {
            wit::Type::Bool => Type::Bool,
            wit::Type::S8 => Type::S8,
            wit::Type::U8 => Type::U8,
            wit::Type::S16 => Type::S16,
            wit::Type::U16 => Type::U16,
            wit::Type::S32 => Type::S32,
            wit::Type::U32 => Type::U32,
            wit::Type::S64 => Type::S64,
            wit::Type::U64 => Type::U64,
            wit::Type::F32 => Type::F32,
            wit::Type::F64 => Type::F64,
            wit::Type::Char => Type::Char,
            wit::Type::String => Type::String,
            structured => Type::Id(self.structured(structured)),
        }
    }

    fn structured(&mut self, ty: &wit::Type) -> TypeId {
        if let Some((_, id)) = self.known.iter().find(|(known, _)| known == ty) {
            return *id;
        }
        let (named, kind) = self.kind(ty);
        let name = named.then(|| format!("t{}", self.known.len()));
        let owner = if named { TypeOwner::Interface(self.types) } else { TypeOwner::None };
        let id = self.resolve.types.alloc(TypeDef {
            name: name.clone(),
            kind,
            owner,
            docs: Docs::default(),
            stability: Stability::default(),
            span: Default::default(),
            external_id: None,
        });
        if let (Some(name), Some(types)) = (name, self.resolve.interfaces.get_mut(self.types)) {
            types.types.insert(name, id);
        }
        self.known.push((ty.clone(), id));
        id
    }

    /// What a type is, and whether WIT wants it named.
    fn kind(&mut self, ty: &wit::Type) -> (bool, TypeDefKind) {
        let docs = Docs::default;
        match ty {
            wit::Type::List(item) => (false, TypeDefKind::List(self.ty(item))),
            wit::Type::Option(inner) => (false, TypeDefKind::Option(self.ty(inner))),
            wit::Type::Result(ok, error) => {
                let ok = ok.as_deref().map(|ty| self.ty(ty));
                let err = error.as_deref().map(|ty| self.ty(ty));
                (false, TypeDefKind::Result(Result_ { ok, err }))
            }
            wit::Type::Tuple(items) => {
                (false, TypeDefKind::Tuple(Tuple { types: items.iter().map(|ty| self.ty(ty)).collect() }))
            }
            wit::Type::Record(fields) => {
                let fields = fields.iter().map(|field| Field {
                    name: field.name.clone(),
                    ty: self.ty(&field.ty),
                    docs: docs(),
                    span: Default::default(),
                });
                (true, TypeDefKind::Record(Record { fields: fields.collect() }))
            }
            wit::Type::Variant(cases) => {
                let cases = cases.iter().map(|case| Case {
                    name: case.name.clone(),
                    ty: case.ty.as_ref().map(|ty| self.ty(ty)),
                    docs: docs(),
                    span: Default::default(),
                });
                (true, TypeDefKind::Variant(Variant { cases: cases.collect() }))
            }
            wit::Type::Enum(cases) => {
                let cases = cases.iter().map(|name| EnumCase {
                    name: name.clone(),
                    docs: docs(),
                    span: Default::default(),
                });
                (true, TypeDefKind::Enum(Enum { cases: cases.collect() }))
            }
            wit::Type::Flags(names) => {
                let flags = names.iter().map(|name| Flag {
                    name: name.clone(),
                    docs: docs(),
                    span: Default::default(),
                });
                (true, TypeDefKind::Flags(Flags { flags: flags.collect() }))
            }
            // Those without structure never get here: `ty` names them itself.
            primitive => (false, TypeDefKind::Type(self.ty(primitive))),
        }
    }
}
