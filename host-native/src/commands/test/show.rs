//! The report for people.

use std::io;
use std::time::Duration;

use super::report::{EndpointReport, Report, TestResult, Verdict};
use crate::ui::{Ui, printable};

/// Shows the report; `one` if it is about a single endpoint, `causes` with what is behind errors.
pub(super) fn show(report: &Report, one: bool, causes: bool, ui: &mut Ui) -> io::Result<()> {
    if one {
        return report.endpoints.iter().try_for_each(|endpoint| show_one(endpoint, causes, ui));
    }
    if report.endpoints.is_empty() {
        return ui.no_endpoints();
    }
    let mut sorted: Vec<_> = report.endpoints.iter().collect();
    sorted.sort_by_key(|endpoint| &endpoint.endpoint);
    let (passed, failed): (Vec<_>, Vec<_>) = sorted.into_iter().partition(|endpoint| endpoint.is_ok());
    ui.heading("Test Execution Summary")?;
    ui.line(format_args!("Tested {} endpoints", report.endpoints.len()))?;
    ui.line(format_args!("• {} passed", passed.len()))?;
    ui.line(format_args!("• {} failed", failed.len()))?;
    for (title, endpoints) in [("Failed:", failed), ("Passed:", passed)] {
        if endpoints.is_empty() {
            continue;
        }
        ui.line("")?;
        ui.heading(title)?;
        for endpoint in endpoints {
            let mark = mark(endpoint.is_ok());
            ui.line(format_args!("  {mark} {} ({})", printable(&endpoint.endpoint), endpoint.path))?;
            show_tests(endpoint, "    ", causes, ui)?;
        }
    }
    ui.line("")?;
    ui.line(format_args!("Total time: {}", seconds(report.time)))
}

fn show_one(endpoint: &EndpointReport, causes: bool, ui: &mut Ui) -> io::Result<()> {
    if endpoint.results.message.is_some() {
        ui.line(format_args!("✗ {}", printable(&endpoint.endpoint)))?;
        return show_tests(endpoint, "  ", causes, ui);
    }
    ui.line(if endpoint.is_ok() { "All tests passed!" } else { "Some tests failed!" })?;
    ui.line("")?;
    ui.heading("Test Results:")?;
    show_tests(endpoint, "  ", causes, ui)
}

fn show_tests(endpoint: &EndpointReport, indent: &str, causes: bool, ui: &mut Ui) -> io::Result<()> {
    let results = &endpoint.results;
    if let Some(message) = &results.message {
        return show_text("Error", message, indent, ui);
    }
    if results.tests.is_empty() {
        return ui.line(format_args!("{indent}(No tests)"));
    }
    results.tests.iter().try_for_each(|test| show_test(test, indent, causes, ui))
}

fn show_test(test: &TestResult, indent: &str, causes: bool, ui: &mut Ui) -> io::Result<()> {
    let mark = mark(test.status == Verdict::Passed);
    ui.line(format_args!("{indent}{mark} {} ({})", printable(&test.name), seconds(test.time)))?;
    let inner = format!("{indent}  ");
    if let Some(error) = &test.error {
        show_text("Error", error, &inner, ui)?;
    }
    match test.error_cause.as_ref().filter(|_| causes) {
        Some(cause) => show_text("Cause", cause, &inner, ui),
        None => Ok(()),
    }
}

/// A text after its title, its further lines further in.
fn show_text(title: &str, text: &str, indent: &str, ui: &mut Ui) -> io::Result<()> {
    let text = printable(text);
    let mut lines = text.lines();
    ui.line(format_args!("{indent}{title}: {}", lines.next().unwrap_or_default()))?;
    lines.try_for_each(|line| ui.line(format_args!("{indent}  {line}")))
}

fn mark(passed: bool) -> char {
    if passed { '✓' } else { '✗' }
}

fn seconds(time: Duration) -> String {
    format!("{:.2}s", time.as_secs_f64())
}
