use mxcp_core::value::Value;
use mxcp_runtime::ports::QuestionKind;
use rmcp::model::ErrorCode;
use serde_json::json;
use tokio::task::yield_now;

use super::*;
use crate::asking::memory::{Seal, Subject};
use crate::asking::{Request, Retry};
use crate::testing::asking::for_a_name;

fn within() -> Arc<Within> {
    let capabilities = serde_json::from_value(json!({"elicitation": {}})).unwrap();
    Arc::new(Within::new(capabilities, None, CancellationToken::new()))
}

/// One that asks before there is a task; `answers` are those of the first question, if the call is made again.
async fn before(seal: &Arc<Seal>, state: Option<&str>, answers: Json) -> Within {
    let request = Request { method: "tools/call", name: "t", arguments: None, principal: None };
    let retry = Retry { answers: serde_json::from_value(answers).unwrap(), state: state.map(str::to_owned) };
    let capabilities: ClientCapabilities = serde_json::from_value(json!({"elicitation": {}})).unwrap();
    let rounds =
        Rounds::begin(capabilities.clone(), Arc::clone(seal), Subject::new(&request), retry).await.unwrap();
    Within::new(capabilities, Some(Arc::new(rounds)), CancellationToken::new())
}

fn name(key: &str) -> Question {
    let params = for_a_name(key, "Who?")[2].clone();
    Question { key: Some(key.to_owned()), kind: QuestionKind::Elicitation, params }
}

fn ada() -> Json {
    json!({"action": "accept", "content": {"name": "Ada"}})
}

fn keys(within: &Within) -> Vec<String> {
    within.open().into_keys().collect()
}

fn given(answers: Json) -> InputResponses {
    serde_json::from_value(answers).unwrap()
}

#[tokio::test]
async fn questions_wait_together_and_each_is_answered_by_its_key() {
    let within = within();
    let (one, other) = (within.ask(name("a")), within.ask(name("b")));
    assert_eq!(keys(&within), ["a", "b"]);
    within.answer(given(json!({"a": ada(), "unknown": {}}))).unwrap();
    assert_eq!(keys(&within), ["b"]);
    assert_eq!(one.await, Ok(ada()));
    within.answer(given(json!({"a": ada(), "b": {"action": "decline"}}))).unwrap();
    assert_eq!(other.await, Ok(json!({"action": "decline"})));
    assert!(keys(&within).is_empty());
}

#[tokio::test]
async fn an_answer_that_is_none_is_refused_and_one_that_does_not_fit_is_told_to_the_call() {
    let within = within();
    let asked = within.ask(name("a"));
    let refused = within.answer(given(json!({"a": 7}))).unwrap_err();
    assert_eq!(refused.code, ErrorCode::INVALID_PARAMS);
    assert_eq!(keys(&within), ["a"]);
    within.answer(given(json!({"a": {"action": "accept", "content": {"name": 7}}}))).unwrap();
    let problem = "the client's answer can't be used: `name` must be a string";
    assert_eq!(asked.await, Err(AskError::Failed(problem.to_owned())));
}

#[tokio::test]
async fn nobody_is_waited_for_for_ever() {
    let mut within = Arc::into_inner(within()).unwrap();
    within.times.patience = Duration::ZERO;
    let late = AskError::Failed("the client did not answer within 0 s".to_owned());
    assert_eq!(within.ask(name("a")).await, Err(late));
    assert!(keys(&within).is_empty());
}

#[tokio::test]
async fn a_question_that_nobody_waits_for_any_more_is_taken_back() {
    let within = within();
    drop(within.ask(name("a")));
    while !keys(&within).is_empty() {
        yield_now().await;
    }
    let key = "there was a question with the key `a` before: each needs its own".to_owned();
    assert_eq!(within.ask(name("a")).await, Err(AskError::Failed(key)));
}

#[tokio::test]
async fn the_end_of_the_call_or_of_the_server_is_the_end_of_its_questions() {
    let capabilities = serde_json::from_value(json!({"elicitation": {}})).unwrap();
    let closing = CancellationToken::new();
    let within = Within::new(capabilities, None, closing.clone());
    let asked = within.ask(name("a"));
    closing.cancel();
    assert_eq!(asked.await, Err(AskError::Cancelled));
    assert_eq!(within.ask(name("b")).await, Err(AskError::Cancelled));
    let within = self::within();
    let asked = within.ask(name("a"));
    within.end();
    assert_eq!(asked.await, Err(AskError::Cancelled));
    assert_eq!(within.ask(name("b")).await, Err(AskError::Cancelled));
}

#[tokio::test]
async fn a_client_is_not_asked_for_what_it_can_not_do() {
    let within = within();
    let roots = Question { key: None, kind: QuestionKind::Roots, params: json!({}) };
    let refusal = within.ask(roots).await.unwrap_err();
    assert_eq!(refusal, AskError::Unsupported(QuestionKind::Roots));
    let error = within.input_required(&CallError::Execution(format!("x: {refusal}"))).unwrap_err();
    assert_eq!(error.code.0, -32021);
    assert!(within.input_required(&CallError::Execution("another".into())).unwrap().is_none());
}

#[tokio::test]
async fn an_approval_waits_as_any_question_does() {
    let within = within();
    let request = ApprovalRequest { question: "Sure?".into(), subject: Value::Null };
    let asked = within.approve(request);
    assert_eq!(keys(&within), ["approval-1"]);
    // Whoever is asked has been told of the task.
    within.task_begins(&Admitted::default()).await;
    within.answer(given(json!({"approval-1": {"action": "decline"}}))).unwrap();
    let declined = Answer::Refused(mxcp_core::registry::Unapproved::Declined);
    assert_eq!(asked.await, Ok(declined));
}

#[tokio::test]
async fn a_task_begins_when_the_call_is_let_in() {
    let (within, admitted) = (within(), Admitted::default());
    let begins = tokio::spawn({
        let (within, admitted) = (Arc::clone(&within), admitted.clone());
        async move { within.task_begins(&admitted).await }
    });
    yield_now().await;
    assert!(!begins.is_finished());
    admitted.tell();
    begins.await.unwrap();
}

#[tokio::test]
async fn questions_before_the_task_end_the_call_and_it_begins_with_their_answers() {
    let seal = Arc::new(Seal::random());
    let mut first = before(&seal, None, Json::Null).await;
    first.times.grace = Duration::ZERO;
    let admitted = Admitted::default();
    admitted.tell();
    assert_eq!(first.ask(name("a")).await, Err(AskError::Deferred));
    assert!(keys(&first).is_empty());
    tokio::select! {
        biased;
        () = first.task_begins(&admitted) => panic!("a call that ends with its questions is no task"),
        () = sleep(Duration::from_millis(10)) => {}
    }
    let result = first.input_required(&CallError::AwaitsInput).unwrap().unwrap();
    let result = serde_json::to_value(result).unwrap();
    let state = result["requestState"].as_str().unwrap();

    let second = before(&seal, Some(state), json!({"a": ada()})).await;
    assert_eq!(second.ask(name("a")).await, Ok(ada()));
    second.task_begins(&admitted).await;
    let asked = second.ask(name("b"));
    assert_eq!(keys(&second), ["b"], "what is asked after that is asked within the task");
    second.answer(given(json!({"b": ada()}))).unwrap();
    assert_eq!(asked.await, Ok(ada()));
}

#[tokio::test]
async fn a_call_that_asks_nothing_for_a_while_becomes_a_task() {
    let seal = Arc::new(Seal::random());
    let (mut silent, admitted) = (before(&seal, None, Json::Null).await, Admitted::default());
    silent.times.grace = Duration::ZERO;
    admitted.tell();
    silent.task_begins(&admitted).await;
    let _asked = silent.ask(name("a"));
    assert_eq!(keys(&silent), ["a"]);
}
