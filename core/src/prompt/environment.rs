//! The engine, set up as Jinja2's defaults are.

use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use super::{filters, globals, methods, python};

/// Work that the rendering of one message may do: an instruction is one, as are 64 bytes of text made. That is
/// enough for lists of some ten thousand items, and bounds the memory to some tens of megabytes.
const FUEL: u64 = 500_000;

/// Levels that macros and recursive loops may be nested.
const DEPTH: usize = 100;

/// An engine without templates.
pub(super) fn new() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(DEPTH);
    environment.set_undefined_behavior(UndefinedBehavior::Lenient);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_formatter(python::write);
    environment.set_unknown_method_callback(methods::call);
    // For messages that name the variable which is undefined.
    environment.set_debug(true);
    filters::add(&mut environment);
    globals::add(&mut environment);
    environment
}
