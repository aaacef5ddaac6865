//! `from`: parameters that come from the caller, and where none can.

use serde_json::Value as Json;

use super::json_schema::positions;
use crate::call::{Claim, ClaimError};
use crate::diagnostic::{Code, Diagnostic};
use crate::schema::TypeDef;
use crate::yaml::{DocPath, Report};

const KEY: &str = "from";

/// What the parameter at `path` takes from the caller; none if it takes nothing, or there is something wrong with it.
pub(super) fn compile(def: &TypeDef, path: &DocPath, report: &mut Report<'_>) -> Option<Claim> {
    refuse_inside(def, path, report);
    let written = def.from.as_deref()?;
    if def.header.is_some() {
        let problem = "nobody sends a header of a parameter that comes from the caller";
        report.add_at_key(&path.key("x-mcp-header"), Diagnostic::error(Code::CallerClaim, problem));
    }
    if def.examples.is_some() {
        let problem = "nobody is shown examples of a parameter that comes from the caller";
        report.add_at_key(&path.key("examples"), Diagnostic::warning(Code::CallerClaim, problem));
    }
    match Claim::parse(written) {
        Ok(claim) => Some(claim),
        Err(error) => {
            let help = match error {
                ClaimError::Token => {
                    "`get_user_external_token()` in SQL, `external_token` of the user in Python"
                }
                _ => "write `user.` and a name that conditions know, as in `user.email`",
            };
            let problem = Diagnostic::error(Code::CallerClaim, format!("`{written}` {error}"));
            report.add(&path.key(KEY), problem.help(help));
            None
        }
    }
}

/// Refuses `from` in a type that is no parameter's, and in all types inside of it.
pub(crate) fn refuse(def: &TypeDef, path: &DocPath, report: &mut Report<'_>) {
    if def.from.is_some() {
        report.add_at_key(&path.key(KEY), misplaced());
    }
    refuse_inside(def, path, report);
}

fn refuse_inside(def: &TypeDef, path: &DocPath, report: &mut Report<'_>) {
    if let Some(items) = &def.items {
        refuse(items, &path.key("items"), report);
    }
    for (name, property) in def.properties.iter().flat_map(|properties| &properties.0) {
        refuse(property, &path.key("properties").key(name.as_str()), report);
    }
    if let Some(schema) = &def.schema {
        refuse_in_schema(&Json::Object(schema.clone()), &path.key("schema"), report);
    }
}

/// Refuses `from` in a JSON Schema, where it would be served to everybody and mean nothing.
pub(super) fn refuse_in_schema(schema: &Json, path: &DocPath, report: &mut Report<'_>) {
    for position in positions(schema, path) {
        if position.written.get(KEY).is_some_and(Json::is_string) {
            report.add_at_key(&position.path.key(KEY), misplaced());
        }
    }
}

fn misplaced() -> Diagnostic {
    let problem = "only a parameter of the list `parameters` can come from the caller";
    Diagnostic::error(Code::CallerClaim, problem)
        .help("make it a parameter of its own, which nobody is told of")
}
