//! Answers of clients, which are believed only as far as they fit their questions.

#![expect(deprecated, reason = "sampling and roots are deprecated since 2026-07-28 and still part of it")]

use mxcp_runtime::ports::AskError;
use rmcp::model::{CreateMessageResult, ElicitResult, ElicitationAction, InputRequest, ListRootsResult};
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::{form, question};

/// An answer that fits its question. Of one that is refused, nothing is left but that.
///
/// # Errors
/// It does not fit.
pub(super) fn checked(request: &InputRequest, answer: Json) -> Result<Json, AskError> {
    match request {
        InputRequest::Elicitation(_) => elicited(request, answer),
        InputRequest::CreateMessage(_) => has_shape::<CreateMessageResult>(&answer).map(|_| answer),
        _ => has_shape::<ListRootsResult>(&answer).map(|_| answer),
    }
    .map_err(|problem| AskError::Failed(format!("the client's answer can't be used: {problem}")))
}

fn has_shape<T: DeserializeOwned>(answer: &Json) -> Result<T, String> {
    T::deserialize(answer).map_err(|error| error.to_string())
}

fn elicited(request: &InputRequest, answer: Json) -> Result<Json, String> {
    let result: ElicitResult = has_shape(&answer)?;
    if result.action != ElicitationAction::Accept {
        return Ok(json!({ "action": result.action }));
    }
    let Some(schema) = question::schema_of_form(request) else {
        return Ok(json!({ "action": result.action }));
    };
    match result.content.unwrap_or_else(|| json!({})) {
        Json::Object(content) => match form::problem(&schema, &content) {
            None => Ok(json!({ "action": result.action, "content": content })),
            Some(problem) => Err(problem),
        },
        _ => Err("`content` must be an object".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use mxcp_runtime::ports::{Question, QuestionKind};

    use super::*;

    fn of(kind: QuestionKind, params: Json, answer: Json) -> Result<Json, String> {
        let request = question::request(&Question { key: None, kind, params }).unwrap();
        checked(&request, answer).map_err(|error| error.to_string())
    }

    fn elicit(answer: Json) -> Result<Json, String> {
        let schema =
            json!({"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]});
        of(QuestionKind::Elicitation, json!({"message": "Age?", "requestedSchema": schema}), answer)
    }

    #[test]
    fn an_accepted_form_has_what_was_asked_for() {
        let fine = json!({"action": "accept", "content": {"age": 7}});
        assert_eq!(elicit(fine.clone()), Ok(fine));
        for wrong in [json!({"action": "accept"}), json!({"action": "accept", "content": {"age": "7"}})] {
            let problem = elicit(wrong).unwrap_err();
            assert!(problem.starts_with("the client's answer can't be used: `age` "), "{problem}");
        }
        let list = elicit(json!({"action": "accept", "content": []})).unwrap_err();
        assert_eq!(list, "the client's answer can't be used: `content` must be an object");
    }

    #[test]
    fn of_a_refused_form_nothing_is_left() {
        let declined = elicit(json!({"action": "decline", "content": {"age": "secret"}}));
        assert_eq!(declined, Ok(json!({"action": "decline"})));
        assert_eq!(elicit(json!({"action": "cancel"})), Ok(json!({"action": "cancel"})));
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for wrong in [json!(12), json!({}), json!({"action": "perhaps"})] {
            assert!(elicit(wrong.clone()).is_err(), "{wrong}");
        }
        assert!(of(QuestionKind::Roots, json!({}), json!({"roots": "all"})).is_err());
        let roots = json!({"roots": [{"uri": "file:///a"}]});
        assert_eq!(of(QuestionKind::Roots, json!({}), roots.clone()), Ok(roots));
        let text = json!({"type": "text", "text": "Hi"});
        let params = json!({"messages": [{"role": "user", "content": text}], "maxTokens": 1});
        assert!(of(QuestionKind::Sampling, params.clone(), json!({"content": text})).is_err());
        let message = json!({"role": "assistant", "content": text, "model": "m"});
        assert_eq!(of(QuestionKind::Sampling, params, message.clone()), Ok(message));
    }
}
