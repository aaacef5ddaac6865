use mxcp_runtime::ports::QuestionKind;
use rmcp::model::ErrorCode;

use super::*;
use crate::asking::Request;
use crate::testing::asking::for_a_name;

/// Calls of one request, one after the other.
struct Client {
    capabilities: Json,
    seal: Arc<Seal>,
}

impl Client {
    fn new(capabilities: Json) -> Self {
        Self { capabilities, seal: Arc::new(Seal::random()) }
    }

    fn begin(&self, answers: Json, state: Option<&str>) -> Result<Rounds, ErrorData> {
        let request = Request { method: "tools/call", name: "t", arguments: None, principal: None };
        let answers = serde_json::from_value(answers).unwrap();
        let retry = Retry { answers, state: state.map(str::to_owned) };
        let capabilities = serde_json::from_value(self.capabilities.clone()).unwrap();
        Rounds::begin(capabilities, Arc::clone(&self.seal), Subject::new(&request), retry)
    }

    fn first(&self) -> Rounds {
        self.begin(Json::Null, None).unwrap()
    }

    fn next(&self, before: &Rounds, answers: Json) -> Rounds {
        self.begin(answers, Some(&state(before))).unwrap()
    }
}

fn client() -> Client {
    Client::new(json!({"elicitation": {}, "sampling": {}, "roots": {}}))
}

fn asked(rounds: &Rounds) -> Json {
    let result = rounds.input_required(&CallError::AwaitsInput).unwrap().unwrap();
    serde_json::to_value(result).unwrap()
}

fn state(rounds: &Rounds) -> String {
    asked(rounds)["requestState"].as_str().unwrap().to_owned()
}

fn name(key: &str, message: &str) -> Question {
    let params = for_a_name(key, message)[2].clone();
    Question { key: Some(key.to_owned()), kind: QuestionKind::Elicitation, params }
}

fn answer(name: &str) -> Json {
    json!({"action": "accept", "content": {"name": name}})
}

#[test]
fn a_question_is_put_and_its_answer_found_when_the_call_is_made_again() {
    let client = client();
    let first = client.first();
    assert_eq!(first.answer(&name("a", "Who?")), Err(AskError::Deferred));
    let result = asked(&first);
    assert_eq!(result["resultType"], "input_required");
    assert_eq!(result["inputRequests"]["a"]["method"], "elicitation/create");
    assert_eq!(result["inputRequests"]["a"]["params"]["message"], "Who?");
    let second = client.next(&first, json!({"a": answer("Ada")}));
    assert_eq!(second.answer(&name("a", "Who?")), Ok(answer("Ada")));
}

#[test]
fn answers_are_kept_over_several_rounds() {
    let client = client();
    let first = client.first();
    let _asked = first.answer(&name("a", "Who?"));
    let second = client.next(&first, json!({"a": answer("Ada")}));
    assert!(second.answer(&name("a", "Who?")).is_ok());
    assert_eq!(second.answer(&name("b", "Whom?")), Err(AskError::Deferred));
    assert_eq!(asked(&second)["inputRequests"].as_object().unwrap().len(), 1);
    assert_ne!(state(&first), state(&second));
    let third = client.next(&second, json!({"b": answer("Bob")}));
    assert_eq!(third.answer(&name("a", "Who?")), Ok(answer("Ada")));
    assert_eq!(third.answer(&name("b", "Whom?")), Ok(answer("Bob")));
}

#[test]
fn an_answer_is_for_the_question_that_was_put_only() {
    let client = client();
    let first = client.first();
    let _asked = first.answer(&name("a", "Pay 10?"));
    let second = client.next(&first, json!({"a": answer("yes")}));
    assert_eq!(second.answer(&name("a", "Pay 1000?")), Err(AskError::Deferred));
    assert_eq!(asked(&second)["inputRequests"]["a"]["params"]["message"], "Pay 1000?");
}

#[test]
fn what_was_not_asked_is_passed_over_and_what_was_not_answered_is_asked_again() {
    let client = client();
    let first = client.first();
    let _asked = first.answer(&name("a", "Who?"));
    let second = client.next(&first, json!({"b": answer("Bob")}));
    assert_eq!(second.answer(&name("a", "Who?")), Err(AskError::Deferred));
    assert_eq!(second.answer(&name("b", "Whom?")), Err(AskError::Deferred));
    assert_eq!(asked(&second)["inputRequests"].as_object().unwrap().len(), 2);
}

#[test]
fn a_client_may_answer_before_it_is_asked() {
    let client = client();
    let first = client.begin(json!({"a": answer("Ada"), "x": {}}), None).unwrap();
    assert_eq!(first.answer(&name("a", "Who?")), Ok(answer("Ada")));
    assert_eq!(first.answer(&name("b", "Whom?")), Err(AskError::Deferred));
    let second = client.next(&first, json!({"b": answer("Bob")}));
    assert_eq!(second.answer(&name("a", "Who?")), Ok(answer("Ada")), "it is remembered");
    let third = client.next(&first, json!({"b": answer("Bob")}));
    assert_eq!(
        third.answer(&name("a", "Who else?")),
        Err(AskError::Deferred),
        "as the answer to its question"
    );
}

#[test]
fn answers_that_are_none_are_refused() {
    let error = client().begin(json!({"a": 12}), None).unwrap_err();
    assert_eq!(error.code, ErrorCode::INVALID_PARAMS);
    assert_eq!(error.message, "Invalid params: `inputResponses.a` must be an object");
    let rounds = client().begin(json!({"a": {"action": "accept", "content": {"name": 1}}}), None).unwrap();
    let problem = "the client's answer can't be used: `name` must be a string";
    assert_eq!(rounds.answer(&name("a", "Who?")), Err(AskError::Failed(problem.into())));
}

#[test]
fn a_capability_that_is_missing_is_named_if_the_call_fails_for_it() {
    let client = Client::new(json!({"elicitation": {}}));
    let rounds = client.first();
    let roots = Question { key: None, kind: QuestionKind::Roots, params: json!({}) };
    let refusal = rounds.answer(&roots).unwrap_err();
    assert_eq!(refusal, AskError::Unsupported(QuestionKind::Roots));
    let error = rounds.input_required(&CallError::Execution(format!("Sorry: {refusal}"))).unwrap_err();
    assert_eq!(error.code.0, -32021);
    assert_eq!(error.data, Some(json!({"requiredCapabilities": {"roots": {}}})));
    assert!(rounds.input_required(&CallError::Execution("another reason".into())).unwrap().is_none());
}

#[test]
fn only_a_call_that_awaits_input_ends_with_its_questions() {
    let rounds = client().first();
    assert!(rounds.input_required(&CallError::AwaitsInput).unwrap().is_none());
    let _asked = rounds.answer(&name("a", "Who?"));
    assert!(rounds.input_required(&CallError::Cancelled).unwrap().is_none());
    assert!(rounds.input_required(&CallError::AwaitsInput).unwrap().is_some());
    rounds.end();
    assert_eq!(rounds.answer(&name("b", "Whom?")), Err(AskError::Cancelled));
}
