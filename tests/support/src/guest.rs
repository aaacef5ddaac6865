//! Components that have the types of a WIT text and no meaning.

use anyhow::Context as _;
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

/// A component of the only world in `wit`. Its functions trap when they are called.
///
/// # Errors
/// The text is no WIT, or has no world or several.
pub fn encode(wit: &str) -> anyhow::Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("guest.wit", wit)?;
    let world = resolve.select_world(&[package], None)?;
    let mut module = wit_component::dummy_module(&resolve, world, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default().module(&module)?.validate(true).encode().context("no component comes of it")
}
