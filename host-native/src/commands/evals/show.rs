//! The report for people.

use std::io;
use std::time::Duration;

use mxcp_evals::Usage;

use super::report::{Report, SuiteReport, SuiteResult, TestReport};
use crate::ui::{Ui, printable};

/// Shows the report; `one` if a single suite was asked for, `details` with what models said and did.
pub(super) fn show(report: &Report, one: bool, details: bool, ui: &mut Ui) -> io::Result<()> {
    if report.suites.is_empty() {
        return ui.line("No eval suites found");
    }
    if !one {
        let passed = report.suites.iter().filter(|suite| suite.is_ok()).count();
        ui.heading("Eval Execution Summary")?;
        ui.line(format_args!("Evaluated {} suites", report.suites.len()))?;
        ui.line(format_args!("• {passed} passed"))?;
        ui.line(format_args!("• {} failed", report.suites.len() - passed))?;
        ui.line("")?;
    }
    for suite in &report.suites {
        show_suite(suite, details, ui)?;
        ui.line("")?;
    }
    show_usage(report.usage(), ui)?;
    ui.line(format_args!("Total time: {}", seconds(report.time)))
}

/// Tells that a suite, if there is one, can't be run.
pub(super) fn refusal(problem: &str, suite: Option<&str>, ui: &mut Ui) -> io::Result<()> {
    if let Some(suite) = suite {
        ui.line(format_args!("✗ {}", printable(suite)))?;
    }
    show_text("Error", problem, "", ui)
}

fn show_suite(suite: &SuiteReport, details: bool, ui: &mut Ui) -> io::Result<()> {
    ui.heading(format_args!("{} {} ({})", mark(suite.is_ok()), printable(&suite.suite), suite.path))?;
    let (description, model, tests) = match &suite.result {
        SuiteResult::Run { description, model, tests } => (description, model, tests),
        SuiteResult::NotRun(problem) => return show_text("Error", problem, "  ", ui),
    };
    if let Some(description) = description {
        ui.line(format_args!("  {}", printable(description)))?;
    }
    ui.line(format_args!("  Model: {}", printable(model)))?;
    let (passed, failed): (Vec<_>, Vec<_>) = tests.iter().partition(|test| test.passed);
    ui.line(format_args!("  {} tests: {} passed, {} failed", tests.len(), passed.len(), failed.len()))?;
    failed.into_iter().chain(passed).try_for_each(|test| show_test(test, details, ui))
}

fn show_test(test: &TestReport, details: bool, ui: &mut Ui) -> io::Result<()> {
    ui.line(format_args!("  {} {} ({})", mark(test.passed), printable(&test.name), seconds(test.time)))?;
    if let Some(description) = test.description.as_ref().filter(|_| !test.passed) {
        ui.line(format_args!("    {}", printable(description)))?;
    }
    if let Some(error) = &test.error {
        show_text("Error", error, "    ", ui)?;
    }
    for failure in test.failures.iter().flatten() {
        show_text("•", failure, "    ", ui)?;
    }
    if let Some(said) = test.details.as_ref().filter(|_| details) {
        let said = serde_json::to_string_pretty(said)?;
        said.lines().try_for_each(|line| ui.line(format_args!("    {}", printable(line))))?;
    }
    Ok(())
}

fn show_usage(usage: Usage, ui: &mut Ui) -> io::Result<()> {
    if usage.requests == 0 {
        return Ok(());
    }
    let Usage { requests, input_tokens, output_tokens, cost } = usage;
    let cost = cost.map(|cost| format!(", cost {cost:.4}")).unwrap_or_default();
    ui.line(format_args!("{requests} requests: {input_tokens} tokens in, {output_tokens} tokens out{cost}"))
}

/// A text after its title, its further lines further in.
fn show_text(title: &str, text: &str, indent: &str, ui: &mut Ui) -> io::Result<()> {
    let text = printable(text);
    let mut lines = text.lines();
    let separator = if title == "•" { "" } else { ":" };
    ui.line(format_args!("{indent}{title}{separator} {}", lines.next().unwrap_or_default()))?;
    lines.try_for_each(|line| ui.line(format_args!("{indent}  {line}")))
}

fn mark(passed: bool) -> char {
    if passed { '✓' } else { '✗' }
}

fn seconds(time: Duration) -> String {
    format!("{:.2}s", time.as_secs_f64())
}
