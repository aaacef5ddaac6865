//! How a project differs from what it was.

use serde::Serialize;

use super::{Column, TestsStatus, ValidationStatus};

/// How a project differs from what it was.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Version of the format.
    pub version: i64,
    /// When it was made, in ISO 8601.
    pub generated_at: String,
    /// The file that the project is compared with, as it was named.
    pub baseline_snapshot_path: String,
    /// When the project was looked at.
    pub current_snapshot_generated_at: String,
    /// When the project was what it is compared with.
    pub baseline_snapshot_generated_at: String,
    /// Whether there is any difference.
    pub has_drift: bool,
    /// How many there are.
    pub summary: Summary,
    /// Tables and views: added ones, removed ones, changed ones.
    pub table_changes: Vec<TableChange>,
    /// Endpoints: added ones, removed ones, changed ones.
    pub resource_changes: Vec<ResourceChange>,
    /// Files that no endpoint is implemented in: modules, plug-ins, components for SQL.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub file_changes: Vec<FileChange>,
}

/// How many differences there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Tables and views that are new.
    pub tables_added: usize,
    /// Tables and views that are gone.
    pub tables_removed: usize,
    /// Tables and views with other columns.
    pub tables_modified: usize,
    /// Definition files that are new.
    pub resources_added: usize,
    /// Definition files that are gone.
    pub resources_removed: usize,
    /// Definition files of other endpoints than before.
    pub resources_modified: usize,
    /// Files that no endpoint is implemented in, and that are not as they were.
    #[serde(skip_serializing_if = "is_zero")]
    pub files_changed: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// What happened to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is another.
    Modified,
}

/// What happened to a table or view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableChange {
    /// Its name.
    pub name: String,
    /// What happened.
    pub change_type: ChangeKind,
    /// Columns that are new: all of a new table.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns_added: Vec<Column>,
    /// Columns that are gone: all of a table that is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns_removed: Vec<Column>,
    /// Columns of another type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns_modified: Vec<ColumnChange>,
}

/// A column of another type than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnChange {
    /// Its name.
    pub name: String,
    /// What its type was.
    pub old_type: String,
    /// What its type is.
    pub new_type: String,
}

/// What happened to an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResourceChange {
    /// Its definition file, relative to the project root.
    pub path: String,
    /// What clients know it by, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// What happened.
    pub change_type: ChangeKind,
    /// Whether it could be served and can't any more, or the other way round, or something else is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_changed: Option<bool>,
    /// Whether its tests end in another way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_results_changed: Option<bool>,
    /// Whether its definition says something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition_changed: Option<bool>,
    /// Whether the file of its implementation has other bytes, if it was known before and is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_changed: Option<bool>,
    /// Whether its policies say something else, if its definition does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies_changed: Option<bool>,
    /// Where its definition says something else: `tool.parameters.0.maximum`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub definition_changes: Vec<String>,
    /// What there is to add.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
}

/// What there is to add about a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Details {
    /// That it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added_resource: Option<bool>,
    /// That it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed_resource: Option<bool>,
    /// Whether it could be served, before and now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_changes: Option<StatusChange<ValidationStatus>>,
    /// How its tests ended, before and now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_changes: Option<StatusChange<TestsStatus>>,
}

/// A status before and now; none where there was nothing that could have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StatusChange<T> {
    /// Before.
    pub old_status: Option<T>,
    /// Now.
    pub new_status: Option<T>,
}

/// What happened to a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileChange {
    /// Its path relative to the project root.
    pub path: String,
    /// What happened.
    pub change_type: ChangeKind,
}
