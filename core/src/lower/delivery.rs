//! How results reach a client.

use std::time::Duration;

use crate::call::Claim;
use crate::delivery::{CURSOR, Cache, Delivery, ResultLimits};
use crate::diagnostic::{Code, Diagnostic};
use crate::policy::parse_duration;
use crate::schema::{self, Export, Resource, Tool};
use crate::types::{Form, Parameters, Type};
use crate::yaml::{DocPath, Report};

/// How long a complete result is kept if nothing is said: long enough for a person to open it.
const EXPIRES: Duration = Duration::from_secs(15 * 60);

/// Longest time that anything is kept.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What stands for the arguments in the key of a cache.
const ARGUMENTS: &str = "args";

/// `(takes, gives)` is what the tool takes and gives.
pub(super) fn of_tool(
    tool: &Tool,
    (takes, gives): (&Parameters, Option<&Type>),
    path: &DocPath,
    report: &mut Report<'_>,
) -> Delivery {
    let limits = tool.limits.as_ref().and_then(|limits| limits.result.as_ref());
    let limits = limits.and_then(|limits| {
        let path = path.key("limits").key("result");
        let limits = result_limits(limits, &path, report)?;
        parts(&limits, takes, gives, &path, report);
        Some(limits)
    });
    let changes = tool
        .annotations
        .as_ref()
        .is_some_and(|hints| hints.read_only_hint == Some(false) || hints.destructive_hint == Some(true));
    if changes && tool.cache.is_some() {
        let problem = "a tool that changes something can't be answered from a cache";
        let help = "remove `cache`, or say `readOnlyHint: true` under `annotations`";
        report.add_at_key(&path.key("cache"), Diagnostic::error(Code::InvalidValue, problem).help(help));
    }
    if tool.task.is_none() && tool.task_questions.is_some() {
        let problem = "this says when a task asks, and no call of the tool is one";
        let help = "write `task: optional` or `task: required`, or remove it";
        report.add_at_key(
            &path.key("task_questions"),
            Diagnostic::error(Code::InvalidValue, problem).help(help),
        );
    }
    Delivery {
        limits,
        text: tool.text_format.unwrap_or_default(),
        cache: tool.cache.as_ref().and_then(|written| cache(written, &path.key("cache"), report)),
        task: tool.task,
        task_questions: tool.task_questions.unwrap_or_default(),
    }
}

pub(super) fn of_resource(resource: &Resource, path: &DocPath, report: &mut Report<'_>) -> Delivery {
    if resource.limits.as_ref().is_some_and(|limits| limits.result.is_some()) {
        let problem = "a resource is read as a whole: only results of tools are shown in parts";
        report.add_at_key(&path.key("limits").key("result"), Diagnostic::error(Code::InvalidValue, problem));
    }
    Delivery {
        cache: resource.cache.as_ref().and_then(|written| cache(written, &path.key("cache"), report)),
        ..Delivery::default()
    }
}

fn result_limits(
    written: &schema::ResultLimits,
    path: &DocPath,
    report: &mut Report<'_>,
) -> Option<ResultLimits> {
    let most = [("rows", written.rows), ("bytes", written.bytes), ("tokens", written.tokens)];
    for (key, _) in most.into_iter().filter(|(_, most)| *most == Some(0)) {
        report.error(Code::InvalidValue, &path.key(key), "Input should be greater than or equal to 1");
    }
    if most.iter().all(|(_, most)| most.is_none()) {
        let problem = "nothing says how much is shown at once";
        let help = "write `rows`, `bytes` or `tokens`";
        report.add(path, Diagnostic::error(Code::InvalidValue, problem).help(help));
        return None;
    }
    let expires = match &written.expires {
        Some(text) => time(text, &path.key("expires"), report)?,
        None => EXPIRES,
    };
    Some(ResultLimits {
        rows: written.rows,
        bytes: written.bytes,
        tokens: written.tokens,
        export: written.export.unwrap_or(Export::Csv),
        expires,
    })
}

/// Finds what keeps results from being shown in parts.
fn parts(
    limits: &ResultLimits,
    takes: &Parameters,
    gives: Option<&Type>,
    path: &DocPath,
    report: &mut Report<'_>,
) {
    if takes.get(CURSOR).is_some() {
        let problem = "callers ask for the next rows with `cursor`, which is a parameter of the tool";
        let help = "give the parameter another name, or remove `limits.result`";
        report.add_at_key(path, Diagnostic::error(Code::InvalidValue, problem).help(help));
    }
    let (Some(rows), Some(gives)) = (limits.rows, gives) else { return };
    if matches!(gives.form(), Form::Object | Form::Value) {
        let problem = format!("`rows` counts those of a list, and the result is of type `{}`", gives.name());
        let diagnostic = Diagnostic::error(Code::InvalidValue, problem);
        report.add(&path.key("rows"), diagnostic.help("write `bytes` or `tokens`"));
        return;
    }
    // Of so many rows, each number that is larger can be divided without a rest that is no list of the type.
    let fewest = gives.fewest_items();
    let least = fewest.saturating_mul(2).saturating_sub(1);
    if rows < least {
        let problem = format!("lists of at least {fewest} items can't be shown in parts of at most {rows}");
        let help = format!("write at least `rows: {least}`, or a smaller `minItems`");
        report.add(&path.key("rows"), Diagnostic::error(Code::InvalidValue, problem).help(help));
    }
}

fn cache(written: &schema::Cache, path: &DocPath, report: &mut Report<'_>) -> Option<Cache> {
    let ttl = time(&written.ttl, &path.key("ttl"), report);
    let key = written.key.as_ref().map(|parts| {
        let claims = parts.iter().enumerate().filter(|(_, part)| *part != ARGUMENTS);
        let claims = claims.filter_map(|(index, part)| match Claim::parse(part) {
            Ok(claim) => Some(claim),
            Err(error) => {
                let help = "write `args`, or a claim of the caller as in `user.role`";
                let diagnostic = Diagnostic::error(Code::CallerClaim, format!("`{part}` {error}"));
                report.add(&path.key("key").index(index), diagnostic.help(help));
                None
            }
        });
        claims.collect()
    });
    Some(Cache { ttl: ttl?, key })
}

/// A time from a second to a month.
fn time(text: &str, path: &DocPath, report: &mut Report<'_>) -> Option<Duration> {
    let time = parse_duration(text).and_then(|time| time.to_std().ok());
    let time = time.filter(|time| (Duration::from_secs(1)..=LONGEST).contains(time));
    if time.is_none() {
        let problem = "a time is from a second to 30 days";
        let help = "write numbers with units, as in `90s`, `15m`, `2h` or `1d`";
        report.add(path, Diagnostic::error(Code::InvalidValue, problem).help(help));
    }
    time
}
