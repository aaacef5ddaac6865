//! The user file `~/.mxcp/config.yml`: found, read and its references followed.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::reference::Resolver;
use mxcp_core::schema::TransportName;
use mxcp_core::source::SourceFile;
use mxcp_core::user::{Active, User};
use mxcp_core::yaml;

use crate::environment::Environment;
use crate::failure::Failure;
use crate::file;
use crate::references::{Local, References};

/// What introduces the problems of the file.
const WHAT: &str = "Invalid user config";

/// The transports there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum TransportKind {
    /// HTTP, answers and notifications on one path.
    StreamableHttp,
    /// The older HTTP transport with a separate event stream.
    Sse,
    /// Standard input and output.
    Stdio,
}

impl From<TransportName> for TransportKind {
    fn from(name: TransportName) -> Self {
        match name {
            TransportName::StreamableHttp => Self::StreamableHttp,
            TransportName::Sse => Self::Sse,
            TransportName::Stdio => Self::Stdio,
        }
    }
}

/// What the user file says to a profile, and the files that it refers to; where there is none, everything has its default.
/// Warnings go to `warnings`.
///
/// # Errors
/// `MXCP_CONFIG` names a file that does not exist, or the file can't be used.
pub(crate) fn load(
    environment: &Environment,
    active: Active<'_>,
    warnings: &mut Diagnostics,
) -> Result<(User, BTreeSet<PathBuf>), Failure> {
    match read(environment)? {
        Some((path, bytes)) => {
            let mut references = References::starting_at(&environment.folder);
            let user = parse(&path, &bytes, active, &mut references, warnings)?;
            Ok((user, references.into_files()))
        }
        None => Ok((User::default(), BTreeSet::new())),
    }
}

/// What the user file says, as far as it can be told from this machine alone.
#[derive(Debug)]
pub(crate) struct Seen {
    /// What it says; the reason if it can't be used.
    pub(crate) user: Result<User, Failure>,
    /// How many references lead to secret managers elsewhere. They count as empty texts.
    pub(crate) passed_over: usize,
}

/// What the user file says to a profile, without a network. Warnings go to `warnings`.
pub(crate) fn look(environment: &Environment, active: Active<'_>, warnings: &mut Diagnostics) -> Seen {
    let mut local = Local::new(References::starting_at(&environment.folder));
    let user = read(environment).and_then(|found| match found {
        Some((path, bytes)) => parse(&path, &bytes, active, &mut local, warnings),
        None => Ok(User::default()),
    });
    Seen { user, passed_over: local.passed_over() }
}

/// Whether the user file has an entry for a project. Nothing else of it has to be right.
///
/// # Errors
/// `MXCP_CONFIG` names a file that does not exist, or the file can't be read.
pub(crate) fn mentions(environment: &Environment, project: &str) -> Result<bool, Failure> {
    match read(environment)? {
        Some((path, bytes)) => Ok(User::mentions(&source(&path, &bytes)?, project)),
        None => Ok(false),
    }
}

/// The user file's path and bytes; none if there is none and none was asked for.
fn read(environment: &Environment) -> Result<Option<(PathBuf, Vec<u8>)>, Failure> {
    let Some(path) = environment.user_file() else {
        return Ok(None);
    };
    match file::read(&environment.folder.join(&path)) {
        Ok(Some(bytes)) => Ok(Some((path, bytes))),
        Ok(None) => Err(file::too_large(WHAT, &path.display().to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match environment.config {
            Some(_) => Err(Failure::advised(
                format!("MXCP user config not found at {}", path.display()),
                "`MXCP_CONFIG` names this file: correct the variable or unset it",
            )),
            None => Ok(None),
        },
        Err(error) => {
            Err(Failure::message(format!("MXCP user config {} can't be read: {error}", path.display())))
        }
    }
}

fn source(path: &Path, bytes: &[u8]) -> Result<Arc<SourceFile>, Failure> {
    let text = yaml::decode(bytes)
        .map_err(|problem| Failure::project(WHAT, [problem.at(path.display().to_string())]))?;
    Ok(SourceFile::new(path.display().to_string(), text))
}

fn parse(
    path: &Path,
    bytes: &[u8],
    active: Active<'_>,
    resolver: &mut dyn Resolver,
    warnings: &mut Diagnostics,
) -> Result<User, Failure> {
    let mut findings = Diagnostics::new();
    match User::load(&source(path, bytes)?, active, resolver, &mut findings) {
        Some(user) => {
            warnings.extend(findings);
            Ok(user)
        }
        None => Err(Failure::project(WHAT, findings)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTIVE: Active<'static> = Active { project: "shop", profile: "dev" };

    fn load_text(text: &str) -> Result<(User, usize), Failure> {
        let mut warnings = Diagnostics::new();
        let mut references = References::default();
        let user = parse(Path::new("config.yml"), text.as_bytes(), ACTIVE, &mut references, &mut warnings)?;
        Ok((user, warnings.iter().count()))
    }

    #[test]
    fn warnings_are_handed_on() {
        let text = "projects: {shop: {profiles: {dev: {secrets: [{name: a, type: b}, {name: a, type: b}]}}}}";
        let (user, warnings) = load_text(text).unwrap();
        assert_eq!((user.secrets().iter().count(), warnings), (1, 1));
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        let message = |text: &str| match load_text(text) {
            Err(Failure::Project { message, .. }) => message,
            other => panic!("{other:?}"),
        };
        assert_eq!(message("- a\n"), "Invalid user config: MXCP user config must be a mapping");
        assert!(
            message("transport: {provider: pigeon}\n")
                .starts_with("Invalid user config: transport.provider: ")
        );
        let message = message("a: [\n");
        assert!(message.starts_with("Invalid user config: "), "{message}");
        assert!(message.ends_with("(config.yml, line 2, column 1)"), "{message}");
    }

    #[test]
    fn a_file_that_was_asked_for_has_to_exist() {
        let folder = tempfile::tempdir().unwrap();
        let mut environment = Environment { home: Some(folder.path().to_owned()), ..Environment::default() };
        assert!(!mentions(&environment, "shop").unwrap());
        environment.config = Some(folder.path().join("nope.yml"));
        let problem = load(&environment, ACTIVE, &mut Diagnostics::new());
        assert!(
            matches!(problem, Err(Failure::Other(error)) if error.to_string().starts_with("MXCP user config not found at "))
        );
    }
}
