//! What the core decides for a call, as a library and as a component: typed arguments, a policy before and one after, and a
//! typed result.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use chrono::DateTime;
use mxcp_core::call::{Call, CallContext, Caller, Headers, OutputValidation, Principal, UnknownArguments};
use mxcp_core::definition::Kind;
use mxcp_core::load::{self, Content, DefinitionFile};
use mxcp_core::registry::{Output, Registry, Rows};
use mxcp_core::value::{Object, Value};
use serde_json::{Value as Json, json};

use super::core_component::CoreComponent;
use super::figures::Figures;

/// The definition's path.
pub(super) const FILE: &str = "tools/salary.yml";

/// What is called.
pub(super) const TOOL: &str = "salary";

/// Its definition.
pub(super) const DEFINITION: &str = r#"mxcp: 1
tool:
  name: salary
  description: What somebody earns
  parameters:
    - {name: employee, type: string, minLength: 1, maxLength: 20, description: Whose}
    - {name: year, type: integer, minimum: 2000, maximum: 2100, default: 2025, description: When}
  return:
    type: object
    properties:
      employee: {type: string, description: Whose}
      salary: {type: number, description: How much}
      note: {type: string, description: For the department only}
  policies:
    input:
      - {condition: "user.role == 'guest'", action: deny, reason: No guests}
    output:
      - {condition: "user.role != 'hr'", action: filter_fields, fields: [note]}
  source: {code: "SELECT 1"}
"#;

/// When the call is made, in microseconds since 1970.
pub(super) const NOW: i64 = 1_760_000_000_000_000;

/// Decisions that are measured, and those before them that are not.
const DECISIONS: usize = 20_000;
const WARM_UP: usize = 1_000;

/// The arguments of the call.
pub(super) fn arguments() -> Json {
    json!({"employee": "e-1042", "year": 2025})
}

/// Who calls.
pub(super) fn user() -> Json {
    json!({"user_id": "u-7", "username": "ann", "role": "manager"})
}

/// The names of the columns that the query gives.
pub(super) const COLUMNS: [&str; 3] = ["employee", "salary", "note"];

/// What the query gives.
pub(super) fn rows() -> Json {
    json!([{"employee": "e-1042", "salary": 5150.25, "note": "from May on"}])
}

/// What the caller gets.
pub(super) fn expected() -> Json {
    json!({"employee": "e-1042", "salary": 5150.25})
}

/// Measures both.
pub(super) fn measure(figures: &mut Figures, component: &Path) -> Result<()> {
    let registry = load()?;
    figures.times("a decision of the core, native", &timed(|| native(&registry))?);
    let mut component = CoreComponent::new(component)?;
    figures.times("the same of the core as a component, JSON and all", &timed(|| component.decide())?);
    Ok(())
}

fn timed(mut decide: impl FnMut() -> Result<Json>) -> Result<Vec<f64>> {
    let mut times = Vec::with_capacity(DECISIONS);
    for round in 0..WARM_UP + DECISIONS {
        let begin = Instant::now();
        let answer = decide()?;
        let elapsed = begin.elapsed().as_secs_f64();
        if round >= WARM_UP {
            times.push(elapsed);
        }
        ensure!(answer == expected(), "wrong answer: {answer}");
    }
    Ok(times)
}

fn load() -> Result<Registry> {
    let content = Content::Bytes(DEFINITION.as_bytes().to_vec());
    let file = DefinitionFile { path: FILE.to_owned(), kind: Kind::Tool, content };
    let loaded = load::parse(vec![file]).load(&Default::default());
    match loaded.files.iter().find_map(|file| file.first_error()) {
        Some(error) => bail!(error),
        None => Ok(loaded.registry),
    }
}

/// One decision, from what a host has to what it sends.
fn native(registry: &Registry) -> Result<Json> {
    let Json::Object(arguments) = arguments() else { bail!("arguments are an object") };
    let call = Call {
        kind: Kind::Tool,
        name: TOOL.to_owned(),
        arguments: Object::from_json(arguments),
        unknown_arguments: UnknownArguments::Drop,
        output_validation: OutputValidation::Check,
    };
    let context = CallContext {
        request_id: "bench".to_owned(),
        now: DateTime::from_timestamp_micros(NOW).context("a valid time")?,
        caller: Caller::Http,
        principal: Some(Principal::from_context(Value::from_json(user()), "bench")?.into()),
        headers: Headers::none(),
        session_id: None,
        trace: None,
    };
    let prepared = match registry.prepare(call, context) {
        Ok(prepared) => prepared,
        Err(_) => bail!("the call is refused"),
    };
    let rows = match rows() {
        Json::Array(rows) => rows.into_iter().filter_map(|row| match row {
            Json::Object(row) => Some(Object::from_json(row)),
            _ => None,
        }),
        _ => bail!("rows are a list"),
    };
    let output = Rows { columns: COLUMNS.map(Into::into).into(), rows: rows.collect() };
    let reply = prepared.finish(Ok(Output::Rows(output)));
    match reply.result() {
        Ok(success) => Ok(success.value.to_json()),
        Err(error) => bail!("{error}"),
    }
}
