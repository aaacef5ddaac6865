//! What policies say.

use mxcp_core::call::CallError;
use mxcp_core::policy::{ExplainedRule, Stage, Verdict, Visibility};
use mxcp_core::registry::{Explanation, InputAnswer, OutputAnswer, Question};
use mxcp_core::schema::Action;

use super::call::kind;
use super::problem::{Problem, json, object};
use super::reply::argument_errors;
use crate::bindings::exports::mxcp::core::policy as wit;

pub(crate) fn question(question: wit::Question) -> Result<Question, Problem> {
    Ok(Question {
        kind: kind(question.kind),
        name: question.name,
        arguments: question.arguments.map(|text| object("arguments", &text)).transpose()?,
        response: question.response.map(|text| json("response", &text)).transpose()?,
    })
}

pub(crate) fn unexplained(error: CallError) -> wit::Error {
    match error {
        CallError::InvalidArguments(errors) => wit::Error::InvalidArguments(argument_errors(&errors)),
        CallError::InvalidOutput(why) => wit::Error::InvalidResponse(why),
        other => wit::Error::UnknownEndpoint(other.to_string()),
    }
}

pub(crate) fn explanation(explanation: Explanation<'_>) -> wit::Explanation {
    wit::Explanation {
        visibility: match explanation.visibility {
            Visibility::Hidden => wit::Visibility::Hidden,
            Visibility::Depends => wit::Visibility::Depends,
            Visibility::Open => wit::Visibility::Open,
        },
        hides: explanation.hides,
        rules: explanation.rules.into_iter().map(rule).collect(),
        input: match explanation.input {
            InputAnswer::Allowed => wit::InputAnswer::Allowed,
            InputAnswer::Denied(reason) => wit::InputAnswer::Denied(reason),
            InputAnswer::Asks(questions) => wit::InputAnswer::Asks(questions),
            InputAnswer::Depends => wit::InputAnswer::Depends,
        },
        output: explanation.output.map(|answer| match answer {
            OutputAnswer::Unchanged => wit::OutputAnswer::Unchanged,
            OutputAnswer::Changed { value, by } => {
                wit::OutputAnswer::Changed(wit::Changed { value: value.to_json_text(), by: action(by) })
            }
            OutputAnswer::Denied(reason) => wit::OutputAnswer::Denied(reason),
        }),
    }
}

fn rule(explained: ExplainedRule<'_>) -> wit::ExplainedRule {
    let ExplainedRule { rule, verdict } = explained;
    wit::ExplainedRule {
        label: rule.label.to_owned(),
        stage: match rule.stage {
            Stage::Input => wit::Stage::Input,
            Stage::Output => wit::Stage::Output,
        },
        condition: rule.condition.to_owned(),
        action: action(rule.action),
        reason: rule.reason.map(str::to_owned),
        fields: rule.fields.to_vec(),
        where_: rule.keep.map(str::to_owned),
        verdict: match verdict {
            Verdict::Holds => wit::Verdict::Holds,
            Verdict::DoesNotHold => wit::Verdict::DoesNotHold,
            Verdict::Failed(why) => wit::Verdict::Failed(why),
            Verdict::Depends => wit::Verdict::Depends,
            Verdict::NotReached => wit::Verdict::NotReached,
        },
    }
}

fn action(action: Action) -> wit::Action {
    match action {
        Action::Deny => wit::Action::Deny,
        Action::Ask => wit::Action::Ask,
        Action::FilterFields => wit::Action::FilterFields,
        Action::MaskFields => wit::Action::MaskFields,
        Action::FilterSensitiveFields => wit::Action::FilterSensitiveFields,
        Action::FilterRows => wit::Action::FilterRows,
    }
}
