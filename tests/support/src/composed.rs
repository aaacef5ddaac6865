//! A component that is made of two.

use anyhow::Context as _;
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, PackageId, plug};
use wasm_encoder::{
    CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, ImportSection, MemorySection, MemoryType, Module, TypeSection, ValType,
};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

/// The world of the component that asks: it needs another one to know what numbers are.
const WIT: &str = "
package acme:orders@1.0.0;
interface payment {
    /// Whether a number is that of a payment card.
    is-card: func(number: string) -> bool;
}
world orders {
    import acme:identifiers/check@1.0.0;
    export payment;
}";

/// Where memory is free.
const FREE: i32 = 1024;

/// The bit of `payment-card` among the flags that `kinds-of` gives.
const CARD: i32 = 3;

/// A component that answers `acme:orders/payment.is-card` with the help of `identifiers`, which is in it; `wit` is that
/// one's.
///
/// # Errors
/// They don't fit together.
pub fn orders(identifiers: &[u8], wit: &str) -> anyhow::Result<Vec<u8>> {
    let mut graph = CompositionGraph::new();
    let socket = register(&mut graph, "acme:orders", asking(wit)?)?;
    let answering = register(&mut graph, "acme:identifiers", identifiers.to_vec())?;
    plug(&mut graph, vec![answering], socket)?;
    graph.encode(EncodeOptions::default()).context("the two can't be composed")
}

fn register(graph: &mut CompositionGraph, name: &str, bytes: Vec<u8>) -> anyhow::Result<PackageId> {
    let package = Package::from_bytes(name, None, bytes, graph.types_mut())?;
    Ok(graph.register_package(package)?)
}

/// The component that asks.
fn asking(wit: &str) -> anyhow::Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    resolve.push_str("identifiers.wit", wit)?;
    let package = resolve.push_str("orders.wit", WIT)?;
    let world = resolve.select_world(&[package], None)?;
    let mut module = module();
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default().module(&module)?.validate(true).encode()
}

/// `is-card` as a core module: it hands its text on and looks at one bit of the answer.
fn module() -> Vec<u8> {
    let int = ValType::I32;
    let mut types = TypeSection::new();
    types.ty().function([int, int], [int]);
    types.ty().function([int; 4], [int]);
    let mut imports = ImportSection::new();
    imports.import("acme:identifiers/check@1.0.0", "kinds-of", EntityType::Function(0));
    let mut functions = FunctionSection::new();
    functions.function(0).function(1);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut globals = GlobalSection::new();
    let free = GlobalType { val_type: int, mutable: true, shared: false };
    globals.global(free, &ConstExpr::i32_const(FREE));
    let mut exports = ExportSection::new();
    exports.export("acme:orders/payment@1.0.0#is-card", ExportKind::Func, 1);
    exports.export("cabi_realloc", ExportKind::Func, 2);
    exports.export("memory", ExportKind::Memory, 0);

    let mut is_card = Function::new([]);
    is_card
        .instructions()
        .local_get(0)
        .local_get(1)
        .call(0)
        .i32_const(CARD)
        .i32_shr_u()
        .i32_const(1)
        .i32_and()
        .end();
    // Only texts are put into its memory, so nothing has to be aligned; and nothing is given back.
    let mut realloc = Function::new([]);
    realloc.instructions().global_get(0).global_get(0).local_get(3).i32_add().global_set(0).end();
    let mut code = CodeSection::new();
    code.function(&is_card).function(&realloc);

    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&memories).section(&globals);
    module.section(&exports).section(&code);
    module.finish()
}
