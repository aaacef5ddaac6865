//! The explanation as people read it.

use mxcp_core::types::REDACTED;
use mxcp_core::value::Object;

use super::report::{Effect, Outcome, Part, Report, Rule};
use crate::failure::Failure;
use crate::ui::{Ui, cut, printable};

/// Most columns of a value beside its name.
const WIDTH: usize = 80;

/// Shows it: the decision, what conditions saw, and each rule with the parts that decided marked.
pub(super) fn show(report: &Report, ui: &mut Ui) -> Result<(), Failure> {
    ui.heading(format_args!("{} {}: {}", report.kind, printable(&report.name), decision(report)))?;
    if let Some(reason) = &report.reason {
        ui.line(format_args!("The caller is told: {}", printable(reason)))?;
    }
    match (report.visibility, report.hides) {
        ("hidden", true) => ui.line("Neither lists nor calls tell the caller that it exists.")?,
        ("hidden", false) => ui.line("The caller's lists leave it out.")?,
        _ => {}
    }
    ui.line("")?;
    ui.heading("Caller:")?;
    entries(&report.context.user, "user.", ui)?;
    ui.line("")?;
    match &report.context.arguments {
        None => ui.line("Arguments: not given, so what is said holds for all of them")?,
        Some(arguments) if arguments.is_empty() => ui.line("Arguments: none")?,
        Some(arguments) => {
            ui.heading("Arguments:")?;
            entries(arguments, "", ui)?;
        }
    }
    if let Some(response) = &report.context.response {
        ui.line(format_args!("Result: {}", cut(&response.to_json_text(), WIDTH)))?;
    }
    if let Some(value) = report.output.as_ref().and_then(|output| output.value.as_ref()) {
        ui.line(format_args!("Let out: {}", cut(&value.to_json_text(), WIDTH)))?;
    }
    ui.line("")?;
    if report.rules.is_empty() {
        return Ok(ui.line("No rules")?);
    }
    ui.heading("Rules:")?;
    let has_result = report.output.is_some();
    report.rules.iter().try_for_each(|each| rule(each, has_result, ui))
}

/// What is decided, and by which rule.
fn decision(report: &Report) -> String {
    let by = |rule: &Option<String>| rule.as_ref().map(|rule| format!(" by {rule}")).unwrap_or_default();
    match report.decision {
        "deny"
            if report.output.is_some() && report.rule.as_ref().is_some_and(|it| it.starts_with("output")) =>
        {
            format!("result denied{}", by(&report.rule))
        }
        "deny" => format!("denied{}", by(&report.rule)),
        "change" => format!("allowed, result changed{}", by(&report.rule)),
        "ask" => format!("a person has to approve it{}", by(&report.rule)),
        "depends" if report.depends_on.is_empty() => "depends on the arguments".to_owned(),
        "depends" => format!("depends on {}", list(&report.depends_on)),
        _ => "allowed".to_owned(),
    }
}

fn list(names: &[String]) -> String {
    printable(&names.join(", ")).into_owned()
}

fn entries(object: &Object, prefix: &str, ui: &mut Ui) -> Result<(), Failure> {
    for (name, value) in object.iter() {
        ui.line(format_args!("  {prefix}{} = {}", printable(name), cut(&value.to_json_text(), WIDTH)))?;
    }
    Ok(())
}

fn rule(rule: &Rule, has_result: bool, ui: &mut Ui) -> Result<(), Failure> {
    let (mark, verdict) = match rule.verdict {
        "holds" => ("●", "holds"),
        "does_not_hold" => ("○", "does not hold"),
        "failed" => ("●", "can't be evaluated, so it counts as holding"),
        "depends" => ("?", "depends on the arguments"),
        _ if !has_result && rule.rule.starts_with("output") => ("·", "there is no result to decide about"),
        _ => ("·", "was not reached"),
    };
    let fields = if rule.fields.is_empty() { String::new() } else { format!(" {}", list(&rule.fields)) };
    ui.line(format_args!("{mark} {} {}{fields}: {verdict}", rule.rule, rule.action))?;
    match &rule.trace {
        Some(trace) => part(trace, 1, ui)?,
        None => ui.line(format_args!("    {}", printable(&rule.condition)))?,
    }
    if let Some(keep) = &rule.keep {
        ui.line(format_args!("    where {}", printable(keep)))?;
    }
    if let Some(rows) = &rule.rows {
        ui.line(format_args!("    keeps {} of {} rows", rows.kept, rows.kept + rows.dropped))?;
        if let (Some(first), Some(trace)) = (rows.first_dropped, &rows.trace) {
            ui.line(format_args!("    row {} is dropped:", first + 1))?;
            part(trace, 2, ui)?;
        }
    }
    rule.effects.iter().try_for_each(|each| effect(each, ui))
}

fn effect(effect: &Effect, ui: &mut Ui) -> Result<(), Failure> {
    let field = if effect.field.is_empty() { "the result".into() } else { printable(&effect.field) };
    let places = if effect.places == 1 { String::new() } else { format!(" in {} places", effect.places) };
    Ok(ui.line(format_args!("    {field} is {}{places}", effect.change))?)
}

/// A part and what it consists of; an arrow marks those that decided.
fn part(part: &Part, depth: usize, ui: &mut Ui) -> Result<(), Failure> {
    let outcome = match &part.outcome {
        Outcome::Value(value) => format!("is {}", cut(&value.to_json_text(), WIDTH)),
        Outcome::Sensitive(_) => format!("is {REDACTED}"),
        Outcome::Error(why) => format!("can't be evaluated: {}", printable(why)),
        Outcome::DependsOn(names) => format!("depends on {}", list(names)),
    };
    let arrow = if part.decisive { "→" } else { " " };
    // One line each, however the author broke them.
    let text = part.text.split_whitespace().collect::<Vec<_>>().join(" ");
    ui.line(format_args!("{}{arrow} {} {outcome}", "  ".repeat(depth), printable(&text)))?;
    part.parts.iter().try_for_each(|inner| self::part(inner, depth + 1, ui))
}
