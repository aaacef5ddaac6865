//! Endpoints that ask what they are told to.

use std::collections::BTreeMap;
use std::sync::Arc;

use mxcp_core::definition::{Kind, PythonSource};
use mxcp_core::load::{self, Content, DefinitionFile};
use mxcp_core::registry::{Output, Registry};
use mxcp_core::value::Value;
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{
    AskError, BoxFuture, LogLevel, LogMessage, PythonEngine, PythonError, PythonFinding, PythonProject,
    PythonRequest, Question, QuestionKind, SqlFunction,
};
use serde_json::{Value as Json, json};

/// The tool `ask` with a text of what to do, the resource `ask://name`, and the prompt `asking` that has it in it.
pub(super) fn registry() -> Registry {
    let file = |path: &str, kind, text: &str| DefinitionFile {
        path: path.to_owned(),
        kind,
        content: Content::Bytes(text.as_bytes().to_vec()),
    };
    let files = vec![
        file(
            "tools/ask.yml",
            Kind::Tool,
            "tool: {name: ask, language: python, parameters: [{name: script, type: string}], source: {file: ask.py}}",
        ),
        file(
            "resources/name.yml",
            Kind::Resource,
            "resource: {uri: 'ask://name', language: python, source: {file: ask.py}}",
        ),
        file(
            "prompts/asking.yml",
            Kind::Prompt,
            "prompt: {name: asking, messages: [{role: user, type: resource, prompt: 'ask://name'}]}",
        ),
    ];
    let parsed = load::parse(files);
    let code =
        |reference: &load::Reference| (reference.path.clone(), Content::Bytes(b"def ask(): pass".to_vec()));
    let sources: BTreeMap<_, _> = parsed.references().iter().map(code).collect();
    let loaded = parsed.load(&sources);
    assert_eq!(loaded.registry.endpoints().count(), 3, "{:?}", loaded.files);
    loaded.registry
}

/// Asks what the script says, a JSON text: `questions` is a list of key, kind and parameters; `together` puts all before
/// the first answer is looked at, `lenient` makes errors part of the result, `say` is logged first. Without a script it asks
/// for a name.
#[derive(Debug)]
pub(super) struct AskingEngine;

/// A question for a name.
pub(crate) fn for_a_name(key: &str, message: &str) -> Json {
    let schema = json!({"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]});
    json!([key, "elicitation", {"message": message, "requestedSchema": schema}])
}

impl AskingEngine {
    async fn run(request: PythonRequest) -> Result<Output, PythonError> {
        let script = match request.arguments.get("script") {
            Some(Value::String(text)) => serde_json::from_str(text).unwrap(),
            _ => json!({ "questions": [for_a_name("user_name", "What is your name?")] }),
        };
        if let Some(text) = script["say"].as_str() {
            let data = Value::string(text);
            request.scope.notify.log(LogMessage { level: LogLevel::Info, logger: None, data });
        }
        let questions = script["questions"].as_array().unwrap();
        let asked = questions.iter().map(|question| ask(&request.scope, question));
        let answers = if script["together"] == true {
            let asked: Vec<_> = asked.collect();
            let mut answers = Vec::new();
            for answer in asked {
                answers.push(answer.await);
            }
            answers
        } else {
            let mut answers = Vec::new();
            for answer in asked {
                let answer = answer.await;
                let ends = answer.is_err() && script["lenient"] != true;
                answers.push(answer);
                if ends {
                    break;
                }
            }
            answers
        };
        let lenient = script["lenient"] == true;
        let mut result = Vec::new();
        for answer in answers {
            match answer {
                Ok(answer) => result.push(Value::string(answer.to_string())),
                Err(error) if lenient => result.push(Value::string(error.to_string())),
                Err(AskError::Deferred) => return Err(PythonError::AwaitsInput),
                Err(AskError::Cancelled) => return Err(PythonError::Cancelled),
                Err(error) => return Err(PythonError::Raised(error.to_string())),
            }
        }
        Ok(Output::Value(Value::Array(result)))
    }
}

/// Puts a question, at once.
fn ask(scope: &CallScope, question: &Json) -> BoxFuture<'static, Result<Json, AskError>> {
    let kind = QuestionKind::ALL.into_iter().find(|kind| question[1] == kind.capability()).unwrap();
    let key = question[0].as_str().map(str::to_owned);
    let question = Question { key, kind, params: question[2].clone() };
    match &scope.ask {
        Some(port) => port.ask(question),
        None => Box::pin(async move { Err(AskError::Unsupported(kind)) }),
    }
}

impl PythonEngine for AskingEngine {
    fn start(
        &self,
        _project: Arc<PythonProject>,
    ) -> BoxFuture<'_, Result<Vec<Arc<dyn SqlFunction>>, PythonError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn initialise(&self, _scope: Arc<CallScope>) -> BoxFuture<'_, Result<(), PythonError>> {
        Box::pin(async { Ok(()) })
    }

    fn call(&self, request: PythonRequest) -> BoxFuture<'_, Result<Output, PythonError>> {
        Box::pin(async move {
            let cancel = request.scope.cancel.clone();
            let limit = request.timeout;
            let run = Self::run(request);
            tokio::select! {
                output = run => output,
                () = cancel.cancelled() => Err(PythonError::Cancelled),
                () = async { tokio::time::sleep(limit.unwrap()).await }, if limit.is_some() => {
                    Err(PythonError::TimedOut(limit.unwrap()))
                }
            }
        })
    }

    fn check(
        &self,
        _source: Arc<PythonSource>,
        _parameters: Vec<String>,
    ) -> BoxFuture<'_, Result<Vec<PythonFinding>, PythonError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn stop(&self, _scope: Arc<CallScope>) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}
