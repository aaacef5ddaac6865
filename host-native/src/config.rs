//! The user file `~/.mxcp/config.yml`, as far as the program reads it.

use std::path::Path;
use std::{fs, io};

use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::schema::{self, Transport, TransportName};
use mxcp_core::source::SourceFile;
use mxcp_core::yaml;

use crate::environment::Environment;
use crate::failure::Failure;

/// What the user file says.
#[derive(Debug, Default)]
pub(crate) struct UserFile {
    written: schema::User,
}

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
        let text = yaml::decode(bytes)
            .map_err(|problem| Failure::project(WHAT, [problem.at(path.display().to_string())]))?;
        let file = SourceFile::new(path.display().to_string(), text);
        match schema::User::load(&file, &mut findings) {
            Some(written) => Ok(Self { written }),
            None => Err(Failure::project(WHAT, findings)),
        }
    }

    /// Whether it has an entry for a project.
    pub(crate) fn knows_project(&self, name: &str) -> bool {
        self.written.projects.as_ref().is_some_and(|projects| projects.contains_key(name))
    }

    /// Who vouches for the callers of a project's profile; nobody if there is no authentication.
    pub(crate) fn identity_provider(&self, project: &str, profile: &str) -> Option<&str> {
        let project = self.written.projects.as_ref()?.get(project)?.as_ref()?;
        let profile = project.profiles.as_ref()?.get(profile)?.as_ref()?;
        profile.auth.as_ref()?.provider.as_deref().filter(|provider| *provider != "none")
    }

    /// How `serve` is reached.
    pub(crate) fn transport(&self) -> Transport {
        self.written.transport.clone().unwrap_or_default()
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
        assert_eq!(user.transport().provider, Some(TransportName::Stdio));
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
        let provider = message("transport: {provider: carrier-pigeon}\n");
        assert!(
            provider.starts_with("Invalid user config: transport.provider: Input should be "),
            "{provider}"
        );
        assert!(message("a: [\n").starts_with("Invalid user config: "));
    }
}
