//! The output of `profiles.yml`: the database of a profile as dbt reaches it.

use mxcp_core::site::Extension;
use serde_json::{Value as Json, json};

use super::secrets;
use crate::failure::Failure;
use crate::project::Project;

pub(crate) use super::secrets::Shown;

/// The keys of the output for the active profile of a project, and their values.
///
/// # Errors
/// Its database would be in memory only.
pub(crate) fn output(project: &Project, shown: Shown) -> Result<Vec<(&'static str, Json)>, Failure> {
    let all = project.user.secrets();
    let entries = secrets::entries(&all, shown);
    let mut extensions: Vec<Json> = project.site.extensions.iter().map(extension).collect();
    for needed in entries.iter().map(|entry| entry.extension) {
        if !names(&extensions).any(|name| name == needed) {
            extensions.push(needed.into());
        }
    }
    let path = project.database(false)?.path;
    let mut keys = vec![
        ("type", json!("duckdb")),
        ("path", json!(path.display().to_string())),
        ("extensions", extensions.into()),
    ];
    if all.iter().any(|secret| !secret.parameters.is_empty()) {
        keys.push(("secrets", entries.into_iter().map(|entry| entry.entry).collect()));
    }
    Ok(keys)
}

fn extension(extension: &Extension) -> Json {
    match &extension.repository {
        Some(repository) => json!({ "name": extension.name, "repo": repository }),
        None => json!(extension.name),
    }
}

fn names(extensions: &[Json]) -> impl Iterator<Item = &str> {
    extensions.iter().filter_map(|extension| extension.as_str().or_else(|| extension.get("name")?.as_str()))
}
