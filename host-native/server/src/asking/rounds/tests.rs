use mxcp_core::registry::{Approval, Unapproved};
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
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let subject = Subject::new(&request);
        runtime.block_on(Rounds::begin(capabilities, Arc::clone(&self.seal), subject, retry))
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

fn approval(question: &str, subject: Json) -> ApprovalRequest {
    ApprovalRequest { question: question.to_owned(), subject: mxcp_core::value::Value::from_json(subject) }
}

fn drop_of(table: &str) -> ApprovalRequest {
    approval("Drop it?", json!(["tool", "drop", {"table": table}]))
}

fn accepted() -> Json {
    json!({"approval-1": {"action": "accept", "content": {}}})
}

const USED: &str = "Invalid params: `requestState` was used before, and an approval is good for one call: make the request again without it";

#[test]
fn an_approval_is_asked_for_and_found_when_the_call_is_made_again() {
    let client = client();
    let first = client.first();
    assert_eq!(first.decision(&drop_of("a")), Err(AskError::Deferred));
    let result = asked(&first);
    assert_eq!(result["inputRequests"]["approval-1"]["method"], "elicitation/create");
    assert_eq!(result["inputRequests"]["approval-1"]["params"]["message"], "Drop it?");
    let second = client.next(&first, accepted());
    assert_eq!(second.decision(&drop_of("a")), Ok(Decision::Approved(Approval::Person)));
    for (action, why) in [("decline", Unapproved::Declined), ("cancel", Unapproved::Dismissed)] {
        let first = client.first();
        let _asked = first.decision(&drop_of("a"));
        let second = client.next(&first, json!({"approval-1": {"action": action, "content": {}}}));
        assert_eq!(second.decision(&drop_of("a")), Ok(Decision::Refused(why)));
    }
}

#[test]
fn an_approval_is_good_for_one_call() {
    let client = client();
    let first = client.first();
    let _asked = first.decision(&drop_of("a"));
    let given = state(&first);
    assert!(client.begin(accepted(), Some(&given)).is_ok());
    let again = client.begin(accepted(), Some(&given)).unwrap_err();
    assert_eq!((again.code, &*again.message), (ErrorCode::INVALID_PARAMS, USED));
    // Nor can a no be taken back.
    let first = client.first();
    let _asked = first.decision(&drop_of("a"));
    let given = state(&first);
    assert!(client.begin(json!({"approval-1": {"action": "decline"}}), Some(&given)).is_ok());
    assert_eq!(client.begin(accepted(), Some(&given)).unwrap_err().message, USED);
}

#[test]
fn an_approval_that_is_kept_for_a_further_question_is_good_for_one_call_too() {
    let client = client();
    let first = client.first();
    let _asked = first.decision(&drop_of("a"));
    let second = client.next(&first, accepted());
    assert!(second.decision(&drop_of("a")).is_ok());
    assert_eq!(second.answer(&name("a", "Who?")), Err(AskError::Deferred));
    let given = state(&second);
    let answers = json!({"a": answer("Ada")});
    let third = client.begin(answers.clone(), Some(&given)).unwrap();
    assert_eq!(third.decision(&drop_of("a")), Ok(Decision::Approved(Approval::Person)));
    assert_eq!(third.answer(&name("a", "Who?")), Ok(answer("Ada")));
    assert_eq!(client.begin(answers, Some(&given)).unwrap_err().message, USED);
    // Though the approval is not asked for again, what keeps it stays good for one call.
    let first = client.first();
    let _asked = first.decision(&drop_of("a"));
    let second = client.next(&first, accepted());
    assert_eq!(second.answer(&name("a", "Who?")), Err(AskError::Deferred));
    let given = state(&second);
    assert!(client.begin(json!({}), Some(&given)).is_ok());
    assert_eq!(client.begin(json!({}), Some(&given)).unwrap_err().message, USED);
}

#[test]
fn an_approval_is_for_the_call_that_was_asked_about() {
    let client = client();
    let first = client.first();
    let _asked = first.decision(&drop_of("a"));
    // What comes from the caller is no argument of the request, and may have changed between the rounds.
    let second = client.next(&first, accepted());
    assert_eq!(second.decision(&drop_of("b")), Err(AskError::Deferred));
    let third = client.next(&second, accepted());
    assert_eq!(third.decision(&drop_of("b")), Ok(Decision::Approved(Approval::Person)));
}

#[test]
fn nobody_approves_what_nobody_was_asked() {
    let client = client();
    let first = client.begin(accepted(), None).unwrap();
    assert_eq!(first.decision(&drop_of("a")), Err(AskError::Deferred));
    // Nor does an answer to a question of code with that name, or with those words.
    let first = client.first();
    let params = approval::question(&drop_of("a")).params;
    let question = Question { key: Some("approval-1".to_owned()), kind: QuestionKind::Elicitation, params };
    assert_eq!(first.answer(&question), Err(AskError::Deferred));
    let second = client.next(&first, accepted());
    assert!(second.answer(&question).is_ok());
    let again = client.next(&first, accepted());
    assert_eq!(again.decision(&drop_of("a")), Err(AskError::Deferred));
}

#[test]
fn one_approval_is_not_two() {
    let client = client();
    let first = client.first();
    let _asked = first.decision(&drop_of("a"));
    let second = client.next(&first, accepted());
    assert!(second.decision(&drop_of("a")).is_ok());
    assert_eq!(second.decision(&drop_of("a")), Err(AskError::Deferred), "a resource in a prompt, say");
    assert_eq!(
        asked(&second)["inputRequests"].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["approval-2"]
    );
}

#[test]
fn a_client_without_elicitation_is_not_asked_for_approval() {
    let client = Client::new(json!({"sampling": {}, "elicitation": {"url": {}}}));
    let first = client.first();
    let refusal = AskError::Unsupported(QuestionKind::Elicitation);
    assert_eq!(first.decision(&drop_of("a")), Err(refusal.clone()));
    // It is a denial, not an error of the protocol.
    let denied = CallError::Execution(format!("Sorry: {refusal}"));
    assert!(first.input_required(&denied).unwrap().is_none());
}
