//! JSON-RPC.

use mxcp_mcp::malformed;
use rmcp::ErrorData;
use rmcp::model::ServerResult;
use serde::Serialize;
use serde_json::{Map, Value as Json};

/// A message of a client.
#[derive(Debug)]
pub(crate) enum Message {
    /// It wants an answer.
    Request(Call),
    /// It wants none.
    Notification,
    /// An answer, to which there was no question.
    Response,
}

/// A request.
#[derive(Debug)]
pub(crate) struct Call {
    /// A text or an integer.
    pub(crate) id: Json,
    /// The method.
    pub(crate) method: String,
    /// Its params; empty if there are none.
    pub(crate) params: Map<String, Json>,
}

impl Message {
    /// Reads a message.
    ///
    /// # Errors
    /// The answer to what is none.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Json> {
        let malformed = || malformed::answer(body);
        let Ok(Json::Object(mut message)) = serde_json::from_slice(body) else { return Err(malformed()) };
        if message.get("jsonrpc").and_then(Json::as_str) != Some("2.0") {
            return Err(malformed());
        }
        let id = message.remove("id");
        let Some(Json::String(method)) = message.remove("method") else {
            let answers = message.contains_key("result") || message.contains_key("error");
            return if answers && id.is_some() { Ok(Message::Response) } else { Err(malformed()) };
        };
        let params = match message.remove("params") {
            None | Some(Json::Null) => Map::new(),
            Some(Json::Object(params)) => params,
            Some(_) => return Err(malformed()),
        };
        match id {
            None => Ok(Message::Notification),
            Some(id) if id.is_string() || id.is_i64() => Ok(Message::Request(Call { id, method, params })),
            Some(_) => Err(malformed()),
        }
    }
}

/// An answer, to be written as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Answer<'a> {
    jsonrpc: &'static str,
    id: &'a Json,
    #[serde(flatten)]
    outcome: Outcome<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome<'a> {
    Result(&'a ServerResult),
    Error(&'a ErrorData),
}

/// The answer that gives a result.
pub(crate) fn result<'a>(id: &'a Json, result: &'a ServerResult) -> Answer<'a> {
    Answer { jsonrpc: "2.0", id, outcome: Outcome::Result(result) }
}

/// The answer that gives an error.
pub(crate) fn error<'a>(id: &'a Json, error: &'a ErrorData) -> Answer<'a> {
    Answer { jsonrpc: "2.0", id, outcome: Outcome::Error(error) }
}
