//! Tool components as the core sees them: what their exports take and give, and how that meets a definition.
//!
//! A component is described by a [`World`], which a host reads from its bytes. The core decides whether a definition and a
//! [`Function`] agree, turns arguments into [`Value`]s of WIT types, and turns a result back. Hosts move values into
//! and out of the component, nothing else, so that a call means the same in every host.

mod definition;
mod find;
mod grant;
mod lift;
mod lower;
mod name;
mod narrow;
mod scaffold;
#[cfg(test)]
mod tests;
mod ty;
mod unify;
mod value;
mod write;

pub use find::NoFunction;
pub use grant::Grant;
pub(crate) use narrow::narrow;
pub use scaffold::scaffold;
pub use ty::{Case, Component, Field, Function, Parameter, Type, World};
pub(crate) use unify::unify;
pub use value::Value;

/// The cases of a `result` that is no function's result: `ok` and `error`, tagged as those of a variant.
fn result_cases(ok: Option<&Type>, error: Option<&Type>) -> [Case; 2] {
    let case = |name: &str, ty: Option<&Type>| Case { name: name.to_owned(), ty: ty.cloned() };
    [case("ok", ok), case("error", error)]
}
