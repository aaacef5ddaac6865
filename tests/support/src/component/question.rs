//! What the component says about endpoints without calling them.

use serde_json::{Value as Json, json};
use wasmtime::component::ResourceAny;

use super::bindings::exports::mxcp::core::{listing, policy};
use super::bindings::mxcp::core::types;
use super::{Instance, context, wit_kind};
use crate::case::CaseQuestion;
use crate::entry::{
    self, ExplanationEntry, Listed, MatchEntry, PromptEntry, ResourceEntry, RuleEntry, denied,
};
use crate::transcript::ToolEntry;

impl Instance {
    pub(super) fn all_listed(&mut self, project: ResourceAny) -> anyhow::Result<Listed> {
        let listing = self.core.mxcp_core_listing();
        let tools = listing.call_tools(&mut self.store, project)?;
        let resources = listing.call_resources(&mut self.store, project)?;
        let prompts = listing.call_prompts(&mut self.store, project)?;
        Ok(Listed {
            tools: tools.into_iter().map(tool).collect::<anyhow::Result<_>>()?,
            resources: resources.into_iter().map(resource).collect(),
            prompts: prompts.into_iter().map(prompt).collect(),
        })
    }

    pub(super) fn matches(&mut self, project: ResourceAny, uri: &str) -> anyhow::Result<Vec<MatchEntry>> {
        let found = self.core.mxcp_core_listing().call_resources_at(&mut self.store, project, uri)?;
        let entry = |found: listing::ResourceMatch| {
            Ok(MatchEntry { name: found.name, arguments: serde_json::from_str(&found.arguments)? })
        };
        found.into_iter().map(entry).collect()
    }

    pub(super) fn findings(
        &mut self,
        project: ResourceAny,
        clients: &[String],
    ) -> anyhow::Result<Vec<String>> {
        let findings = self.core.mxcp_core_lint().call_check(&mut self.store, project, clients)?;
        let findings = findings.map_err(anyhow::Error::from)?;
        let lines = findings.iter().map(|finding| {
            entry::lint_line(
                severity(finding.severity),
                &finding.code,
                (&finding.file, finding.start.line.into(), finding.start.column.into()),
                &finding.location,
                [&finding.message, &finding.suggestion],
            )
        });
        Ok(lines.collect())
    }

    pub(super) fn explanation(
        &mut self,
        project: ResourceAny,
        question: &CaseQuestion,
    ) -> anyhow::Result<ExplanationEntry> {
        let (kind, name) = question.endpoint()?;
        let asked = policy::Question {
            kind: wit_kind(kind),
            name: name.to_owned(),
            arguments: question.arguments.as_ref().map(serde_json::to_string).transpose()?,
            response: question.response.as_ref().map(Json::to_string),
        };
        let context = context(question.user.as_ref());
        let answer = self.core.mxcp_core_policy().call_explain(&mut self.store, project, &asked, &context)?;
        let explanation = match answer {
            Ok(explanation) => explanation,
            Err(error) => return unexplained(error),
        };
        Ok(ExplanationEntry {
            error: None,
            visibility: Some(visibility(explanation.visibility).to_owned()),
            hides: explanation.hides,
            rules: explanation.rules.into_iter().map(rule).collect(),
            input: Some(match explanation.input {
                policy::InputAnswer::Allowed => json!("allowed"),
                policy::InputAnswer::Denied(reason) => denied(&reason),
                policy::InputAnswer::Asks(questions) => json!({ "asks": questions }),
                policy::InputAnswer::Depends => json!("depends"),
            }),
            output: explanation.output.map(output).transpose()?,
        })
    }
}

pub(super) fn severity(severity: types::Severity) -> &'static str {
    match severity {
        types::Severity::Info => "info",
        types::Severity::Warning => "warning",
        types::Severity::Error => "error",
    }
}

fn tool(tool: listing::Tool) -> anyhow::Result<ToolEntry> {
    Ok(ToolEntry {
        name: tool.name,
        description: tool.description,
        input_schema: serde_json::from_str(&tool.input_schema)?,
        output_schema: tool.output_schema.map(|schema| serde_json::from_str(&schema)).transpose()?,
        annotations: tool.annotations.map(|hints| {
            json!([
                hints.title,
                hints.read_only_hint,
                hints.destructive_hint,
                hints.idempotent_hint,
                hints.open_world_hint
            ])
        }),
        tags: tool.tags,
    })
}

fn resource(resource: listing::ResourceEntry) -> ResourceEntry {
    ResourceEntry {
        uri: resource.uri,
        template: resource.is_template,
        name: resource.name,
        description: resource.description,
        mime_type: resource.mime_type,
        tags: resource.tags,
    }
}

fn prompt(prompt: listing::Prompt) -> PromptEntry {
    let argument =
        |it: &listing::PromptArgument| entry::prompt_argument(&it.name, it.required, &it.description);
    PromptEntry {
        name: prompt.name,
        description: prompt.description,
        arguments: prompt.arguments.iter().map(argument).collect(),
        tags: prompt.tags,
    }
}

fn unexplained(error: policy::Error) -> anyhow::Result<ExplanationEntry> {
    let error = match error {
        policy::Error::UnknownEndpoint(message) | policy::Error::InvalidResponse(message) => message,
        policy::Error::InvalidArguments(errors) => {
            let errors = errors.iter().map(|error| format!("{}: {}", error.pointer, error.message));
            errors.collect::<Vec<_>>().join("; ")
        }
        error => return Err(error.into()),
    };
    Ok(ExplanationEntry { error: Some(error), ..ExplanationEntry::default() })
}

fn visibility(visibility: policy::Visibility) -> &'static str {
    match visibility {
        policy::Visibility::Hidden => "hidden",
        policy::Visibility::Depends => "depends",
        policy::Visibility::Open => "open",
    }
}

fn rule(explained: policy::ExplainedRule) -> RuleEntry {
    RuleEntry {
        rule: format!("{} {}: {}", explained.label, action(explained.action), explained.condition),
        reason: explained.reason,
        fields: explained.fields,
        keep: explained.where_,
        verdict: match explained.verdict {
            policy::Verdict::Holds => "holds".to_owned(),
            policy::Verdict::DoesNotHold => "does not hold".to_owned(),
            policy::Verdict::Failed(why) => format!("failed: {why}"),
            policy::Verdict::Depends => "depends".to_owned(),
            policy::Verdict::NotReached => "not reached".to_owned(),
        },
    }
}

fn output(answer: policy::OutputAnswer) -> anyhow::Result<Json> {
    Ok(match answer {
        policy::OutputAnswer::Unchanged => json!("unchanged"),
        policy::OutputAnswer::Changed(changed) => {
            json!({ action(changed.by): serde_json::from_str::<Json>(&changed.value)? })
        }
        policy::OutputAnswer::Denied(reason) => denied(&reason),
    })
}

fn action(action: policy::Action) -> &'static str {
    match action {
        policy::Action::Deny => "deny",
        policy::Action::Ask => "ask",
        policy::Action::FilterFields => "filter_fields",
        policy::Action::MaskFields => "mask_fields",
        policy::Action::FilterSensitiveFields => "filter_sensitive_fields",
        policy::Action::FilterRows => "filter_rows",
    }
}
