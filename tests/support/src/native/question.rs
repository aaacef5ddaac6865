//! What the library says about endpoints without calling them.

use anyhow::Context as _;
use mxcp_core::call::{CallContext, CallError};
use mxcp_core::definition::Kind;
use mxcp_core::lint::{self, Client};
use mxcp_core::policy::{ExplainedRule, Verdict};
use mxcp_core::registry::{InputAnswer, OutputAnswer, Question, Registry};
use mxcp_core::value::{Object, Value};
use serde_json::json;

use crate::case::CaseQuestion;
use crate::entry::{
    self, ExplanationEntry, Listed, MatchEntry, PromptEntry, ResourceEntry, RuleEntry, denied,
};
use crate::transcript::ToolEntry;

pub(super) fn listed(project: &Registry) -> Listed {
    let tags = |kind: Kind, name: &str| {
        project.get(kind, name).map(|endpoint| endpoint.tags.clone()).unwrap_or_default()
    };
    let tools = project.tools().iter().map(|tool| ToolEntry {
        name: tool.name.clone(),
        description: tool.description.clone(),
        input_schema: tool.input_schema.clone(),
        output_schema: tool.output_schema.clone(),
        annotations: tool.annotations.as_ref().map(|hints| {
            json!([
                hints.title,
                hints.read_only_hint,
                hints.destructive_hint,
                hints.idempotent_hint,
                hints.open_world_hint
            ])
        }),
        tags: tags(Kind::Tool, &tool.name),
    });
    let resources = project.resources().into_iter().map(|resource| ResourceEntry {
        tags: tags(Kind::Resource, &resource.uri),
        uri: resource.uri,
        template: resource.is_template,
        name: resource.name,
        description: resource.description,
        mime_type: resource.mime_type,
    });
    let prompts = project.prompts().into_iter().map(|prompt| PromptEntry {
        tags: tags(Kind::Prompt, &prompt.name),
        name: prompt.name,
        description: prompt.description,
        arguments: prompt
            .arguments
            .iter()
            .map(|it| entry::prompt_argument(&it.name, it.required, &it.description))
            .collect(),
    });
    Listed { tools: tools.collect(), resources: resources.collect(), prompts: prompts.collect() }
}

pub(super) fn resources_at(project: &Registry, uri: &str) -> Vec<MatchEntry> {
    let entry = |(name, arguments): (&str, Object)| MatchEntry {
        name: name.to_owned(),
        arguments: Value::Object(arguments).to_json(),
    };
    project.resources_at(uri).map(entry).collect()
}

pub(super) fn lint(project: &Registry, clients: &[String]) -> anyhow::Result<Vec<String>> {
    let client = |word: &String| Client::from_word(word).with_context(|| format!("no client `{word}`"));
    let clients = clients.iter().map(client).collect::<anyhow::Result<Vec<_>>>()?;
    let findings = lint::lint(project, &clients);
    let line = |finding: &lint::Finding| {
        let start = finding.position();
        entry::lint_line(
            &format!("{:?}", finding.severity).to_lowercase(),
            finding.code,
            (finding.path(), start.line as u64, start.column as u64),
            &finding.location,
            [&finding.message, &finding.suggestion],
        )
    };
    Ok(findings.iter().map(line).collect())
}

pub(super) fn explain(
    project: &Registry,
    question: &CaseQuestion,
    context: &CallContext,
) -> anyhow::Result<ExplanationEntry> {
    let (kind, name) = question.endpoint()?;
    let asked = Question {
        kind,
        name: name.to_owned(),
        arguments: question.arguments.clone().map(Object::from_json),
        response: question.response.clone().map(Value::from_json),
    };
    let explanation = match project.explain(asked, context) {
        Ok(explanation) => explanation,
        Err(error) => return Ok(unexplained(&error)),
    };
    Ok(ExplanationEntry {
        error: None,
        visibility: Some(format!("{:?}", explanation.visibility).to_lowercase()),
        hides: explanation.hides,
        rules: explanation.rules.iter().map(rule).collect(),
        input: Some(match explanation.input {
            InputAnswer::Allowed => json!("allowed"),
            InputAnswer::Denied(reason) => denied(&reason),
            InputAnswer::Asks(questions) => json!({ "asks": questions }),
            InputAnswer::Depends => json!("depends"),
        }),
        output: explanation.output.map(|answer| match answer {
            OutputAnswer::Unchanged => json!("unchanged"),
            OutputAnswer::Changed { value, by } => json!({ by.as_str(): value.to_json() }),
            OutputAnswer::Denied(reason) => denied(&reason),
        }),
    })
}

fn unexplained(error: &CallError) -> ExplanationEntry {
    let error = match error {
        CallError::InvalidArguments(errors) => {
            let errors = errors.iter().map(|error| format!("{}: {}", error.pointer, error.message));
            errors.collect::<Vec<_>>().join("; ")
        }
        CallError::InvalidOutput(why) => why.clone(),
        other => other.to_string(),
    };
    ExplanationEntry { error: Some(error), ..ExplanationEntry::default() }
}

fn rule(explained: &ExplainedRule<'_>) -> RuleEntry {
    let rule = &explained.rule;
    RuleEntry {
        rule: format!("{} {}: {}", rule.label, rule.action.as_str(), rule.condition),
        reason: rule.reason.map(str::to_owned),
        fields: rule.fields.to_vec(),
        keep: rule.keep.map(str::to_owned),
        verdict: match &explained.verdict {
            Verdict::Holds => "holds".to_owned(),
            Verdict::DoesNotHold => "does not hold".to_owned(),
            Verdict::Failed(why) => format!("failed: {why}"),
            Verdict::Depends => "depends".to_owned(),
            Verdict::NotReached => "not reached".to_owned(),
        },
    }
}
