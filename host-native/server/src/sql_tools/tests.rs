use chrono::Utc;
use mxcp_core::audit::Status;
use mxcp_core::call::{Caller, Headers};
use mxcp_runtime::Limits;
use serde_json::Value as Json;

use super::*;
use crate::testing;

async fn call(tool: SqlTool, arguments: Json) -> Result<Json, CallError> {
    let (pipeline, _engine) = testing::pipeline(Limits::default());
    call_through(&pipeline, tool, arguments).await
}

async fn call_through(pipeline: &Pipeline, tool: SqlTool, arguments: Json) -> Result<Json, CallError> {
    let tools = SqlTools::new(&schema::SqlTools::default());
    let context = CallContext {
        request_id: "r1".to_owned(),
        now: Utc::now(),
        caller: Caller::Stdio,
        principal: None,
        headers: Headers::none(),
        session_id: None,
        trace: None,
    };
    let Json::Object(arguments) = arguments else { panic!("arguments are an object") };
    let arguments = Object::from_json(arguments);
    let success = tools.call(tool, arguments, context, pipeline, Link::default()).await?;
    assert!(success.typed);
    Ok(success.value.to_json())
}

async fn message(tool: SqlTool, arguments: Json) -> String {
    call(tool, arguments).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_query_gives_rows_as_records() {
    let rows = call(SqlTool::ExecuteQuery, json!({"sql": "SELECT 1"})).await.unwrap();
    assert_eq!(rows, json!([{"sql": "SELECT 1", "bound": {}}]));
}

#[tokio::test]
async fn a_table_name_is_bound_and_never_pasted() {
    let name = "x'; DROP TABLE t; --";
    let rows = call(SqlTool::TableSchema, json!({"table_name": name})).await.unwrap();
    assert_eq!(rows[0]["bound"], json!({"table_name": name}));
    assert!(!rows[0]["sql"].as_str().unwrap().contains("DROP"));
}

#[tokio::test]
async fn tables_need_no_argument_and_extras_are_passed_over() {
    assert!(call(SqlTool::ListTables, json!({})).await.is_ok());
    assert!(call(SqlTool::ListTables, json!({"schema": "x"})).await.is_ok());
}

#[tokio::test]
async fn a_missing_argument_is_named_with_its_place() {
    let error = call(SqlTool::ExecuteQuery, json!({})).await.unwrap_err();
    let CallError::InvalidArguments(errors) = error else { panic!("{error}") };
    assert_eq!(errors[0].pointer, "/sql");
    assert_eq!(errors[0].message, "Required parameter missing: sql");
}

#[tokio::test]
async fn an_argument_that_is_no_text_is_refused() {
    assert_eq!(
        message(SqlTool::ExecuteQuery, json!({"sql": 1})).await,
        "Error validating parameter 'sql': Expected string"
    );
}

#[tokio::test]
async fn nothing_to_run_is_said_so() {
    let message = message(SqlTool::ExecuteQuery, json!({"sql": "  "})).await;
    assert_eq!(message, "Failed to execute SQL: No statement to execute");
}

#[tokio::test]
async fn the_databases_words_reach_the_caller_and_a_defects_details_do_not() {
    assert_eq!(
        message(SqlTool::ExecuteQuery, json!({"sql": "fail"})).await,
        "Failed to execute SQL: Parser Error: no"
    );
    assert_eq!(message(SqlTool::ExecuteQuery, json!({"sql": "crash"})).await, "Internal error (request r1)");
}

#[tokio::test]
async fn every_call_is_recorded_and_a_refused_one_with_the_reason() {
    let records = Arc::new(testing::Records::default());
    let (pipeline, _engine) = testing::audited(Limits::default(), Arc::clone(&records) as _);
    for arguments in [json!({"sql": "SELECT 1"}), json!({"sql": "fail"}), json!({})] {
        let _ = call_through(&pipeline, SqlTool::ExecuteQuery, arguments).await;
    }
    let records = records.0.lock().unwrap();
    let seen: Vec<_> = records
        .iter()
        .map(|record| (record.operation_status, record.input_data.to_json(), record.error.as_deref()))
        .collect();
    assert_eq!(
        seen,
        [
            (Status::Success, json!({"sql": "SELECT 1"}), None),
            (Status::Error, json!({"sql": "fail"}), Some("Failed to execute SQL: Parser Error: no")),
            (Status::Error, json!({}), Some("Required parameter missing: sql")),
        ]
    );
    assert_eq!(
        (records[0].operation_name.as_str(), &records[0].policy_decision),
        ("execute_sql_query", &None)
    );
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_any_more_is_recorded_all_the_same() {
    let records = Arc::new(testing::Records::default());
    let (pipeline, engine) = testing::audited(Limits::default(), Arc::clone(&records) as _);
    tokio::select! {
        biased;
        _ = call_through(&pipeline, SqlTool::ExecuteQuery, json!({"sql": "wait"})) => unreachable!("it waits"),
        begun = engine.begun.acquire() => begun.unwrap().forget(),
    }
    let records = records.0.lock().unwrap();
    let seen: Vec<_> =
        records.iter().map(|record| (record.operation_status, record.error.is_some())).collect();
    assert_eq!(seen, [(Status::Error, true)]);
}

#[tokio::test]
async fn calls_over_the_limit_are_refused() {
    let limits = Limits { concurrent_calls: 0, ..Limits::default() };
    let (pipeline, _engine) = testing::pipeline(limits);
    let error = call_through(&pipeline, SqlTool::ListTables, json!({})).await.unwrap_err();
    assert_eq!(error, CallError::Overloaded);
}

#[test]
fn descriptions_of_the_site_file_replace_the_built_in_ones() {
    let settings = schema::SqlTools {
        list_tables: Some(schema::SqlTool { description: Some("Ours.".to_owned()) }),
        ..schema::SqlTools::default()
    };
    let descriptions: Vec<String> =
        SqlTools::new(&settings).list().map(|(_, tool)| tool.description.unwrap().into_owned()).collect();
    assert_eq!(descriptions[1], "Ours.");
    assert!(descriptions[0].contains("DuckDB"));
}

#[test]
fn only_the_query_tool_may_change_something() {
    for (tool, listed) in SqlTools::new(&schema::SqlTools::default()).list() {
        let hints = listed.annotations.unwrap();
        let reads_only = tool != SqlTool::ExecuteQuery;
        assert_eq!(hints.read_only_hint, Some(reads_only));
        assert_eq!(hints.destructive_hint, Some(!reads_only));
        assert_eq!(hints.open_world_hint, Some(false));
    }
}
