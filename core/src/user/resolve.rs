//! Following the references of the user file, on the tree: before anything is known about its values' types.

use std::collections::BTreeMap;

use super::Active;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::reference::{Managers, Reference, Resolver};
use crate::schema::{OnePassword, Vault};
use crate::yaml::{Data, DocPath, Document, Node, Report};

/// The values that come from references, by path, with the reference as written.
#[derive(Debug, Default)]
pub(super) struct Followed {
    written: BTreeMap<String, String>,
}

impl Followed {
    /// Where references stood below a path, as seen from there.
    pub(super) fn below(&self, path: &str) -> Vec<String> {
        let inner = |at: &String| at.strip_prefix(path)?.strip_prefix('.').map(str::to_owned);
        self.written.keys().filter_map(inner).collect()
    }

    /// A finding that shows nothing of a value found through a reference.
    pub(super) fn conceal(&self, mut finding: Diagnostic) -> Diagnostic {
        let source = self.written.iter().find(|(path, _)| is_below(&finding.path, path));
        if let Some((path, written)) = source {
            // Keys of a mapping that was found are part of what is not shown, and so is a word it resembles.
            finding.path.clone_from(path);
            finding.help = Some(format!("the value comes from `{written}` and is not shown"));
        }
        finding
    }
}

/// Whether a dotted path is another one or leads further in from there.
pub(super) fn is_below(path: &str, other: &str) -> bool {
    path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Replaces the references of the top-level sections and of the active profile by what they refer to.
///
/// The settings of the secret managers come first, because the other references need them. They may name variables and
/// files.
pub(super) fn follow(
    document: &mut Document,
    active: Active<'_>,
    resolver: &mut dyn Resolver,
    findings: &mut Diagnostics,
) -> Followed {
    let mut followed = Followed::default();
    let root = DocPath::root();
    let (mut vault, mut one_password) = (Vault::default(), OnePassword::default());
    for section in ["vault", "onepassword"] {
        let managers = Managers { vault: &vault, one_password: &one_password };
        follow_below(document, &root.key(section), managers, resolver, &mut followed, findings);
    }
    // What is wrong with these sections is reported with everything else.
    let section = |name: &str| document.node(&root.key(name));
    vault = section("vault").and_then(|node| node.read().ok()).unwrap_or(vault);
    one_password = section("onepassword").and_then(|node| node.read().ok()).unwrap_or(one_password);
    let managers = Managers { vault: &vault, one_password: &one_password };
    let mut places = vec![root.key("projects").key(active.project).key("profiles").key(active.profile)];
    if let Data::Mapping(entries) = &document.root().data {
        let sections = entries.iter().map(|entry| entry.key.as_str());
        let others = sections.filter(|key| !["projects", "vault", "onepassword"].contains(key));
        places.extend(others.map(|key| root.key(key)));
    }
    for place in places {
        follow_below(document, &place, managers, resolver, &mut followed, findings);
    }
    followed
}

fn follow_below(
    document: &mut Document,
    place: &DocPath,
    managers: Managers<'_>,
    resolver: &mut dyn Resolver,
    followed: &mut Followed,
    findings: &mut Diagnostics,
) {
    for path in references(document, place) {
        let Some(written) = document.node(&path).and_then(Node::as_str).map(str::to_owned) else { continue };
        let Some(reference) = Reference::of(&written) else { continue };
        let resolved = reference.resolve(managers, resolver);
        let mut report = Report::new(document, findings);
        match resolved {
            Ok(resolved) => {
                if let Some(remark) = resolved.remark {
                    report.warning(Code::UnresolvedReference, &path, remark);
                }
                followed.written.insert(path.to_string(), written);
                document.replace(&path, resolved.value);
            }
            Err(problem) => report.error(Code::UnresolvedReference, &path, problem),
        }
    }
}

/// Where references stand, at a path or further in.
pub(super) fn references(document: &Document, place: &DocPath) -> Vec<DocPath> {
    let mut found = Vec::new();
    if let Some(node) = document.node(place) {
        collect(node, place, &mut found);
    }
    found
}

fn collect(node: &Node, path: &DocPath, found: &mut Vec<DocPath>) {
    match &node.data {
        Data::String { text, .. } if Reference::of(text).is_some() => found.push(path.clone()),
        Data::Sequence(items) => {
            items.iter().enumerate().for_each(|(index, item)| collect(item, &path.index(index), found));
        }
        Data::Mapping(entries) => {
            entries.iter().for_each(|entry| collect(&entry.value, &path.key(entry.key.as_str()), found));
        }
        _ => {}
    }
}
