//! Calls of component functions by the canonical ABI: values of WIT types into the slots and bytes of a core signature,
//! and back.
//!
//! Which functions there are is known at build time only, so no generated bindings can do it. Everything works on a
//! [`Memory`], so that the same code runs on the instance's own memory and on a test's.
//!
//! A flat value is a slot of 64 bits: a smaller one stands in its low bits, zero above. That makes the joining of what
//! different cases of a variant carry a matter of types alone: the bits in the slot are the same for each.

mod call;
mod layout;
mod lift;
mod lower;
mod memory;
mod signature;
#[cfg(test)]
mod tests;

pub use call::call;
pub use layout::Layout;
pub use memory::{Fault, Memory};
pub use signature::{Flat, MOST_SLOTS, Signature};
