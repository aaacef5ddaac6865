//! The user file, checked (spec `configuration.md` sections 1 and 3).

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostics};
use crate::format_version;
use crate::schema::User;
use crate::source::SourceFile;
use crate::yaml::{Data, DocPath, Document, Report, Shape};

impl User {
    /// Reads the user file; none if it has errors, which are in `findings` then. An empty file has every default.
    ///
    /// Keys that nobody knows are errors: a misspelt `auth` would otherwise open a project to everybody.
    pub fn load(file: &Arc<SourceFile>, findings: &mut Diagnostics) -> Option<Self> {
        let document = Document::parse(file, findings).filter(|_| !findings.has_errors())?;
        let mut report = Report::new(&document, findings);
        match document.root().data {
            Data::Null => return Some(Self::default()),
            Data::Mapping(_) => {
                Shape::of::<Self>().check(&mut report);
                format_version::check(&mut report);
            }
            _ => report.error(Code::WrongType, &DocPath::root(), "MXCP user config must be a mapping"),
        }
        if report.has_errors() {
            return None;
        }
        let read = document.deserialize();
        read.map_err(|error| report.error(Code::InvalidValue, &DocPath::root(), error.to_string())).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<User, Vec<String>> {
        let mut findings = Diagnostics::new();
        let user = User::load(&SourceFile::new("config.yml", text), &mut findings);
        user.ok_or_else(|| findings.iter().map(|finding| finding.summary()).collect())
    }

    fn problem(text: &str) -> String {
        load(text).expect_err("no error").join("; ")
    }

    #[test]
    fn unknown_keys_are_errors_at_every_level() {
        assert_eq!(problem("foo: 3"), "foo: Extra inputs are not permitted");
        assert_eq!(
            problem("projects: {p: {profiles: {dev: {atuh: {provider: github}}}}}"),
            "projects.p.profiles.dev.atuh: Extra inputs are not permitted"
        );
        assert_eq!(
            problem("transport: {colour: red, http: {prot: 1}}"),
            "transport.colour: Extra inputs are not permitted; transport.http.prot: Extra inputs are not permitted"
        );
    }

    #[test]
    fn values_are_checked_where_they_are_read() {
        assert_eq!(
            problem("transport: {provider: pigeon}"),
            "transport.provider: Input should be 'streamable-http', 'sse' or 'stdio'"
        );
        assert_eq!(
            problem("transport: {http: {port: 99999}}"),
            "transport.http.port: Input should be less than or equal to 65535"
        );
        assert_eq!(problem("projects: 3"), "projects: Input should be a valid dictionary");
        assert_eq!(problem("- a"), "MXCP user config must be a mapping");
    }

    #[test]
    fn a_version_as_text_asks_for_migration() {
        assert!(problem("mxcp: \"1\"").contains("MIGRATION REQUIRED"));
        assert!(load("mxcp: 1").is_ok());
    }

    #[test]
    fn null_is_the_default_of_every_section() {
        assert!(load("").is_ok());
        assert!(load("projects:\ntransport:\nvault:\n").is_ok());
        assert!(load("projects: {a: , b: {profiles: {c: }}}\ntransport: {provider: , http: }").is_ok());
    }

    #[test]
    fn sections_of_other_parts_are_passed_over() {
        let text = "vault: {enabled: true}\nlogging: {level: \"${LEVEL}\"}\nprojects: {p: {profiles: {d: {secrets: [{name: s, parameters: {k: \"${V}\"}}], auth: {provider: oidc, oidc: {scope: openid}}}}}}";
        assert!(load(text).is_ok(), "{:?}", load(text).err());
    }
}
