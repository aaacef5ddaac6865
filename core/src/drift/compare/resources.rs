//! Endpoints, by their definition files.

use std::collections::BTreeMap;

use super::super::{
    ChangeKind, Definition, Details, Resource, ResourceChange, Snapshot, StatusChange, TestResults,
    Validation,
};
use super::{Precision, definitions, pairs};

pub(super) fn changes(before: &Snapshot, now: &Snapshot, precision: Precision) -> Vec<ResourceChange> {
    let (old, new) = (by_path(&before.resources), by_path(&now.resources));
    let pairs = pairs(&old, &new).into_iter();
    let changes = pairs.filter_map(|(path, old, new)| match (old, new) {
        (None, Some(new)) => Some(whole(
            path,
            new,
            ChangeKind::Added,
            Details { added_resource: Some(true), ..Details::default() },
        )),
        (Some(old), None) => {
            let details = Details { removed_resource: Some(true), ..Details::default() };
            Some(whole(path, old, ChangeKind::Removed, details))
        }
        (Some(old), Some(new)) => modified((before, old), (now, new), precision),
        (None, None) => None,
    });
    changes.collect()
}

fn by_path(resources: &[Resource]) -> BTreeMap<&str, &Resource> {
    resources.iter().map(|resource| (resource.validation_results.path.as_str(), resource)).collect()
}

fn endpoint(resource: &Resource) -> Option<String> {
    resource.definition.as_ref().and_then(Definition::endpoint)
}

/// The change of something that was not there, or is not any more.
fn whole(path: &str, resource: &Resource, change_type: ChangeKind, details: Details) -> ResourceChange {
    ResourceChange {
        path: path.to_owned(),
        endpoint: endpoint(resource),
        change_type,
        validation_changed: None,
        test_results_changed: None,
        definition_changed: None,
        source_changed: None,
        policies_changed: None,
        definition_changes: Vec::new(),
        details: Some(details),
    }
}

/// How a resource differs; none if it does not.
fn modified(
    (before, old): (&Snapshot, &Resource),
    (now, new): (&Snapshot, &Resource),
    precision: Precision,
) -> Option<ResourceChange> {
    let validation = !same_validation(&old.validation_results, &new.validation_results, precision);
    let tests = !same_tests(old.test_results.as_ref(), new.test_results.as_ref());
    let definition_changes =
        definitions::differences(old.definition.as_ref(), new.definition.as_ref(), precision);
    let definition = !definition_changes.is_empty() || old.definition.is_some() != new.definition.is_some();
    let policies = definition_changes.iter().any(|path| path.split('.').nth(1) == Some("policies"));
    let source = match (before.digest_of_source(old), now.digest_of_source(new)) {
        (Some(before), Some(now)) => Some(before != now),
        _ => None,
    };
    if !validation && !tests && !definition && source != Some(true) {
        return None;
    }
    let details = Details {
        validation_changes: validation.then_some(StatusChange {
            old_status: Some(old.validation_results.status),
            new_status: Some(new.validation_results.status),
        }),
        test_changes: tests.then(|| StatusChange {
            old_status: old.test_results.as_ref().map(|results| results.status),
            new_status: new.test_results.as_ref().map(|results| results.status),
        }),
        ..Details::default()
    };
    Some(ResourceChange {
        path: new.validation_results.path.clone(),
        endpoint: endpoint(new),
        change_type: ChangeKind::Modified,
        validation_changed: Some(validation),
        test_results_changed: Some(tests),
        definition_changed: Some(definition),
        source_changed: source,
        policies_changed: definition.then_some(policies),
        definition_changes,
        details: (validation || tests).then_some(details),
    })
}

fn same_validation(old: &Validation, new: &Validation, precision: Precision) -> bool {
    let text = |validation: &Validation| validation.message.clone().unwrap_or_default();
    let (old_text, new_text) = (text(old), text(new));
    let same = match precision {
        Precision::Full => old_text == new_text,
        Precision::Reference => same_problem(&old_text, &new_text),
    };
    old.status == new.status && same
}

/// Whether a message of the reference implementation and one of ours tell of the same problem. Only the first line of each
/// counts; ours may name the place where the other does not, which may end with advice instead.
fn same_problem(theirs: &str, ours: &str) -> bool {
    let line = |text: &'_ str| text.lines().next().unwrap_or_default().to_owned();
    let (theirs, ours) = (line(theirs), line(ours));
    let place = |line: &str| {
        line.split_once(": ").filter(|(path, _)| path.contains('.') && !path.contains(' ')).is_some()
    };
    if place(&theirs) || !place(&ours) {
        return words(&theirs) == words(&ours);
    }
    let told = words(&theirs);
    let problem = ours.split_once(": ").map_or("", |(_, problem)| problem);
    words(problem).iter().all(|word| told.contains(word))
}

/// The words of a message, sorted: what the reference implementation enumerates there has no order.
fn words(message: &str) -> Vec<&str> {
    let separators = [' ', ',', '{', '}'];
    let mut words: Vec<_> = message.split(separators).map(|word| word.trim_end_matches('.')).collect();
    words.retain(|word| !word.is_empty());
    words.sort_unstable();
    words
}

/// Whether tests ended alike: neither times nor what they said counts.
fn same_tests(old: Option<&TestResults>, new: Option<&TestResults>) -> bool {
    match (old, new) {
        (None, None) => true,
        (Some(old), Some(new)) => {
            let verdicts = |results: &TestResults| -> Vec<_> {
                results.tests().iter().map(|test| (test.name.clone(), test.status)).collect()
            };
            old.status == new.status && old.tests_run == new.tests_run && verdicts(old) == verdicts(new)
        }
        _ => false,
    }
}
