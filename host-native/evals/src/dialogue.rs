//! A conversation with a model.

use mxcp_core::value::Object;
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;

use crate::error::ServiceError;
use crate::interface::{Answer, ToolResult};
use crate::offer::Offer;
use crate::prompt::{self, Line};
use crate::service::{Service, Unanswered};
use crate::text_calls;
use crate::usage::Usage;

/// A conversation that began with a question.
#[derive(Debug)]
pub(crate) struct Dialogue<'a> {
    service: &'a Service,
    offer: &'a Offer,
    question: &'a str,
    way: Way,
}

/// How tools are spoken of.
#[derive(Debug)]
enum Way {
    /// As the interface has it; the messages so far.
    Native(Vec<Json>),
    /// In words; what was said after the question.
    Words(Vec<Line>),
}

/// What a model says when it is its turn.
#[derive(Debug)]
pub(crate) struct Turn {
    /// Its text.
    pub(crate) text: String,
    /// The calls that it wants, in order; none if the text is its answer.
    pub(crate) calls: Vec<Asked>,
    /// What it used.
    pub(crate) usage: Usage,
    message: Json,
}

/// A call that a model wants.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    /// What the project knows the tool by; the model's word for one that does not exist.
    pub(crate) tool: String,
    /// The arguments; none if they are no object.
    pub(crate) arguments: Option<Object>,
    /// By which its result is told; none of a call in words.
    id: Option<String>,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Done {
    /// Its result.
    Result(Json),
    /// What went wrong.
    Error(String),
}

impl<'a> Dialogue<'a> {
    /// A conversation about what is on offer.
    pub(crate) fn new(service: &'a Service, offer: &'a Offer, question: &'a str) -> Self {
        let way = match service.takes_tools() {
            true => Way::Native(service.interface().opening(question)),
            false => Way::Words(Vec::new()),
        };
        Self { service, offer, question, way }
    }

    /// Lets the model speak.
    ///
    /// # Errors
    /// It does not.
    pub(crate) async fn next(&mut self, cancel: &CancellationToken) -> Result<Turn, ServiceError> {
        if let Way::Native(messages) = &self.way {
            let begun = messages.len() > self.service.interface().opening(self.question).len();
            match self.service.ask(messages, &self.offer.tools, cancel).await {
                Ok(answer) => return Ok(self.turn(answer)),
                Err(Unanswered::WithoutTools(problem)) if begun => return Err(problem),
                Err(Unanswered::WithoutTools(_)) => self.way = Way::Words(Vec::new()),
                Err(Unanswered::Failed(problem)) => return Err(problem),
            }
        }
        let lines = match &self.way {
            Way::Words(lines) => lines.as_slice(),
            Way::Native(_) => &[],
        };
        let text = prompt::text(self.offer, self.question, lines);
        let messages = self.service.interface().opening(&text);
        match self.service.ask(&messages, &[], cancel).await {
            Ok(answer) => Ok(self.turn(answer)),
            Err(Unanswered::WithoutTools(problem) | Unanswered::Failed(problem)) => Err(problem),
        }
    }

    fn turn(&self, answer: Answer) -> Turn {
        let in_words = matches!(self.way, Way::Words(_));
        let mut calls: Vec<_> = answer
            .calls
            .into_iter()
            .map(|call| Asked {
                tool: self.offer.find(&call.name).map_or(call.name, |tool| tool.name.clone()),
                arguments: call.arguments,
                id: Some(call.id),
            })
            .collect();
        if calls.is_empty() {
            // Some services take tools and pass over them, and some models write calls all the same.
            let known = |tool: &str| in_words || self.offer.find(tool).is_some();
            calls = text_calls::find(&answer.text, known)
                .into_iter()
                .map(|call| Asked {
                    tool: self.offer.find(&call.tool).map_or(call.tool, |tool| tool.name.clone()),
                    arguments: call.arguments,
                    id: None,
                })
                .collect();
        }
        let price = self.service.model().price;
        let usage = Usage::of_answer(answer.input_tokens, answer.output_tokens, price);
        Turn { text: answer.text, calls, usage, message: answer.message }
    }

    /// Tells the model what came of its calls: one of `done` for each.
    pub(crate) fn tell(&mut self, turn: Turn, done: &[Done]) {
        let Turn { text, calls, message, .. } = turn;
        match &mut self.way {
            Way::Words(lines) => {
                lines.push(Line::Assistant(text));
                lines.push(Line::Results(in_words(&calls, done)));
            }
            Way::Native(messages) => {
                messages.push(message);
                if calls.iter().all(|call| call.id.is_none()) {
                    let results = in_words(&calls, done);
                    let said = format!("Results of your calls: {results}\nUse them to answer my question.");
                    messages.push(json!({ "role": "user", "content": said }));
                    return;
                }
                let texts: Vec<_> = done.iter().map(Done::text).collect();
                let results = calls.iter().zip(done).zip(&texts).map(|((call, done), text)| ToolResult {
                    id: call.id.as_deref().unwrap_or_default(),
                    text,
                    failed: matches!(done, Done::Error(_)),
                });
                messages.extend(self.service.interface().results(&results.collect::<Vec<_>>()));
            }
        }
    }
}

impl Done {
    /// As a text of its own.
    fn text(&self) -> String {
        match self {
            Done::Error(text) | Done::Result(Json::String(text)) => text.clone(),
            Done::Result(json) => json.to_string(),
        }
    }
}

fn in_words(calls: &[Asked], done: &[Done]) -> String {
    let one = |(call, done): (&Asked, &Done)| match done {
        Done::Result(result) => json!({ "tool": call.tool, "result": result }),
        Done::Error(error) => json!({ "tool": call.tool, "error": error }),
    };
    Json::Array(calls.iter().zip(done).map(one).collect()).to_string()
}
