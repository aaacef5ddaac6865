//! The question whether a call may run, and what an answer to it means.
//!
//! It is put as a form without fields: to accept it is to approve. An answer is good for the call that was asked about, of
//! the same caller with the same arguments, and for one run of it: see [`tickets`](super::tickets).

use mxcp_core::registry::{Approval, Unapproved};
use mxcp_runtime::ports::{Answer, ApprovalRequest, Question, QuestionKind};
use serde_json::{Value as Json, json};

use super::memory::Fingerprint;

/// The question as MCP has it.
pub(super) fn question(request: &ApprovalRequest) -> Question {
    let schema = json!({ "type": "object", "properties": {} });
    let params = json!({ "message": request.question, "requestedSchema": schema });
    Question { key: None, kind: QuestionKind::Elicitation, params }
}

/// What tells it from all other questions: also those with the same words about another call, and those of code.
pub(super) fn fingerprint(request: &ApprovalRequest) -> Fingerprint {
    Fingerprint::of(&json!(["approval", request.question, request.subject.to_json()]))
}

/// What a checked answer means.
pub(super) fn read(answer: &Json) -> Answer {
    match answer.get("action").and_then(Json::as_str) {
        Some("accept") => Answer::Approved(Approval::Person),
        Some("decline") => Answer::Refused(Unapproved::Declined),
        _ => Answer::Refused(Unapproved::Dismissed),
    }
}

#[cfg(test)]
mod tests {
    use mxcp_core::value::Value;

    use super::*;
    use crate::asking::question;

    #[test]
    fn it_is_a_form_without_fields() {
        let request = ApprovalRequest { question: "Sure?".into(), subject: Value::Null };
        let asked = question::request(&super::question(&request)).unwrap();
        assert_eq!(question::schema_of_form(&asked).unwrap(), json!({"type": "object", "properties": {}}));
    }

    #[test]
    fn only_to_accept_is_to_approve() {
        assert_eq!(read(&json!({"action": "accept", "content": {}})), Answer::Approved(Approval::Person));
        assert_eq!(read(&json!({"action": "decline"})), Answer::Refused(Unapproved::Declined));
        for other in [json!({"action": "cancel"}), json!({}), json!({"action": true}), json!(null)] {
            assert_eq!(read(&other), Answer::Refused(Unapproved::Dismissed));
        }
    }

    #[test]
    fn the_same_words_about_another_call_are_another_question() {
        let of = |subject: &str| {
            let subject = Value::parse_json(subject).unwrap();
            fingerprint(&ApprovalRequest { question: "Sure?".into(), subject })
        };
        assert_eq!(of(r#"["tool","t",{"a":1}]"#), of(r#"["tool","t",{"a":1}]"#));
        assert_ne!(of(r#"["tool","t",{"a":1}]"#), of(r#"["tool","t",{"a":2}]"#));
        assert_ne!(of(r#"["tool","t",{"a":1}]"#), of(r#"["tool","t",{"a":"1"}]"#));
    }
}
