//! What to do about a failure: said to people below the error, and to nobody else.

use std::path::Path;

use mxcp_admin::ClientError;
use mxcp_core::call::CallError;
use mxcp_core::definition::Kind;
use mxcp_core::registry::Registry;

use crate::project::SITE_FILE;

/// A problem with what to do about it.
#[derive(Debug)]
pub(crate) struct Advised {
    problem: String,
    help: String,
}

impl Advised {
    pub(crate) fn new(problem: impl Into<String>, help: impl Into<String>) -> Self {
        Self { problem: problem.into(), help: help.into() }
    }
}

impl std::fmt::Display for Advised {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.problem)
    }
}

impl std::error::Error for Advised {}

/// What to do about an error, if there is more to say than it says itself.
pub(crate) fn on(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        if let Some(advised) = cause.downcast_ref::<Advised>() {
            return Some(advised.help.clone());
        }
        let help = if let Some(error) = cause.downcast_ref::<CallError>() {
            of_call(error)?
        } else if let Some(mxcp_server::Error::AddressInUse { .. }) = cause.downcast_ref() {
            "end the program that listens there, or choose another port with `--port`"
        } else if let Some(ClientError::Nobody { .. }) = cause.downcast_ref() {
            "start the server with `MXCP_ADMIN_ENABLED=1`; where it opens its socket elsewhere, name that in `MXCP_ADMIN_SOCKET`"
        } else {
            return None;
        };
        Some(help.to_owned())
    })
}

/// What the author of an endpoint can do about a call of it that failed.
fn of_call(error: &CallError) -> Option<&'static str> {
    match error {
        // What a caller may not know of is spoken of as what does not exist.
        CallError::UnknownEndpoint { .. } => Some(LIST),
        CallError::InputDenied { .. } | CallError::OutputDenied { .. } => Some(
            "`mxcp policy explain` with the same name, `--param` and `--user-context` shows which rule decided, and why",
        ),
        CallError::Shape(problem) if problem == NO_ROW => Some(
            "`return` promises one value, and there was no row: have the SQL give one, or declare a list with `type: array`",
        ),
        CallError::Execution(problem)
            if BOUND
                .iter()
                .any(|kind| problem.strip_prefix(OF_SQL).is_some_and(|rest| rest.starts_with(kind))) =>
        {
            Some("`mxcp validate` shows the place in the SQL")
        }
        _ => None,
    }
}

/// What to do about a name that is none.
const LIST: &str = "`mxcp list` shows what there is";

/// What a call is told whose SQL gave nothing where there has to be something.
const NO_ROW: &str = "No results returned";

/// How errors of the database begin.
const OF_SQL: &str = "Failed to execute SQL: ";

/// Errors that come up before SQL runs, so that `validate` finds them as well.
const BOUND: [&str; 4] =
    ["Binder Error", "Catalog Error", "Parser Error", "Invalid Input Error: Values were not provided"];

/// What to do where there is no project around a folder.
pub(crate) fn without_project(folder: &Path) -> Advised {
    let problem = format!("No {SITE_FILE} found in current directory or parents");
    let misnamed = folder
        .ancestors()
        .map(|above| above.join(SITE_FILE).with_extension("yaml"))
        .find(|file| file.is_file());
    let help = match misnamed {
        Some(file) => format!("rename `{}` to `{SITE_FILE}`", file.display()),
        None => "go to the folder of a project, or make one: `mxcp init NAME`".to_owned(),
    };
    Advised::new(problem, help)
}

/// What to do where no endpoint of a kind has this name.
pub(crate) fn without_endpoint(kind: Kind, name: &str, registry: &Registry, is_broken: bool) -> Advised {
    let problem = CallError::UnknownEndpoint { kind, name: name.to_owned() }.to_string();
    let known = registry.endpoints().filter(|endpoint| endpoint.kind == kind);
    let near = known.map(|endpoint| endpoint.name.as_str()).find(|known| is_near(name, known));
    let other = registry.endpoints().find(|endpoint| endpoint.kind != kind && endpoint.name == name);
    let help = if is_broken {
        "the errors above keep it from being used".to_owned()
    } else if let Some(near) = near {
        format!("did you mean `{near}`?")
    } else if let Some(other) = other {
        format!("there is a {} of this name", other.kind)
    } else {
        LIST.to_owned()
    };
    Advised::new(problem, help)
}

/// Whether a name is another one with a mistake in it.
fn is_near(name: &str, known: &str) -> bool {
    let plain = |name: &str| name.to_lowercase().replace('-', "_");
    strsim::damerau_levenshtein(&plain(name), &plain(known)) <= 1 + name.len() / 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_to_do_about_the_cause_of_an_error() {
        let denied = CallError::InputDenied { reason: "no".to_owned() };
        let error = anyhow::Error::new(denied).context("the call failed");
        assert!(on(&error).is_some_and(|help| help.contains("mxcp policy explain")));
        let bound = CallError::Execution("Failed to execute SQL: Binder Error: x".to_owned());
        assert!(on(&bound.into()).is_some_and(|help| help.contains("mxcp validate")));
        let ran = CallError::Execution("Failed to execute SQL: Conversion Error: x".to_owned());
        assert_eq!(on(&ran.into()), None);
        assert_eq!(on(&anyhow::Error::msg("x")), None);
    }

    #[test]
    fn names_with_a_mistake_are_near() {
        assert!(is_near("stok", "stock") && is_near("Stock-Level", "stock_level"));
        assert!(!is_near("stock", "prices"));
    }
}
