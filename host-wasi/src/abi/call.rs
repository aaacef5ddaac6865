//! A whole call.

use mxcp_core::wit::{Function, Value};

use super::layout::Layout;
use super::lift::Lifting;
use super::lower::{Blocks, Lowering};
use super::memory::{Fault, Memory};
use super::signature::Signature;

/// Calls a function: `raw` gets a slot per parameter of its core signature, and gives the slot of its result, if it has
/// one. The arguments' memory is given back after the call, and that of the result once it is read.
///
/// # Errors
/// The arguments are not of the function's types, or what came back is no value of its type.
pub fn call(
    memory: &mut impl Memory,
    function: &Function,
    arguments: &[Value],
    raw: &mut dyn FnMut(&[u64]) -> u64,
) -> Result<Option<Value>, Fault> {
    let mut blocks = Blocks::default();
    let result = passed(memory, &mut blocks, function, arguments, raw);
    blocks.free(memory);
    result
}

fn passed(
    memory: &mut impl Memory,
    blocks: &mut Blocks,
    function: &Function,
    arguments: &[Value],
    raw: &mut dyn FnMut(&[u64]) -> u64,
) -> Result<Option<Value>, Fault> {
    if function.parameters.len() != arguments.len() {
        return Err(Fault::Misfit);
    }
    let signature = Signature::of(function);
    let types = || function.parameters.iter().map(|parameter| &parameter.ty);
    let mut slots = Vec::new();
    let mut lowering = Lowering { memory: &mut *memory, blocks: &mut *blocks };
    if signature.indirect {
        let layout = Layout::sequence(types());
        let at = lowering.blocks.allocate(lowering.memory, layout.size, layout.align)?;
        lowering.store_all(types().zip(arguments), at)?;
        slots.push(at.into());
    } else {
        for (ty, value) in types().zip(arguments) {
            lowering.flat(ty, value, &mut slots)?;
        }
    }
    let Some(ty) = &function.result else {
        raw(&slots);
        return Ok(None);
    };
    if signature.return_pointer {
        let layout = Layout::of(ty);
        let at = blocks.allocate(memory, layout.size, layout.align)?;
        slots.push(at.into());
        raw(&slots);
        return Lifting { memory }.load(ty, at).map(Some);
    }
    let result = [raw(&slots)];
    let flat: &[u64] = if signature.results.is_empty() { &[] } else { &result };
    Lifting { memory }.flat(ty, &mut &*flat).map(Some)
}
