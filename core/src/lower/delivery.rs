//! How results reach a client.

use std::time::Duration;

use crate::call::Claim;
use crate::delivery::{Cache, Delivery, ResultLimits};
use crate::diagnostic::{Code, Diagnostic};
use crate::policy::parse_duration;
use crate::schema::{self, Export, Resource, Tool};
use crate::yaml::{DocPath, Report};

/// How long a complete result is kept if nothing is said: long enough for a person to open it.
const EXPIRES: Duration = Duration::from_secs(15 * 60);

/// Longest time that anything is kept.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What stands for the arguments in the key of a cache.
const ARGUMENTS: &str = "args";

pub(super) fn of_tool(tool: &Tool, path: &DocPath, report: &mut Report<'_>) -> Delivery {
    let limits = tool.limits.as_ref().and_then(|limits| limits.result.as_ref());
    let limits = limits.and_then(|limits| result_limits(limits, &path.key("limits").key("result"), report));
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
