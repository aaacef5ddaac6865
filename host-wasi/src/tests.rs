//! The front end as a whole, on a host that plays along.

mod access;
mod forwarding;
mod identity;
mod protocol;

use chrono::{DateTime, Utc};
use mxcp_core::bundle::{self, BuiltIn, Bundle, Definition, Source};
use mxcp_core::definition::Kind;
use mxcp_core::schema::Permissions;
use mxcp_core::wit;
use serde_json::{Value as Json, json};

use crate::front::Front;
use crate::host::{Fetch, FetchError, Fetched, Host};
use crate::http::{Request, Response};
use crate::keys::Keys;
use crate::settings::Settings;

const KEY: &str = "a-key-of-32-letters-or-even-more";

const NOW: i64 = 1_800_000_000;

/// What the fake host does when it is asked for something outside.
type Outside = Box<dyn FnMut(&Fetch) -> Result<Fetched, FetchError>>;

/// A host whose clock stands still.
struct FakeHost {
    now: i64,
    outside: Outside,
    fetched: Vec<Fetch>,
    invoked: Vec<(u32, Vec<wit::Value>)>,
    lines: Vec<String>,
    random: u8,
}

impl Host for FakeHost {
    fn now(&mut self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.now, 0).unwrap()
    }

    fn random(&mut self) -> [u8; 16] {
        self.random += 1;
        [self.random; 16]
    }

    fn fetch(&mut self, request: &Fetch) -> Result<Fetched, FetchError> {
        self.fetched.push(request.clone());
        (self.outside)(request)
    }

    fn invoke(
        &mut self,
        index: u32,
        _function: &wit::Function,
        arguments: &[wit::Value],
    ) -> Result<Option<wit::Value>, String> {
        self.invoked.push((index, arguments.to_vec()));
        Ok(Some(wit::Value::U32(42)))
    }

    fn log(&mut self, line: &str) {
        self.lines.push(line.to_owned());
    }
}

/// A deployed edge.
struct Edge {
    front: Front,
    settings: Settings,
    keys: Keys,
    host: FakeHost,
}

impl Edge {
    fn new(variables: &[(&str, &str)]) -> Self {
        Self::built_with(&bundle::Settings::default(), variables)
    }

    /// One whose project says something of its deployment.
    fn built_with(built_in: &bundle::Settings, variables: &[(&str, &str)]) -> Self {
        let front = Front::new(bundle()).unwrap();
        let variables = variables.to_vec();
        let settings = Settings::new(built_in, |name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        });
        let host = FakeHost {
            now: NOW,
            outside: Box::new(|_| Err(FetchError::Unreachable)),
            fetched: Vec::new(),
            invoked: Vec::new(),
            lines: Vec::new(),
            random: 0,
        };
        Self { front, settings: settings.unwrap(), keys: Keys::default(), host }
    }

    /// An edge that everybody may call, with an origin.
    fn anonymous() -> Self {
        Self::new(&[
            ("MXCP_EDGE_ANONYMOUS", "true"),
            ("MXCP_EDGE_ORIGIN", "http://origin.example/mcp"),
            ("MXCP_EDGE_KEY", KEY),
        ])
    }

    fn send(&mut self, request: &Request) -> Response {
        self.front.answer(request, &self.settings, &self.keys, &mut self.host)
    }

    /// A request of a revision with a handshake: what it gives.
    fn ask(&mut self, method: &str, params: Json) -> Json {
        let response = self.send(&post(&message(method, params)));
        assert_eq!(response.status, 200, "{}", String::from_utf8_lossy(&response.body));
        body(&response)
    }

    /// A request of 2026-07-28: status, and what it gives.
    fn ask_modern(&mut self, method: &str, params: Json) -> (u16, Json) {
        let response = self.send(&modern(method, params));
        (response.status, body(&response))
    }
}

fn body(response: &Response) -> Json {
    serde_json::from_slice(&response.body).unwrap_or_else(|error| panic!("{error}: {response:?}"))
}

fn message(method: &str, params: Json) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string()
}

/// A request with the headers that every client sends.
fn post(body: &str) -> Request {
    let headers = [
        ("Host", "edge.example"),
        ("Accept", "application/json, text/event-stream"),
        ("Content-Type", "application/json"),
    ];
    Request {
        method: "POST".into(),
        path: "/mcp".into(),
        scheme: Some("https".into()),
        authority: Some("edge.example".into()),
        headers: headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).to_vec(),
        body: Some(body.as_bytes().to_vec()),
    }
}

fn with(mut request: Request, name: &str, value: &str) -> Request {
    request.headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    request.headers.push((name.to_owned(), value.as_bytes().to_vec()));
    request
}

fn modern(method: &str, mut params: Json) -> Request {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let name = params.get("name").or(params.get("uri")).and_then(Json::as_str).map(str::to_owned);
    let mut request = with(post(&message(method, params)), "MCP-Protocol-Version", "2026-07-28");
    request = with(request, "Mcp-Method", method);
    match name {
        Some(name) => with(request, "Mcp-Name", &name),
        None => request,
    }
}

const ROW: &str = "return: {type: array, items: {type: object, properties: {id: {type: integer}, \
                   day: {type: string, format: date}, price: {type: number}, note: {type: string}}, \
                   additionalProperties: true}}";

/// A project with an endpoint of each kind.
fn bundle() -> Bundle {
    let sql = "source: {code: SELECT 1}";
    let tool =
        |name: &str, rest: &str| definition(Kind::Tool, name, &format!("tool: {{name: {name}, {rest}}}"));
    let function = |result| wit::Function {
        documentation: None,
        parameters: vec![wit::Parameter { name: "max-items".into(), ty: wit::Type::U8 }],
        result: Some(result),
    };
    let world = wit::World {
        functions: [("count".to_owned(), function(wit::Type::U32))].into(),
        ..wit::World::default()
    };
    let component = wit::Component { digest: "d1".into(), world };
    let permissions = "permissions: {sql: read}";
    let count = "source: {file: ../count.wasm, export: count}, \
                 parameters: [{name: max_items, type: integer, minimum: 0, maximum: 255, description: d}]";
    Bundle {
        project: "p".into(),
        version: "1.2.3".into(),
        built_at: "2026-11-23T00:00:00Z".into(),
        definitions: vec![
            tool("rows", &format!("{sql}, {ROW}, parameters: [{{name: day, type: string, default: x}}]")),
            tool("untyped", sql),
            tool("table", &format!("{sql}, text_format: csv")),
            tool("number", &format!("{sql}, return: {{type: number}}")),
            tool("object", &format!("{sql}, return: {{type: object}}")),
            tool(
                "salaries",
                &format!(
                    "{sql}, return: {{type: object, properties: {{name: {{type: string}}, \
                     salary: {{type: number, sensitive: true}}}}, required: [name, salary]}}, \
                     policies: {{output: [{{condition: 'true', action: filter_sensitive_fields}}]}}"
                ),
            ),
            tool(
                "picture",
                &format!(
                    "{sql}, return: {{type: object, properties: {{text: {{type: string}}, \
                     image: {{type: string, contentMediaType: image/png}}}}}}"
                ),
            ),
            tool(
                "admins",
                &format!(
                    "{sql}, policies: {{input: [{{condition: \"user.role != 'admin'\", action: deny, reason: 'no'}}]}}"
                ),
            ),
            tool("count", count),
            tool("reaching", &format!("{count}, {permissions}")),
            definition(
                Kind::Resource,
                "day",
                "resource: {uri: 'days://{day}', source: {code: SELECT 1}, \
                 parameters: [{name: day, type: string, description: d}]}",
            ),
            definition(
                Kind::Prompt,
                "greet",
                "prompt: {name: greet, description: d, parameters: [{name: who, type: string, description: d}], \
                 messages: [{role: user, prompt: 'Hello {{ who }}'}]}",
            ),
        ],
        sources: [("count.wasm".to_owned(), Source::Component(Box::new(component)))].into(),
        functions: vec![BuiltIn {
            digest: "d1".into(),
            export: "count".into(),
            permissions: Permissions::default(),
        }],
        settings: bundle::Settings::default(),
    }
}

fn definition(kind: Kind, name: &str, text: &str) -> Definition {
    Definition { path: format!("{kind}s/{name}.yml"), kind, text: format!("mxcp: 1\n{text}\n") }
}

#[test]
fn a_project_with_an_error_is_not_taken_in() {
    let mut broken = bundle();
    broken.definitions.push(definition(Kind::Tool, "broken", "tool: {name: broken}"));
    let problems = Front::new(broken).unwrap_err();
    assert!(problems.contains("tools/broken.yml: "), "{problems}");
}
