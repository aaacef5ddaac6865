//! What stands in for the imports of a tool that it is not granted.
//!
//! A component brings the imports of its language's library along, whether it uses them or not: files, terminals, an
//! environment. A host at the edge has few of them, and a tool may reach none that its definition doesn't grant. So each gets
//! a component beside it that exports those, with nothing behind: a list is empty, an option is none, what can fail
//! fails because it is denied, and what can't say no traps.

use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ExportKind, ExportSection, FunctionSection, GlobalSection,
    GlobalType, MemorySection, MemoryType, Module, TypeSection, ValType,
};
use wit_component::StringEncoding;
use wit_parser::abi::{AbiVariant, WasmSignature};
use wit_parser::{
    Function, Int, InterfaceId, LiftLowerAbi, ManglingAndAbi, Resolve, SizeAlign, Type, TypeDefKind,
    WasmExport, WasmExportKind, World, WorldId, WorldItem, WorldKey,
};

use crate::compose::StandIn;
use crate::error::{Error, Fault};
use crate::invocation::core;
use crate::world::interface;

/// How functions and memory are called in the module.
const ABI: ManglingAndAbi = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);

/// Where the first result stands in memory; before it is the text of denials.
const RESULTS: u32 = 64;

/// The text of denials.
const DENIED: &str = "denied at the edge";

/// Bytes of a page of memory.
const PAGE: u32 = 65_536;

/// A component that stands in for those imports of `world` that `closed` names; none if there are none of them.
pub(crate) fn stand_in(
    resolve: &Resolve,
    world: WorldId,
    closed: &dyn Fn(&str) -> bool,
) -> Result<Option<StandIn>, Error> {
    let fault = |source: Fault| Error::defect("a stand-in for what is not granted can't be made", source);
    let mut resolve = resolve.clone();
    let Some(World { imports, package, .. }) = resolve.worlds.get(world).cloned() else { return Ok(None) };
    let mut order = Order { resolve: &resolve, closed, exports: Vec::new(), imports: Vec::new() };
    for item in imports.values() {
        if let WorldItem::Interface { id, .. } = item
            && resolve.id_of(*id).is_some_and(|name| closed(&name))
        {
            order.add(*id);
        }
    }
    let Order { exports, imports, .. } = order;
    if exports.is_empty() {
        return Ok(None);
    }
    let names = exports.iter().filter_map(|id| resolve.id_of(*id)).collect();
    let entries =
        |ids: &[InterfaceId]| ids.iter().map(|id| (WorldKey::Interface(*id), interface(*id))).collect();
    let world = World {
        name: "closed".to_owned(),
        imports: entries(&imports),
        exports: entries(&exports),
        package,
        docs: Default::default(),
        stability: Default::default(),
        includes: Vec::new(),
        span: Default::default(),
    };
    let world = resolve.worlds.alloc(world);
    let mut module = module(&resolve, &exports);
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .map_err(|source| fault(source.into()))?;
    let mut encoder = wit_component::ComponentEncoder::default();
    encoder.module(&module).map_err(|source| fault(source.into()))?;
    let bytes = encoder.encode().map_err(|source| fault(source.into()))?;
    Ok(Some(StandIn { bytes, names }))
}

/// Interfaces in an order in which each comes after those whose types it uses.
struct Order<'a> {
    resolve: &'a Resolve,
    closed: &'a dyn Fn(&str) -> bool,
    exports: Vec<InterfaceId>,
    imports: Vec<InterfaceId>,
}

impl Order<'_> {
    fn add(&mut self, id: InterfaceId) {
        if self.exports.contains(&id) || self.imports.contains(&id) {
            return;
        }
        for dependency in self.resolve.interface_direct_deps(id).collect::<Vec<_>>() {
            self.add(dependency);
        }
        let closed = self.resolve.id_of(id).is_some_and(|name| (self.closed)(&name));
        if closed { self.exports.push(id) } else { self.imports.push(id) }
    }
}

/// The core module whose functions all say no.
fn module(resolve: &Resolve, interfaces: &[InterfaceId]) -> Vec<u8> {
    let mut builder = Builder::new(resolve);
    for id in interfaces {
        let Some(interface) = resolve.interfaces.get(*id) else { continue };
        let exit = interface.name.as_deref() == Some("exit");
        for function in interface.functions.values() {
            builder.function(&WorldKey::Interface(*id), function, exit);
        }
    }
    builder.finish()
}

/// What a function does.
enum Answer {
    Nothing,
    Constant(u32),
    Trap,
}

struct Builder<'a> {
    resolve: &'a Resolve,
    sizes: SizeAlign,
    types: TypeSection,
    functions: FunctionSection,
    exports: ExportSection,
    code: CodeSection,
    data: DataSection,
    /// How much of the memory is used by results.
    used: u32,
}

impl<'a> Builder<'a> {
    fn new(resolve: &'a Resolve) -> Self {
        let mut sizes = SizeAlign::default();
        sizes.fill(resolve);
        let mut data = DataSection::new();
        data.active(0, &ConstExpr::i32_const(0), DENIED.bytes());
        Builder {
            resolve,
            sizes,
            types: TypeSection::new(),
            functions: FunctionSection::new(),
            exports: ExportSection::new(),
            code: CodeSection::new(),
            data,
            used: RESULTS,
        }
    }

    fn function(&mut self, interface: &WorldKey, function: &Function, exit: bool) {
        let signature = self.resolve.wasm_signature(AbiVariant::GuestExport, function);
        let answer = if exit { Answer::Trap } else { self.answer(function, &signature) };
        let mut body = wasm_encoder::Function::new([]);
        let mut code = body.instructions();
        // What the arguments took of the memory is free again.
        code.i32_const(0).global_set(0);
        match answer {
            Answer::Nothing => {}
            Answer::Constant(value) => {
                code.i32_const(value.cast_signed());
            }
            Answer::Trap => {
                code.unreachable();
            }
        }
        code.end();
        let export =
            WasmExport::Func { interface: Some(interface), func: function, kind: WasmExportKind::Normal };
        let name = self.resolve.wasm_export_name(ABI, export);
        self.types.ty().function(
            signature.params.iter().copied().map(core),
            signature.results.iter().copied().map(core),
        );
        self.define(&name, &body);
    }

    /// Defines a function of the type that was added last.
    fn define(&mut self, name: &str, body: &wasm_encoder::Function) {
        let index = self.functions.len();
        self.functions.function(self.types.len() - 1);
        self.exports.export(name, ExportKind::Func, index);
        self.code.function(body);
    }

    fn answer(&mut self, function: &Function, signature: &WasmSignature) -> Answer {
        let Some(ty) = function.result else { return Answer::Nothing };
        let Some(bytes) = self.refusal(&ty) else { return Answer::Trap };
        if !signature.retptr {
            let mut number = [0; 4];
            number.iter_mut().zip(bytes).for_each(|(byte, value)| *byte = value);
            let single = matches!(signature.results.as_slice(), [ty] if core(*ty) == ValType::I32);
            return if single { Answer::Constant(u32::from_le_bytes(number)) } else { Answer::Trap };
        }
        // Every alignment divides 8.
        let at = self.used.next_multiple_of(8);
        self.used = at + u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        if bytes.iter().any(|byte| *byte != 0) {
            self.data.active(0, &ConstExpr::i32_const(at.cast_signed()), bytes);
        }
        Answer::Constant(at)
    }

    /// The value of a type that means no, in memory; none if there is none.
    fn refusal(&self, ty: &Type) -> Option<Vec<u8>> {
        let mut bytes = vec![0; self.sizes.size(ty).size_wasm32()];
        match ty {
            Type::Bool => return Some(bytes),
            Type::String => {
                put(&mut bytes, 4, &u32::try_from(DENIED.len()).unwrap_or_default().to_le_bytes());
                return Some(bytes);
            }
            Type::Id(id) => match &self.resolve.types.get(*id)?.kind {
                TypeDefKind::Type(inner) => return self.refusal(inner),
                TypeDefKind::List(_) | TypeDefKind::Option(_) => return Some(bytes),
                TypeDefKind::Result(result) => {
                    put(&mut bytes, 0, &[1]);
                    if let Some(error) = &result.err {
                        let cases = [result.ok.as_ref(), result.err.as_ref()];
                        let at = self.sizes.payload_offset(Int::U8, cases).size_wasm32();
                        put(&mut bytes, at, &self.refusal(error)?);
                    }
                    return Some(bytes);
                }
                TypeDefKind::Enum(cases) => {
                    let case = denied(cases.cases.iter().map(|case| case.name.as_str()))?;
                    put(&mut bytes, 0, &case.to_le_bytes());
                    return Some(bytes);
                }
                TypeDefKind::Variant(variant) => {
                    let case = denied(variant.cases.iter().map(|case| case.name.as_str()))?;
                    put(&mut bytes, 0, &case.to_le_bytes());
                    if let Some(payload) = &variant.cases.get(usize::from(case))?.ty {
                        let cases = variant.cases.iter().map(|case| case.ty.as_ref());
                        let at = self.sizes.payload_offset(variant.tag(), cases).size_wasm32();
                        put(&mut bytes, at, &self.refusal(payload)?);
                    }
                    return Some(bytes);
                }
                _ => {}
            },
            _ => {}
        }
        None
    }

    fn finish(mut self) -> Vec<u8> {
        let pages = (self.used / PAGE) + 1;
        self.types.ty().function([ValType::I32; 4], [ValType::I32]);
        let realloc = self.resolve.wasm_export_name(ABI, WasmExport::Realloc);
        self.define(&realloc, &realloc_body(pages * PAGE));
        let memory = self.resolve.wasm_export_name(ABI, WasmExport::Memory);
        self.exports.export(&memory, ExportKind::Memory, 0);
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: pages.into(),
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut globals = GlobalSection::new();
        let counter = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        globals.global(counter, &ConstExpr::i32_const(0));
        let mut module = Module::new();
        module.section(&self.types).section(&self.functions).section(&memories).section(&globals);
        module.section(&self.exports).section(&self.code).section(&self.data);
        module.finish()
    }
}

/// Writes as much of the bytes as there is room for: a discriminant may be narrower than what is at hand.
fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes.iter_mut().skip(at).zip(value).for_each(|(byte, value)| *byte = *value);
}

/// The case that says that something is not allowed, or at least that there is no such thing.
fn denied<'n>(cases: impl Iterator<Item = &'n str>) -> Option<u16> {
    let ranked = cases.zip(0u16..).filter_map(|(name, at)| match name {
        "denied" | "access-denied" | "HTTP-request-denied" => Some((0, at)),
        "access" | "not-permitted" => Some((1, at)),
        "not-supported" | "unsupported" => Some((2, at)),
        _ => None,
    });
    ranked.min().map(|(_, at)| at)
}

/// `cabi_realloc`: takes from the memory behind the results, which grows as it must. Nothing is kept from one call to the next.
fn realloc_body(base: u32) -> wasm_encoder::Function {
    const OLD: u32 = 0;
    const OLD_SIZE: u32 = 1;
    const ALIGN: u32 = 2;
    const SIZE: u32 = 3;
    const AT: u32 = 4;
    const END: u32 = 5;
    let base = base.cast_signed();
    let mut body = wasm_encoder::Function::new([(2, ValType::I32)]);
    let mut code = body.instructions();
    // at = (base + used + align - 1) & -align
    code.global_get(0).i32_const(base).i32_add().local_get(ALIGN).i32_add().i32_const(1).i32_sub();
    code.i32_const(0).local_get(ALIGN).i32_sub().i32_and().local_set(AT);
    // end = at + size, which must not wrap around
    code.local_get(AT).local_get(SIZE).i32_add().local_tee(END);
    code.local_get(AT).i32_lt_u().if_(wasm_encoder::BlockType::Empty).unreachable().end();
    // while end > memory.size * PAGE, grow by what is missing
    code.local_get(END).i32_const(16).i32_shr_u().memory_size(0).i32_ge_u();
    code.if_(wasm_encoder::BlockType::Empty);
    code.local_get(END).i32_const(16).i32_shr_u().memory_size(0).i32_sub().i32_const(1).i32_add();
    code.memory_grow(0).i32_const(-1).i32_eq();
    code.if_(wasm_encoder::BlockType::Empty).unreachable().end().end();
    code.local_get(END).i32_const(base).i32_sub().global_set(0);
    // what was there before is copied
    code.local_get(AT).local_get(OLD).local_get(OLD_SIZE).memory_copy(0, 0);
    code.local_get(AT).end();
    body
}
