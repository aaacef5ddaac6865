//! Somebody who calls, in one era of the protocol.

use serde_json::{Value as Json, json};

/// What a caller has.
pub(super) struct Caller {
    url: String,
    token: Option<String>,
    /// Whether requests stand alone, as in 2026-07-28; else they follow a handshake of 2025-11-25.
    modern: bool,
    session: Option<String>,
}

/// What a server answered.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) challenge: Option<String>,
    pub(super) body: Json,
}

impl Caller {
    pub(super) fn new(url: &str, token: Option<&str>, modern: bool) -> Self {
        Self { url: url.to_owned(), token: token.map(str::to_owned), modern, session: None }
    }

    /// Shakes hands, and gives the server's answer.
    pub(super) fn begin(&mut self) -> Answer {
        if self.modern {
            return self.ask("server/discover", json!({}));
        }
        let answer = self.ask(
            "initialize",
            json!({
                "protocolVersion": "2025-11-25", "capabilities": {},
                "clientInfo": { "name": "mxcp-tests", "version": "1" },
            }),
        );
        let (status, _, _, _) =
            self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }), "");
        assert_eq!(status, 202);
        answer
    }

    /// Sends a request.
    pub(super) fn ask(&mut self, method: &str, mut params: Json) -> Answer {
        if self.modern {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
            });
        }
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let (status, challenge, session, text) = self.send(&request, method);
        if session.is_some() {
            self.session = session;
        }
        let events = text.lines().filter_map(|line| line.strip_prefix("data:"));
        let body = std::iter::once(text.as_str())
            .chain(events)
            .filter_map(|text| serde_json::from_str::<Json>(text.trim()).ok())
            .find(|message| message["id"] == 1 || message["id"].is_null())
            .unwrap_or(Json::String(text));
        Answer { status, challenge, body }
    }

    fn send(&self, request: &Json, method: &str) -> (u16, Option<String>, Option<String>, String) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut post = agent
            .post(&self.url)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        if let Some(token) = &self.token {
            post = post.header("authorization", format!("Bearer {token}"));
        }
        if self.modern {
            post = post.header("mcp-protocol-version", "2026-07-28").header("mcp-method", method);
            let params = &request["params"];
            if let Some(name) = params["name"].as_str().or_else(|| params["uri"].as_str()) {
                post = post.header("mcp-name", name);
            }
        } else if method != "initialize" {
            post = post.header("mcp-protocol-version", "2025-11-25");
        }
        if let Some(session) = &self.session {
            post = post.header("mcp-session-id", session);
        }
        let mut response = post.send(request.to_string()).unwrap();
        let header =
            |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (challenge, session) = (header("www-authenticate"), header("mcp-session-id"));
        let text = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), challenge, session, text)
    }
}

impl Answer {
    /// What it comes to: `gives`, with what a tool, resource, prompt or list gives; `fails`, with what a tool says of its failure;
    /// or `error`, with code and message.
    pub(super) fn outcome(&self) -> Json {
        if let Some(error) = self.body.get("error") {
            return json!({ "error": [error["code"], error["message"]] });
        }
        let result = &self.body["result"];
        let values = |key: &str, text: &dyn Fn(&Json) -> Json| -> Option<Vec<Json>> {
            Some(result[key].as_array()?.iter().map(text).collect())
        };
        let parsed = |text: &Json| {
            let parsed = text.as_str().and_then(|text| serde_json::from_str(text).ok());
            parsed.unwrap_or_else(|| text.clone())
        };
        if result["isError"] == true {
            return json!({ "fails": result["content"][0]["text"] });
        }
        let found = values("content", &|block| parsed(&block["text"]))
            .or_else(|| values("contents", &|content| parsed(&content["text"])))
            .or_else(|| values("messages", &|message| message["content"]["text"].clone()))
            .or_else(|| values("tools", &|tool| tool["name"].clone()))
            .or_else(|| values("resources", &|resource| resource["uri"].clone()))
            .or_else(|| values("resourceTemplates", &|template| template["uriTemplate"].clone()))
            .or_else(|| values("prompts", &|prompt| prompt["name"].clone()))
            .or_else(|| result["completion"]["values"].as_array().cloned());
        match found {
            Some(values) => json!({ "gives": values }),
            None => self.body.clone(),
        }
    }
}
