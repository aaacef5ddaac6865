use std::sync::Arc;
use std::thread;

use mxcp_core::call::{CallContext, CallError, Caller, Headers};
use mxcp_core::definition::Kind;
use mxcp_core::registry::Rows;
use mxcp_runtime::ports::{
    Attribute, Ending, Executed, Instrument, Measurement, Subject, Telemetry as _, Work,
};
use prometheus_parse::{Scrape, Value};

use super::*;
use crate::settings::{Identity, Overrides};

fn collector(overrides: &Overrides) -> Collector {
    let identity = Identity {
        project: "shop \"A\"\n".into(),
        profile: "dev".into(),
        version: "1".into(),
        transport: "stdio",
        readonly: true,
    };
    let settings = Settings::resolve(None, overrides, identity, true).unwrap().unwrap();
    Collector::start(&settings).unwrap()
}

fn context() -> CallContext {
    CallContext {
        request_id: "r".into(),
        now: chrono::DateTime::UNIX_EPOCH,
        caller: Caller::Stdio,
        principal: None,
        headers: Headers::none(),
        session_id: None,
        trace: None,
    }
}

fn measurement(instrument: Instrument, name: &str, value: f64) -> Measurement {
    let attributes = vec![("table".to_owned(), Attribute::Text("a\\b\"c\nd".into()))];
    let (description, unit) = ("what it\nsays".to_owned(), "1".to_owned());
    Measurement { instrument, name: name.to_owned(), value, attributes, description, unit }
}

/// The value of a sample that has a label.
fn sample(text: &str, name: &str, (label, value): (&str, &str)) -> Option<f64> {
    let scrape = Scrape::parse(text.lines().map(|line| Ok(line.to_owned()))).unwrap();
    let found = scrape
        .samples
        .into_iter()
        .find(|sample| sample.metric == name && sample.labels.get(label) == Some(value))?;
    match found.value {
        Value::Counter(number) | Value::Gauge(number) | Value::Untyped(number) => Some(number),
        Value::Histogram(buckets) => buckets.last().map(|bucket| bucket.count),
        Value::Summary(_) => None,
    }
}

#[test]
fn prometheus_reads_what_was_counted() {
    let collector = collector(&Overrides::default());
    let call = collector.begin(Subject::BuiltIn("execute_sql_query"), &mut context());
    call.executes(Work::Sql("SELECT 1", 0));
    let text = collector.prometheus_text();
    assert_eq!(sample(&text, "mxcp_duckdb_concurrent_executions", ("operation", "select")), Some(1.0));
    call.executed(Executed::Rows(&Rows::default()));
    call.measure(measurement(Instrument::Counter, "rows.read", 2.5));
    call.measure(measurement(Instrument::Gauge, "rows.read", 7.0));
    call.measure(measurement(Instrument::Counter, "mxcp.up", 7.0));
    call.measure(Measurement { unit: "s".to_owned(), ..measurement(Instrument::Histogram, "wait", 0.2) });
    call.ended(Ending::BuiltIn(Ok(())));
    collector.authenticated("corp", false);
    collector.reloaded(true);
    let text = collector.prometheus_text();
    for (name, label, value) in [
        ("mxcp_up_total", ("project", "shop \"A\"\n"), 1.0),
        ("mxcp_duckdb_concurrent_executions", ("operation", "select"), 0.0),
        ("mxcp_duckdb_queries_total", ("status", "success"), 1.0),
        ("mxcp_execution_total", ("language", "sql"), 1.0),
        ("mxcp_auth_attempts_total", ("status", "error"), 1.0),
        ("mxcp_reloads_total", ("profile", "dev"), 1.0),
        ("rows_read_total", ("table", "a\\b\"c\nd"), 2.5),
        ("mcp_server_operation_duration_seconds", ("gen_ai_tool_name", "execute_sql_query"), 1.0),
    ] {
        // The parser leaves labels as they are written.
        let written = label.1.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let found = sample(&text, name, label).or_else(|| sample(&text, name, (label.0, &written)));
        assert_eq!(found, Some(value), "{name} in {text}");
    }
    assert_eq!(text.matches("# TYPE rows_read").count(), 1, "{text}");
    assert!(text.contains("le=\"0.2\"} 1\n") && text.contains("wait_seconds_count"), "{text}");
}

#[test]
fn names_that_callers_make_up_are_not_counted_one_by_one() {
    let collector = collector(&Overrides::default());
    for number in 0..3 {
        let name = format!("made-up-{number}");
        let call = collector.begin(Subject::Endpoint(Kind::Tool, &name), &mut context());
        let registry = mxcp_core::registry::Registry::default();
        let asked = mxcp_core::call::Call {
            kind: Kind::Tool,
            name,
            arguments: mxcp_core::value::Object::new(),
            unknown_arguments: mxcp_core::call::UnknownArguments::Drop,
            output_validation: mxcp_core::call::OutputValidation::Check,
        };
        let reply = registry.prepare(asked, context()).unwrap_err().into_reply();
        assert!(matches!(reply.result(), Err(CallError::UnknownEndpoint { .. })));
        call.ended(Ending::Reply(&reply));
    }
    let text = collector.prometheus_text();
    assert_eq!(sample(&text, "mxcp_endpoint_requests_total", ("endpoint", "unknown")), Some(3.0));
    assert!(!text.contains("made-up"), "{text}");
}

#[test]
fn a_call_that_nobody_waits_for_is_counted_once() {
    let collector = collector(&Overrides::default());
    let call = collector.begin(Subject::BuiltIn("execute_sql_query"), &mut context());
    call.executes(Work::Sql("SELECT 1", 0));
    call.ended(Ending::Abandoned);
    call.ended(Ending::BuiltIn(Ok(())));
    let text = collector.prometheus_text();
    assert_eq!(sample(&text, "mxcp_duckdb_concurrent_executions", ("operation", "select")), Some(0.0));
    assert_eq!(sample(&text, "mxcp_execution_total", ("error", "cancelled")), Some(1.0));
}

#[test]
fn a_call_goes_on_with_the_trace_that_it_came_with() {
    let overrides = Overrides { enabled: Some(true), ..Overrides::default() };
    let collector = collector(&overrides);
    let mut facts = context();
    let own = collector.begin(Subject::BuiltIn("list_tables"), &mut facts);
    let trace = facts.trace.clone().unwrap();
    assert_eq!((trace.trace_id.len(), trace.parent_id.len(), trace.sampled), (32, 16, true));
    let below = own.trace().unwrap();
    assert_eq!(below.trace_id, trace.trace_id);
    assert_ne!(below.parent_id, trace.parent_id);
    let again = collector.begin(Subject::BuiltIn("list_tables"), &mut facts);
    assert_eq!(again.trace().unwrap().trace_id, trace.trace_id);
    facts.trace = None;
    let other = collector.begin(Subject::BuiltIn("list_tables"), &mut facts);
    assert_ne!(other.trace().unwrap().trace_id, trace.trace_id);
}

#[test]
fn calls_of_many_threads_are_all_counted() {
    let collector = Arc::new(collector(&Overrides::default()));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let collector = Arc::clone(&collector);
            thread::spawn(move || {
                for _ in 0..250 {
                    let call = collector.begin(Subject::BuiltIn("list_tables"), &mut context());
                    call.executes(Work::Sql("SELECT 1", 0));
                    call.executed(Executed::Rows(&Rows::default()));
                    call.ended(Ending::BuiltIn(Ok(())));
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let text = collector.prometheus_text();
    assert_eq!(sample(&text, "mxcp_execution_total", ("status", "success")), Some(1000.0));
}

#[test]
fn what_can_not_be_a_collector_is_refused_without_showing_it() {
    for endpoint in ["collector:4318", "ftp://ada:pa55@c", "http://", "/v1/traces"] {
        let overrides =
            Overrides { enabled: Some(true), endpoint: Some(endpoint.into()), ..Overrides::default() };
        let identity = Identity {
            project: "p".into(),
            profile: "dev".into(),
            version: "1".into(),
            transport: "stdio",
            readonly: false,
        };
        let settings = Settings::resolve(None, &overrides, identity, false).unwrap().unwrap();
        let error = Collector::start(&settings).unwrap_err();
        assert!(matches!(error, Error::Endpoint), "{error}");
        assert!(!format!("{error} {settings:?}").contains("pa55"));
    }
}
