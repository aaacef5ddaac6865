//! The user file `~/.mxcp/config.yml`, as far as the program reads it.
//!
//! Sections that are not listed here are accepted without being looked at.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use mxcp_core::diagnostic::{Code, Diagnostic, Diagnostics};
use mxcp_core::source::{SourceFile, Span};
use mxcp_core::yaml::{self, Data, Document};
use serde::Deserialize;

use crate::environment::Environment;
use crate::failure::Failure;

/// What the user file says.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct UserFile {
    projects: Option<BTreeMap<String, Option<ProjectEntry>>>,
    transport: Option<Transport>,
}

#[derive(Debug, Deserialize)]
struct ProjectEntry {
    profiles: Option<BTreeMap<String, Option<ProfileEntry>>>,
}

#[derive(Debug, Deserialize)]
struct ProfileEntry {
    auth: Option<Auth>,
}

#[derive(Debug, Deserialize)]
struct Auth {
    provider: Option<String>,
}

/// How `serve` is reached unless its options say otherwise.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Transport {
    /// The transport itself.
    pub(crate) provider: Option<TransportKind>,
    /// Where HTTP listens.
    pub(crate) http: Option<Http>,
}

/// The transports there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TransportKind {
    /// HTTP, answers and notifications on one path.
    StreamableHttp,
    /// The older HTTP transport with a separate event stream.
    Sse,
    /// Standard input and output.
    Stdio,
}

/// Where HTTP listens.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Http {
    /// Port; 8000 if absent.
    pub(crate) port: Option<u16>,
    /// Host name or address; `localhost` if absent.
    pub(crate) host: Option<String>,
    /// Whether requests stand alone, without sessions.
    pub(crate) stateless: Option<bool>,
}

impl UserFile {
    /// Reads the user file; where none is, everything has its default.
    ///
    /// # Errors
    /// `MXCP_CONFIG` names a file that does not exist, or the file can't be used.
    pub(crate) fn load(environment: &Environment) -> Result<Self, Failure> {
        let Some(path) = environment.user_file() else {
            return Ok(Self::default());
        };
        match fs::read(&path) {
            Ok(bytes) => Self::parse(&path, &bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => match environment.config {
                Some(_) => Err(Failure::message(format!("MXCP user config not found at {}", path.display()))),
                None => Ok(Self::default()),
            },
            Err(error) => {
                Err(Failure::message(format!("MXCP user config {} can't be read: {error}", path.display())))
            }
        }
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Self, Failure> {
        const WHAT: &str = "Invalid user config";
        let mut findings = Diagnostics::new();
        let text = yaml::decode(bytes).map_err(|problem| Failure::project(WHAT, [problem]))?;
        let file = SourceFile::new(path.display().to_string(), text);
        let Some(document) = Document::parse(&file, &mut findings).filter(|_| !findings.has_errors()) else {
            return Err(Failure::project(WHAT, findings));
        };
        let problem = match document.root().data {
            Data::Null => return Ok(Self::default()),
            Data::Mapping(_) => match document.deserialize() {
                Ok(user) => return Ok(user),
                Err(error) => error.to_string(),
            },
            _ => "MXCP user config must be a mapping".to_owned(),
        };
        let problem = Diagnostic::error(Code::InvalidValue, problem).label(Span::new(&file, 0..0), "");
        Err(Failure::project(WHAT, [problem]))
    }

    /// Whether it has an entry for a project.
    pub(crate) fn knows_project(&self, name: &str) -> bool {
        self.projects.as_ref().is_some_and(|projects| projects.contains_key(name))
    }

    /// Who vouches for the callers of a project's profile; nobody if there is no authentication.
    pub(crate) fn identity_provider(&self, project: &str, profile: &str) -> Option<&str> {
        let project = self.projects.as_ref()?.get(project)?.as_ref()?;
        let profile = project.profiles.as_ref()?.get(profile)?.as_ref()?;
        profile.auth.as_ref()?.provider.as_deref().filter(|provider| *provider != "none")
    }

    /// How `serve` is reached.
    pub(crate) fn transport(&self) -> Transport {
        self.transport.clone().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<UserFile, Failure> {
        UserFile::parse(Path::new("config.yml"), text.as_bytes())
    }

    #[test]
    fn transport_is_read_and_other_sections_are_passed_over() {
        let text = "mxcp: 1\nvault: {enabled: true}\nprojects: {shop: }\n\
                    transport: {provider: stdio, http: {port: \"9000\", stateless: yes}}\n";
        let user = parse(text).unwrap();
        let http = user.transport().http.unwrap();
        assert_eq!(user.transport().provider, Some(TransportKind::Stdio));
        assert_eq!((http.port, http.host, http.stateless), (Some(9000), None, Some(true)));
        assert!(user.knows_project("shop") && !user.knows_project("zoo"));
    }

    #[test]
    fn the_identity_provider_is_that_of_the_profile() {
        let user = parse(
            "projects: {p: {profiles: {a: {auth: {provider: github}}, b: {auth: {provider: none}}, c: }}}",
        );
        let user = user.unwrap();
        let provider = |profile| user.identity_provider("p", profile);
        assert_eq!(
            [provider("a"), provider("b"), provider("c"), provider("d")],
            [Some("github"), None, None, None]
        );
    }

    #[test]
    fn an_empty_file_has_every_default() {
        assert!(parse("# nothing\n").unwrap().transport().provider.is_none());
        assert!(parse("transport:\nprojects:\n").unwrap().transport().http.is_none());
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        let message = |text: &str| match parse(text) {
            Err(Failure::Project { message, .. }) => message,
            other => panic!("{other:?}"),
        };
        assert_eq!(message("- a\n"), "Invalid user config: MXCP user config must be a mapping");
        assert!(message("transport: {provider: carrier-pigeon}\n").contains("carrier-pigeon"));
        assert!(message("a: [\n").starts_with("Invalid user config: "));
    }
}
