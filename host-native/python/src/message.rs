//! What host and worker say to each other.

use mxcp_runtime::ports::Report;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, from_value};

use crate::encode::{Arguments, Cells, Named, Tagged};
use crate::frame;

/// What the host wants, with a number that the reply has.
#[derive(Serialize)]
pub(crate) struct Request<'a> {
    pub(crate) request: u64,
    #[serde(flatten)]
    pub(crate) work: &'a Work<'a>,
}

/// What a worker can do.
#[derive(Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Work<'a> {
    /// Make the plug-ins of a project.
    Open { settings: Tagged<'a> },
    /// Import its modules and run its init hooks.
    Initialise { call: Tagged<'a> },
    /// Run its shutdown hooks.
    Stop { call: Tagged<'a> },
    /// Call a function.
    Call {
        file: &'a str,
        shown: &'a str,
        function: Option<&'a str>,
        arguments: Named<'a>,
        typed: bool,
        /// Whether it is known to be one that awaits.
        #[serde(rename = "async")]
        asynchronous: bool,
        call: Tagged<'a>,
    },
    /// Compute a chunk of an SQL function.
    Evaluate { index: usize, columns: Arguments<'a>, rows: usize, call: Tagged<'a> },
    /// Look at a function.
    Check { file: &'a str, shown: &'a str, function: Option<&'a str>, parameters: &'a [String] },
    /// Call what a reload was asked for with.
    Payload { payload: u64 },
}

/// What the host says without being replied to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// Take a request back.
    Cancel(u64),
    /// Nobody will call this payload.
    Forget(u64),
}

/// The answer to a question.
#[derive(Serialize)]
pub(crate) struct Answer<'a> {
    pub(crate) answer: u64,
    #[serde(flatten)]
    pub(crate) content: Content<'a>,
}

/// What an answer says.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Content<'a> {
    /// Rows.
    Table(Cells<'a>),
    /// What the client answered, if anything was asked.
    Result { result: Tagged<'a> },
    /// Nothing: why.
    Failed { failed: Failure, text: String },
}

/// Kinds of failures that functions can tell apart.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Failure {
    /// The database refused.
    Sql,
    /// The client can't answer.
    Unsupported,
    /// The client refused.
    Ask,
    /// The answer comes with another request.
    Input,
    /// The call is over.
    Cancelled,
    /// Anything else.
    Other,
}

/// What a worker says.
#[derive(Debug)]
pub(crate) enum Said {
    /// It has done what it was asked to.
    Reply { request: u64, outcome: Outcome },
    /// It asks something for a call.
    Ask { ask: u64, call: u64, question: Question },
    /// It has something to say for a call.
    Note { call: u64, note: Note },
}

/// What came of a request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A result, and whether there are content blocks in it.
    Done { result: Json, content: bool },
    /// None.
    Failed { failed: Failed, text: String },
}

/// Why a worker has no result.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Failed {
    /// The function raised.
    Raised,
    /// A plug-in can't be made.
    Plugin,
    /// The function waits for an answer of the client.
    Input,
    /// The call was taken back.
    Cancelled,
}

/// What a worker asks.
#[derive(Debug)]
pub(crate) enum Question {
    /// To run SQL.
    Execute(Execute),
    /// To ask the client.
    Ask(Ask),
    /// To reload.
    Reload(Reload),
}

/// SQL with values to bind.
#[derive(Debug, Deserialize)]
pub(crate) struct Execute {
    pub(crate) sql: String,
    pub(crate) parameters: Json,
}

/// A question to the client.
#[derive(Debug, Deserialize)]
pub(crate) struct Ask {
    pub(crate) method: String,
    pub(crate) params: Json,
    pub(crate) key: Option<String>,
}

/// A reload, with the number of what is to be called.
#[derive(Debug, Deserialize)]
pub(crate) struct Reload {
    pub(crate) payload: Option<u64>,
    pub(crate) description: String,
}

/// What a worker says of a call.
#[derive(Debug)]
pub(crate) enum Note {
    /// A message for the client.
    Log(Log),
    /// How far the call is.
    Progress(Progress),
    /// What its code says of its own work.
    Report(Report),
    /// Something for the record of the call.
    Noted(Noted),
    /// The function that is called is one that awaits.
    Async,
}

/// Something for the record of a call.
#[derive(Debug, Deserialize)]
pub(crate) struct Noted {
    pub(crate) note: Json,
}

/// A message for the client.
#[derive(Debug, Deserialize)]
pub(crate) struct Log {
    pub(crate) level: String,
    pub(crate) data: Json,
    pub(crate) logger: Option<String>,
}

/// How far a call is.
#[derive(Debug, Deserialize)]
pub(crate) struct Progress {
    pub(crate) progress: Option<f64>,
    pub(crate) total: Option<f64>,
    pub(crate) message: Option<String>,
}

impl Said {
    /// From a frame. Numbers stay exact, which derived code for enumerations would not let them be.
    pub(crate) fn parse(frame: &[u8]) -> Option<Self> {
        let mut said: Map<String, Json> = serde_json::from_slice(frame).ok()?;
        if let Some(request) = said.get("reply").and_then(Json::as_u64) {
            return Some(Said::Reply { request, outcome: Outcome::from(&mut said)? });
        }
        let call = said.get("call")?.as_u64()?;
        if let Some(ask) = said.get("ask").and_then(Json::as_u64) {
            let question = match said.get("do")?.as_str()? {
                "execute" => Question::Execute(from_value(Json::Object(said)).ok()?),
                "ask" => Question::Ask(from_value(Json::Object(said)).ok()?),
                "reload" => Question::Reload(from_value(Json::Object(said)).ok()?),
                _ => return None,
            };
            return Some(Said::Ask { ask, call, question });
        }
        let note = match said.get("say")?.as_str()? {
            "log" => Note::Log(from_value(Json::Object(said)).ok()?),
            "progress" => Note::Progress(from_value(Json::Object(said)).ok()?),
            "report" => Note::Report(Report::parse(said.get("kind")?.as_str()?, said.get("what")?)?),
            "note" => Note::Noted(from_value(Json::Object(said)).ok()?),
            "async" => Note::Async,
            _ => return None,
        };
        Some(Said::Note { call, note })
    }
}

impl Outcome {
    fn from(said: &mut Map<String, Json>) -> Option<Self> {
        let Some(failed) = said.remove("failed") else {
            let content = said.get("content").and_then(Json::as_bool).unwrap_or_default();
            return Some(Outcome::Done { result: said.remove("result")?, content });
        };
        let text = said.get("text")?.as_str()?.to_owned();
        Some(Outcome::Failed { failed: from_value(failed).ok()?, text })
    }
}

/// The frame of a message; none if it is longer than frames may be.
pub(crate) fn frame(message: &impl Serialize) -> Option<Vec<u8>> {
    let frame = serde_json::to_vec(message).ok()?;
    (frame.len() <= frame::LIMIT).then_some(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_replies_keep_their_digits() {
        let frame = br#"{"reply": 7, "result": [18446744073709551616, 1.5], "content": false}"#;
        let Some(Said::Reply { request: 7, outcome: Outcome::Done { result, content: false } }) =
            Said::parse(frame)
        else {
            panic!("it is no reply");
        };
        assert_eq!(result.to_string(), "[18446744073709551616,1.5]");
    }

    #[test]
    fn progress_is_read_whether_whole_or_not() {
        let frame = br#"{"say": "progress", "call": 1, "progress": 0.5, "total": 4, "message": null}"#;
        let Some(Said::Note { call: 1, note: Note::Progress(progress) }) = Said::parse(frame) else {
            panic!("it is no progress");
        };
        assert_eq!((progress.progress, progress.total, progress.message), (Some(0.5), Some(4.0), None));
    }
}
