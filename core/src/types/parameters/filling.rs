//! Parameters that are filled in from who the caller is.

use std::sync::Arc;

use super::Parameters;
use crate::call::Principal;
use crate::types::json_text;
use crate::types::place::{Absent, Place, Problems};
use crate::value::Object;

impl Parameters {
    /// The values of the parameters that come from the caller, converted. An argument of such a name is refused, whatever it
    /// is, and taken out of `arguments`.
    pub(super) fn fill(
        &self,
        arguments: &mut Object,
        absent: Absent,
        caller: Option<&Principal>,
        problems: &mut Problems,
    ) -> Object {
        let mut filled = Object::new();
        for parameter in &self.list {
            let Some(claim) = &parameter.claim else { continue };
            let (name, ty) = (&parameter.name, &parameter.ty);
            if arguments.remove(name).is_some() {
                problems.taken(name);
                continue;
            }
            // Callers may not know all that their identity provider says of them.
            let place = Place::root(name, true);
            let mut wrong = Problems::of(absent);
            let value = match claim.of(caller) {
                None if parameter.is_required() => {
                    problems.unclaimed(name, claim, caller.is_some());
                    continue;
                }
                None => ty.absent(&place, &mut wrong),
                Some(value) => match json_text::limit_depth(&value, place.levels_left()) {
                    Ok(()) => Some(ty.convert(value, &place, &mut wrong)),
                    Err(fault) => {
                        wrong.invalid(&place, &fault.text(true));
                        None
                    }
                },
            };
            match (wrong.finish(), value) {
                (Some(errors), _) => problems.misfit(name, claim, &errors),
                (None, Some(value)) => filled.push(Arc::clone(name), value),
                (None, None) => {}
            }
        }
        filled
    }
}
