//! Lines on standard input: whatever is sent, what comes out is one JSON-RPC message a line, nothing is answered more
//! often than it was asked, and the server goes on answering.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use mxcp_core::definition::{Kind, SqlText};
use mxcp_core::registry::Rows;
use mxcp_core::schema;
use mxcp_core::secret::Secrets;
use mxcp_core::value::{Object, Value};
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{SqlFunction, SqlSession, BoxFuture, NoAudit, SqlCheck, SqlEngine, SqlError, SqlRequest};
use mxcp_runtime::{Limits, Pipeline};
use mxcp_server::{Server, serve_lines};
use serde_json::Value as Json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, split};
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use crate::project;

/// Longest line that the server takes, in bytes.
const LONGEST_LINE: usize = 2048;

/// The id of the last request.
const LAST: &str = "the last request";

const TOOL: &[u8] =
    b"tool: {name: t, parameters: [{name: a, type: integer}, {name: s, type: string, enum: [x, y], \
    default: x}, {name: o, type: object, default: {}}], return: {type: array}, source: {code: 'SELECT $a'}}";

const RESOURCES: [&[u8]; 3] = [
    b"resource: {uri: 'fuzz://{id}/data', parameters: [{name: id, type: integer, examples: [1]}], source: {code: \
        'SELECT $id'}}",
    b"resource: {uri: 'fuzz://fixed', source: {code: 'SELECT 1'}}",
    b"resource: {uri: 'fuzz://hidden', source: {code: 'SELECT 1'}, policies: {hide: true, input: [{condition: \
        'true', action: deny}]}}",
];

const PROMPT: &[u8] =
    b"prompt: {name: p, parameters: [{name: who, type: string, examples: [Ann]}], messages: \
    [{prompt: 'Greet {{ who }}'}, {type: resource, prompt: 'fuzz://{{ who }}'}]}";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_current_thread().enable_time().build().expect("a runtime needs nothing but memory")
});

/// Gives what the column of every query is.
#[derive(Debug)]
struct Engine;

impl SqlEngine for Engine {
    fn execute(&self, request: SqlRequest) -> BoxFuture<'_, Result<Rows, SqlError>> {
        Box::pin(async move {
            if request.source.text.trim().is_empty() {
                return Err(SqlError::Rejected("No statement to execute".to_owned()));
            }
            let row = Object::from_iter([("bound", Value::Object(Object::clone(&request.arguments)))]);
            Ok(Rows { columns: vec!["bound".into()], rows: vec![row] })
        })
    }

    fn check(&self, _source: Arc<SqlText>) -> BoxFuture<'_, Result<SqlCheck, SqlError>> {
        Box::pin(async { Ok(SqlCheck { statements: 1, ..SqlCheck::default() }) })
    }

    fn replace_secrets(&self, _secrets: Secrets) -> BoxFuture<'_, Result<(), SqlError>> {
        Box::pin(async { Ok(()) })
    }

    fn define(&self, _functions: Vec<Arc<dyn SqlFunction>>) -> BoxFuture<'_, Result<(), SqlError>> {
        Box::pin(async { Ok(()) })
    }

    fn session(&self, _scope: Arc<CallScope>) -> Arc<dyn SqlSession> {
        unreachable!("no endpoint of this project runs code")
    }

    fn release(&self) -> BoxFuture<'_, Result<(), SqlError>> {
        Box::pin(async { Ok(()) })
    }
}

/// Sends bytes to a server, and a last request that must be answered.
pub fn send_anything(bytes: &[u8]) {
    if bytes.windows(LAST.len()).any(|part| part == LAST.as_bytes()) {
        return;
    }
    let output = RUNTIME.block_on(session(bytes));
    let asked = ids(bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()));
    let mut answers = Vec::new();
    for line in output.lines() {
        let message: Json = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(message["jsonrpc"], "2.0", "{line}");
        if message.get("method").is_none() {
            let has = |key| message.get(key).is_some();
            assert!(has("id") && has("result") != has("error"), "{line}");
            answers.push(message);
        }
    }
    let mut answered = ids(answers.into_iter());
    assert_eq!(answered.remove(&Json::from(LAST).to_string()), Some(1), "{output}");
    for (id, count) in answered {
        let requests = asked.get(&id).copied().unwrap_or_default();
        assert!(id == "null" || count <= requests, "{id} was answered {count} times\n{output}");
    }
}

/// How often each id stands in messages.
fn ids(messages: impl Iterator<Item = Json>) -> BTreeMap<String, usize> {
    let mut ids = BTreeMap::new();
    for id in messages.filter_map(|message| message.get("id").map(Json::to_string)) {
        *ids.entry(id).or_default() += 1;
    }
    ids
}

/// Everything that a server writes before it ends.
async fn session(bytes: &[u8]) -> String {
    let (near, far) = tokio::io::duplex(1 << 16);
    let (reader, writer) = split(far);
    let served = tokio::spawn(serve_lines(server(), reader, writer, CancellationToken::new()));
    let (mut output, mut input) = split(near);
    let send = async {
        let last = format!("\n{{\"jsonrpc\":\"2.0\",\"id\":\"{LAST}\",\"method\":\"ping\"}}\n");
        input.write_all(bytes).await.expect("the server reads until the end");
        input.write_all(last.as_bytes()).await.expect("the server reads until the end");
        input.shutdown().await.expect("the server reads until the end");
    };
    let mut text = String::new();
    let (read, ()) = tokio::join!(output.read_to_string(&mut text), send);
    read.expect("the output is text");
    served.await.expect("the server does not panic").expect("the output takes everything");
    text
}

fn server() -> Server {
    let resources = RESOURCES.map(|definition| (Kind::Resource, definition));
    let definitions = [(Kind::Tool, TOOL), (Kind::Prompt, PROMPT)].into_iter().chain(resources);
    let loaded = project::load_all(definitions);
    assert!(loaded.files.iter().all(|file| file.first_error().is_none()), "{:?}", loaded.files);
    let limits = Limits { request_bytes: LONGEST_LINE, ..Limits::default() };
    let pipeline = Pipeline::new(loaded.registry, Arc::new(Engine), Arc::new(NoAudit), limits);
    Server::new(Arc::new(pipeline), Some(&schema::SqlTools::default()))
}
