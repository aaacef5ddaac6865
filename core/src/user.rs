//! The user file: read, its references followed, checked (spec `configuration.md` sections 1, 3 and 6).

mod auth;
mod resolve;
mod transport;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::format_version;
use crate::reference::Resolver;
use crate::schema;
use crate::secret::{Secret, Secrets};
use crate::source::SourceFile;
use crate::yaml::{Data, DocPath, Document, Report, Shape};

/// What the user file says to one profile of one project, references followed.
///
/// Any text in it may come from a reference, so its `Debug` shows none.
#[derive(Clone, Default)]
pub struct User {
    /// How `serve` is reached.
    pub transport: schema::Transport,
    /// Language models for evaluations.
    pub models: schema::Models,
    /// The log.
    pub logging: schema::Logging,
    /// What it says to the profile: empty if it doesn't mention it.
    pub profile: schema::UserProfile,
    /// The file as written, with references followed and without other profiles.
    pub written: Map<String, Json>,
    /// Where in the profile values come from references.
    followed: Vec<String>,
}

/// The profile that the user file is read for.
#[derive(Clone, Copy, Debug)]
pub struct Active<'a> {
    /// Name of the project.
    pub project: &'a str,
    /// Name of its profile.
    pub profile: &'a str,
}

impl User {
    /// Reads the user file; none if it has errors, which are in `findings` then. An empty file has every default.
    ///
    /// References are followed in the top-level sections and in the active profile. Everything else is left alone: of
    /// other profiles only the shape is checked, so what is absent on this machine does no harm to those who don't need
    /// it.
    ///
    /// Keys that nobody knows are errors: a misspelt `auth` would otherwise open a project to everybody.
    pub fn load(
        file: &Arc<SourceFile>,
        active: Active<'_>,
        resolver: &mut dyn Resolver,
        findings: &mut Diagnostics,
    ) -> Option<Self> {
        let mut own = Diagnostics::new();
        let user = read(file, active, resolver, &mut own);
        let failed = own.has_errors();
        findings.extend(own);
        user.filter(|_| !failed)
    }

    /// Whether a user file has an entry for a project. Nothing else of the file is looked at.
    #[must_use]
    pub fn mentions(file: &Arc<SourceFile>, project: &str) -> bool {
        let document = Document::parse_first(file, &mut Diagnostics::new());
        document
            .is_some_and(|document| document.node(&DocPath::root().key("projects").key(project)).is_some())
    }

    /// Whether a part of the profile, as in `auth.oidc.claim_mappings`, comes from references, wholly or in part.
    #[must_use]
    pub fn is_followed(&self, path: &str) -> bool {
        self.followed
            .iter()
            .any(|followed| resolve::is_below(followed, path) || resolve::is_below(path, followed))
    }

    /// The credentials of the profile.
    #[must_use]
    pub fn secrets(&self) -> Secrets {
        self.profile.secrets.iter().flatten().map(Secret::from).collect()
    }
}

impl fmt::Debug for User {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("User").finish_non_exhaustive()
    }
}

fn read(
    file: &Arc<SourceFile>,
    active: Active<'_>,
    resolver: &mut dyn Resolver,
    findings: &mut Diagnostics,
) -> Option<User> {
    let mut document = Document::parse_first(file, findings).filter(|_| !findings.has_errors())?;
    match document.root().data {
        Data::Null => return Some(User::default()),
        Data::Mapping(_) => {}
        _ => {
            let problem = "MXCP user config must be a mapping";
            Report::new(&document, findings).error(Code::WrongType, &DocPath::root(), problem);
            return None;
        }
    }
    let followed = resolve::follow(&mut document, active, resolver, findings);
    let mut checked = Diagnostics::new();
    let mut report = Report::new(&document, &mut checked);
    Shape::of::<schema::User>().check(&mut report);
    format_version::check(&mut report);
    let passive = passive_profiles(&document, active);
    findings.extend(checked.into_iter().filter_map(|finding| {
        let waits = passive.iter().any(|profile| resolve::is_below(&finding.path, &profile.to_string()))
            && finding_is_reference(&document, &finding);
        (!waits).then(|| followed.conceal(finding))
    }));
    if findings.has_errors() {
        return None;
    }
    // Nobody needs other profiles, and references in them have no value yet.
    passive.iter().for_each(|profile| document.replace(profile, Data::Null));
    // What serde says may quote a value; the check of the shape has found everything before.
    let Ok(written) = document.deserialize::<schema::User>() else {
        let problem = "a value is not of the kind that the format asks for";
        Report::new(&document, findings).error(Code::InvalidValue, &DocPath::root(), problem);
        return None;
    };
    let as_written = document.deserialize().unwrap_or_default();
    let place = DocPath::root().key("projects").key(active.project).key("profiles").key(active.profile);
    let user =
        User { written: as_written, followed: followed.below(&place.to_string()), ..lower(written, active) };
    let mut checked = Diagnostics::new();
    let mut report = Report::new(&document, &mut checked);
    if let Some(auth) = &user.profile.auth {
        auth::check(auth, &place.key("auth"), &mut report);
    }
    transport::check(&user.transport, &DocPath::root().key("transport"), &mut report);
    same_names(&user.profile, &place.key("secrets"), &mut report);
    findings.extend(checked.into_iter().map(|finding| followed.conceal(finding)));
    Some(user)
}

fn lower(written: schema::User, active: Active<'_>) -> User {
    let project = written.projects.unwrap_or_default().remove(active.project).flatten().unwrap_or_default();
    let profile = project.profiles.unwrap_or_default().remove(active.profile).flatten();
    User {
        transport: written.transport.unwrap_or_default(),
        models: written.models.unwrap_or_default(),
        logging: written.logging.unwrap_or_default(),
        profile: profile.unwrap_or_default(),
        written: Map::new(),
        followed: Vec::new(),
    }
}

/// The profiles of the file that are not the active one.
fn passive_profiles(document: &Document, active: Active<'_>) -> Vec<DocPath> {
    let projects = DocPath::root().key("projects");
    let keys = |path: &DocPath| match document.node(path).map(|node| &node.data) {
        Some(Data::Mapping(entries)) => entries.iter().map(|entry| entry.key.clone()).collect(),
        _ => Vec::new(),
    };
    let mut passive = Vec::new();
    for project in keys(&projects) {
        let profiles = projects.key(project.as_str()).key("profiles");
        for profile in keys(&profiles) {
            if (project.as_str(), profile.as_str()) != (active.project, active.profile) {
                passive.push(profiles.key(profile));
            }
        }
    }
    passive
}

/// Whether a finding is about a value that is a reference: what is wrong with it shows when it is followed.
fn finding_is_reference(document: &Document, finding: &Diagnostic) -> bool {
    resolve::references(document, &DocPath::root()).iter().any(|path| path.to_string() == finding.path)
}

/// Of secrets with the same name only one can be meant.
fn same_names(profile: &schema::UserProfile, path: &DocPath, report: &mut Report<'_>) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, secret) in profile.secrets.iter().flatten().enumerate() {
        if let Some(first) = seen.get(secret.name.as_str()) {
            let problem = format!("secret has the name of secret {first} and is not used");
            report.warning(Code::InvalidValue, &path.index(index).key("name"), problem);
        } else {
            seen.insert(&secret.name, index);
        }
    }
}

#[cfg(test)]
mod tests;
