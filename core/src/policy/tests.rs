//! Rules from their text to their decision.

mod adversarial;
mod checks;
mod decisions;
mod dialect;
mod dissect;
mod rows;
mod values;
mod visibility;

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::check::{Scope, StaticType};
use super::*;
use crate::call::{Caller, Headers, Principal};
use crate::diagnostic::Diagnostics;
use crate::source::SourceFile;
use crate::yaml::Document;

/// A block of policies, compiled, and what was found in it.
struct Compiled {
    set: PolicySet,
    findings: Diagnostics,
}

impl Compiled {
    fn messages(&self) -> Vec<String> {
        self.findings.iter().map(|finding| finding.message.clone()).collect()
    }

    fn sound(self) -> PolicySet {
        assert!(!self.findings.has_errors(), "{:?}", self.messages());
        self.set
    }
}

/// Compiles the block of a definition `policies: …`.
fn compile(yaml: &str, input: &Scope, output: &Scope, returns: ReturnsInfo) -> Compiled {
    let mut findings = Diagnostics::new();
    let file = SourceFile::new("tools/t.yml", yaml);
    let document = Document::parse(&file, &mut findings).expect("the test has YAML");
    let written: std::collections::BTreeMap<String, Policies> =
        document.deserialize().expect("the test has policies");
    let environment = Arc::new(Environment::new());
    let path = DocPath::root().key("policies");
    let mut report = Report::new(&document, &mut findings);
    let rows = scope(&["row"]);
    let scopes = (input, output, Some(&rows));
    let set = PolicySet::compile(written.get("policies"), &environment, scopes, returns, &path, &mut report);
    Compiled { set, findings }
}

fn scope(names: &[&str]) -> Scope {
    Scope::new(names.iter().map(|name| ((*name).to_owned(), StaticType::Dyn)))
}

/// Compiles with parameters `a`, `b` and `c` of unknown type.
fn compile_any(yaml: &str) -> Compiled {
    compile(yaml, &scope(&["a", "b", "c"]), &scope(&["response"]), ReturnsInfo::Structured)
}

fn now() -> DateTime<Utc> {
    "2024-02-29T12:00:00Z".parse().unwrap()
}

fn context(user: Option<&str>) -> CallContext {
    let principal =
        user.map(|json| Arc::new(Principal::from_context(Value::parse_json(json).unwrap(), "test").unwrap()));
    CallContext {
        request_id: "1".to_owned(),
        now: now(),
        caller: Caller::Test,
        principal,
        headers: Headers::none(),
        session_id: None,
        trace: None,
    }
}

fn object(json: &str) -> Object {
    Value::parse_json(json).unwrap().as_object().unwrap().clone()
}

/// Evaluates a condition as an input rule, with parameters `a`, `b` and `c`.
fn evaluate(condition: &str, arguments: &Object, user: Option<&str>) -> Result<bool, String> {
    let text = serde_json::to_string(condition).unwrap();
    let yaml = format!("policies: {{input: [{{condition: {text}, action: deny}}]}}");
    let compiled = compile_any(&yaml);
    if compiled.findings.has_errors() {
        return Err(compiled.messages().join("\n"));
    }
    let decision = compiled.set.decide_input(arguments, &context(user));
    match decision.trace.errors.first() {
        Some(error) => {
            assert!(decision.denied.is_some(), "an error denies");
            Err(error.clone())
        }
        None => Ok(decision.denied.is_some()),
    }
}
