//! What is said of a component that failed.

use mxcp_runtime::ports::ComponentError;
use wasmtime::{PoolConcurrencyLimitError, Trap};
use wasmtime_wasi::I32Exit;

use crate::limits::Limits;

/// What wasmtime says where a component hands over more than it may at once.
const TOO_MUCH: &str = "too much data is being copied";

/// The failure as callers may know it: without the host's paths, and without what the component was about to do.
/// `refused` tells that it asked for more memory than it may have.
pub(crate) fn of_call(error: &wasmtime::Error, limits: &Limits, refused: bool) -> ComponentError {
    ComponentError::Failed(text(error, limits, refused))
}

fn text(error: &wasmtime::Error, limits: &Limits, refused: bool) -> String {
    if refused {
        return format!("component used more than its {} MiB of memory", limits.memory_mib());
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return match (trap, limits.fuel) {
            (Trap::OutOfFuel, Some(fuel)) => format!("component used more than its {fuel} units of fuel"),
            (trap, _) => format!("component trapped: {}", reason(*trap)),
        };
    }
    if let Some(I32Exit(status)) = error.downcast_ref::<I32Exit>() {
        return format!("component ended itself with status {status}");
    }
    if error.downcast_ref::<PoolConcurrencyLimitError>().is_some() {
        return "too many components run at once".to_owned();
    }
    if error.root_cause().to_string().starts_with(TOO_MUCH) {
        return too_large(limits);
    }
    "component broke a rule of its interface".to_owned()
}

/// What is said of a result that is too large.
pub(crate) fn too_large(limits: &Limits) -> String {
    format!("component gave more than its {} KiB of output", limits.output_kib())
}

fn reason(trap: Trap) -> String {
    match trap {
        Trap::UnreachableCodeReached => "unreachable".to_owned(),
        other => {
            let text = other.to_string();
            text.strip_prefix("wasm trap: ").unwrap_or(&text).to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use mxcp_core::schema::ComponentLimits;

    use super::*;

    fn said(error: impl Into<wasmtime::Error>, refused: bool) -> String {
        text(
            &error.into(),
            &Limits::new(&ComponentLimits { fuel: Some(5), ..ComponentLimits::default() }),
            refused,
        )
    }

    #[test]
    fn traps_are_named_and_nothing_else_is_told() {
        assert_eq!(said(Trap::UnreachableCodeReached, false), "component trapped: unreachable");
        assert_eq!(said(Trap::StackOverflow, false), "component trapped: call stack exhausted");
        assert_eq!(said(Trap::OutOfFuel, false), "component used more than its 5 units of fuel");
        assert_eq!(
            said(Trap::UnreachableCodeReached, true),
            "component used more than its 256 MiB of memory"
        );
        let odd = wasmtime::Error::msg("/home/user/project: secret");
        assert_eq!(said(odd, false), "component broke a rule of its interface");
    }
}
