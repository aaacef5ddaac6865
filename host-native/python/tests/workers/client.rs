//! What functions know of their caller, tell it and ask it.

use std::sync::{Arc, Mutex};

use mxcp_core::call::{Headers, Principal};
use mxcp_core::value::Value;
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{
    Ask, AskError, BoxFuture, LogLevel, LogMessage, Notify, Progress, PythonError, PythonRequest, Question,
    QuestionKind,
};
use serde_json::{Value as Json, json};

use crate::project::{Project, request};

const MODULE: &str = r#"
from datetime import date
from mxcp.runtime import mcp
from mxcp.sdk.audit import add_execution_event, begin_execution_event
from mxcp.sdk.auth.context import get_user_context
from mxcp.sdk.executor import get_execution_context

def who():
    context = get_execution_context()
    return [get_user_context().username, context.get("request_headers"), context.get("transport")]

def tell():
    mcp.warning("text")
    mcp.info({"$date": 1})
    mcp.progress(0.5, 4, "half")

def note():
    span = begin_execution_event()
    add_execution_event(span=span, target="api", details={"at": date(2024, 1, 2), "$date": 1})
    add_execution_event(span=span, details={"odd": object})

def roots():
    return [root.uri for root in mcp.roots(key="k")]

async def aroots():
    return [root.uri for root in await mcp.roots()]
"#;

#[derive(Debug, Default)]
struct Client {
    heard: Mutex<Vec<String>>,
    asked: Mutex<Vec<Question>>,
    answer: Mutex<Option<Result<Json, AskError>>>,
}

impl Notify for Client {
    fn progress(&self, Progress { done, total, message }: Progress) {
        self.heard.lock().unwrap().push(format!("{done} {total:?} {message:?}"));
    }

    fn log(&self, LogMessage { level, data, .. }: LogMessage) {
        self.heard.lock().unwrap().push(format!("{} {}", LogLevel::as_str(level), data.to_json_text()));
    }
}

#[derive(Debug)]
struct Asking(Arc<Client>);

impl Ask for Asking {
    fn ask(&self, question: Question) -> BoxFuture<'static, Result<Json, AskError>> {
        self.0.asked.lock().unwrap().push(question);
        let answer = self.0.answer.lock().unwrap().clone().unwrap();
        Box::pin(async move { answer })
    }
}

fn of(client: &Arc<Client>, function: &str) -> PythonRequest {
    let context = Value::parse_json(r#"{"username": "ada", "user_id": 1}"#).unwrap();
    let mut request = request(function, "{}");
    request.scope = Arc::new(CallScope {
        principal: Some(Arc::new(Principal::from_context(context, "cli").unwrap())),
        headers: Headers::new([("x".to_owned(), json!("y"))]),
        notify: Arc::<Client>::clone(client),
        ask: Some(Arc::new(Asking(Arc::clone(client)))),
        ..(*request.scope).clone()
    });
    request
}

#[test]
fn functions_know_who_calls() {
    let (project, client) = (Project::new(MODULE), Arc::default());
    let known = project.value(of(&client, "who")).unwrap().to_json();
    assert_eq!(known, json!(["ada", {"x": "y"}, "cli"]));
}

#[test]
fn what_a_function_says_is_heard_before_its_result() {
    let (project, client) = (Project::new(MODULE), Arc::default());
    project.value(of(&client, "tell")).unwrap();
    let expected = [r#"warning "text""#, r#"info {"$date":1}"#, r#"0.5 Some(4.0) Some("half")"#];
    assert_eq!(*client.heard.lock().unwrap(), expected);
}

#[test]
fn what_a_function_notes_is_for_the_record_of_its_call() {
    let (project, client) = (Project::new(MODULE), Arc::default());
    let request = of(&client, "note");
    let notes = request.scope.notes.clone();
    project.value(request).unwrap();
    let notes: Vec<_> = notes.take().iter().map(Value::to_json).collect();
    assert_eq!((&notes[0]["kind"], &notes[0]["target"]), (&json!("external"), &json!("api")));
    assert_eq!(notes[0]["details"], json!({"at": "2024-01-02", "$date": 1}));
    assert_eq!(notes[1]["details"], json!({"odd": "<class 'object'>"}));
}

#[test]
fn questions_reach_the_client_and_its_answers_the_function() {
    let (project, client) = (Project::new(MODULE), Arc::<Client>::default());
    *client.answer.lock().unwrap() = Some(Ok(json!({"roots": [{"uri": "file:///a"}]})));
    for function in ["roots", "aroots"] {
        assert_eq!(project.value(of(&client, function)).unwrap().to_json(), json!(["file:///a"]));
    }
    let asked = client.asked.lock().unwrap();
    assert_eq!((asked[0].kind, asked[0].key.as_deref()), (QuestionKind::Roots, Some("k")));
    assert_eq!(asked[1].key, None);
}

#[test]
fn a_call_that_awaits_input_is_told_apart_from_one_that_fails() {
    let (project, client) = (Project::new(MODULE), Arc::<Client>::default());
    for function in ["roots", "aroots"] {
        *client.answer.lock().unwrap() = Some(Err(AskError::Deferred));
        let error = project.value(of(&client, function)).unwrap_err();
        assert!(matches!(error, PythonError::AwaitsInput), "{error:?}");
        *client.answer.lock().unwrap() = Some(Err(AskError::Failed("no".to_owned())));
        let error = project.value(of(&client, function)).unwrap_err();
        assert!(matches!(&error, PythonError::Raised(text) if text.contains("no")), "{error:?}");
    }
}
