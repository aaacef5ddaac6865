//! The report for people.

use std::fmt::Debug;
use std::io;

use mxcp_core::drift::{ChangeKind, Column, Report, ResourceChange, StatusChange, TableChange};

use crate::ui::{Ui, printable};

/// Most places of a definition that are named unless all details are asked for.
const PLACES: usize = 5;

/// Shows the report; `details` with the columns of new and removed tables, and every place of a definition.
pub(super) fn show(report: &Report, details: bool, ui: &mut Ui) -> io::Result<()> {
    ui.heading("Drift Report")?;
    ui.line(format_args!("Baseline: {}", printable(&report.baseline_snapshot_path)))?;
    ui.line(format_args!("• taken {}", printable(&report.baseline_snapshot_generated_at)))?;
    ui.line(format_args!("• compared {}", report.current_snapshot_generated_at))?;
    ui.line("")?;
    if !report.has_drift {
        return ui.line("No drift: tables, endpoints and test results are as they were.");
    }
    ui.line("Drift: the project is not as it was.")?;
    let count = &report.summary;
    let counts = |added, removed, modified| format!("{added} added, {removed} removed, {modified} modified");
    let tables = counts(count.tables_added, count.tables_removed, count.tables_modified);
    ui.line(format_args!("• tables: {tables}"))?;
    let resources = counts(count.resources_added, count.resources_removed, count.resources_modified);
    ui.line(format_args!("• endpoints: {resources}"))?;
    if count.files_changed > 0 {
        ui.line(format_args!("• other files: {} changed", count.files_changed))?;
    }
    if !report.table_changes.is_empty() {
        ui.line("")?;
        ui.heading("Tables:")?;
    }
    report.table_changes.iter().try_for_each(|change| table(change, details, ui))?;
    if !report.resource_changes.is_empty() {
        ui.line("")?;
        ui.heading("Endpoints:")?;
    }
    report.resource_changes.iter().try_for_each(|change| resource(change, details, ui))?;
    if !report.file_changes.is_empty() {
        ui.line("")?;
        ui.heading("Other files:")?;
    }
    for change in &report.file_changes {
        ui.line(format_args!("  {} {}", mark(change.change_type), printable(&change.path)))?;
    }
    Ok(())
}

fn table(change: &TableChange, details: bool, ui: &mut Ui) -> io::Result<()> {
    let name = printable(&change.name);
    ui.line(format_args!("  {} {name}", mark(change.change_type)))?;
    if change.change_type != ChangeKind::Modified && !details {
        return Ok(());
    }
    let column = |column: &Column| format!("{} {}", printable(&column.name), printable(&column.kind));
    for added in &change.columns_added {
        ui.line(format_args!("      + {}", column(added)))?;
    }
    for removed in &change.columns_removed {
        ui.line(format_args!("      - {}", column(removed)))?;
    }
    for column in &change.columns_modified {
        let (old, new) = (printable(&column.old_type), printable(&column.new_type));
        ui.line(format_args!("      ~ {} {old} → {new}", printable(&column.name)))?;
    }
    Ok(())
}

fn resource(change: &ResourceChange, details: bool, ui: &mut Ui) -> io::Result<()> {
    let (mark, path) = (mark(change.change_type), printable(&change.path));
    match &change.endpoint {
        Some(endpoint) => ui.line(format_args!("  {mark} {} ({path})", printable(endpoint)))?,
        None => ui.line(format_args!("  {mark} {path}"))?,
    }
    let told = change.details.unwrap_or_default();
    if let Some(status) = &told.validation_changes {
        ui.line(format_args!("      validation: {}", transition(status, "another problem")))?;
    }
    if let Some(status) = &told.test_changes {
        ui.line(format_args!("      tests: {}", transition(status, "other tests, or other results")))?;
    }
    if change.definition_changed == Some(true) {
        ui.line(format_args!("      definition: {}", places(&change.definition_changes, details)))?;
    }
    if change.policies_changed == Some(true) {
        ui.line("      policies: changed")?;
    }
    if change.source_changed == Some(true) {
        ui.line("      source file: changed")?;
    }
    Ok(())
}

/// Where a definition says something else.
fn places(paths: &[String], all: bool) -> String {
    let shown = if all { paths.len() } else { paths.len().min(PLACES) };
    let (named, more) = paths.split_at(shown);
    let named: Vec<_> = named.iter().map(|path| printable(path)).collect();
    match (named.is_empty(), more.len()) {
        (true, _) => "it can be read on one side only".to_owned(),
        (false, 0) => named.join(", "),
        (false, more) => format!("{} and {more} more", named.join(", ")),
    }
}

fn transition<T: Debug + PartialEq>(change: &StatusChange<T>, same: &str) -> String {
    let word = |status: &Option<T>| match status {
        Some(status) => format!("{status:?}").to_lowercase(),
        None => "none".to_owned(),
    };
    if change.old_status == change.new_status {
        return format!("{}, {same}", word(&change.new_status));
    }
    format!("{} → {}", word(&change.old_status), word(&change.new_status))
}

fn mark(change: ChangeKind) -> char {
    match change {
        ChangeKind::Added => '+',
        ChangeKind::Removed => '-',
        ChangeKind::Modified => '~',
    }
}
