//! Calls that run as tasks, on an engine that does what it is told.

use mxcp_core::call::Principal;
use mxcp_core::limits::{Limit, Limits as RequestLimits};
use mxcp_core::value::Value as CoreValue;
use mxcp_runtime::ports::BoxFuture;

use super::*;
use crate::authentication::{Credentials, Guidance, Refusal};

const WAIT: &str = "tool: {name: wait, source: {code: wait}, task: optional}";
const REQUIRED: &str = "tool: {name: required, source: {code: SELECT 1}, task: required}";
const SPEAK: &str = "tool: {name: speak, source: {code: speak}, task: required}";
const PANIC: &str = "tool: {name: panic, source: {code: panic}, task: required}";
const PICKY: &str =
    "tool: {name: picky, source: {code: SELECT $n}, task: required, parameters: [{name: n, type: integer}]}";
const ONE: &str = "tool: {name: one, source: {code: wait}, task: required, limits: {concurrency: 1}}";
const PLAIN: &str = "tool: {name: plain, source: {code: SELECT 1}}";
const HIDDEN: &str = "tool: {name: hidden, source: {code: SELECT 1}, task: required, policies: {hide: true, input: [{condition: \"true\", action: deny}]}}";
const ALL: [&str; 8] = [WAIT, REQUIRED, SPEAK, PANIC, PICKY, ONE, PLAIN, HIDDEN];

async fn start(definitions: &[&str], limits: RequestLimits) -> Running {
    serve(HttpOptions::new("127.0.0.1", 0), testing::tools_server(definitions, limits)).await
}

/// A request of a client that knows tasks, or does not, as the user of a token, if there is one.
async fn send(
    running: &Running,
    method: &str,
    mut params: Value,
    knows: bool,
    token: Option<&str>,
) -> Answer {
    let name = params["name"].as_str().or(params["taskId"].as_str()).unwrap_or_default().to_owned();
    let extensions = if knows { json!({"io.modelcontextprotocol/tasks": {}}) } else { json!({}) };
    params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({"extensions": extensions});
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", method)];
    if !name.is_empty() {
        headers.push(("Mcp-Name", &name));
    }
    headers.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
    running.post(&headers, &message.to_string()).await
}

async fn ask(running: &Running, method: &str, params: Value) -> Value {
    send(running, method, params, true, None).await.json()
}

async fn call(running: &Running, name: &str) -> Value {
    ask(running, "tools/call", json!({"name": name, "arguments": {}})).await
}

/// Begins a task and gives its id.
async fn begin(running: &Running, name: &str) -> String {
    let answer = call(running, name).await;
    assert_eq!(answer["result"]["resultType"], "task", "{answer}");
    answer["result"]["taskId"].as_str().unwrap().to_owned()
}

async fn get(running: &Running, id: &str) -> Value {
    ask(running, "tasks/get", json!({"taskId": id})).await
}

/// The task when it has ended.
async fn ended(running: &Running, id: &str) -> Value {
    loop {
        let mut answer = get(running, id).await;
        if !["working", "input_required"].contains(&answer["result"]["status"].as_str().unwrap()) {
            return answer["result"].take();
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_result_of_a_task_is_that_of_a_plain_call() {
    let running = start(&ALL, RequestLimits::default()).await;
    let id = begin(&running, "wait").await;
    running.engine.begun.acquire().await.unwrap().forget();
    let working = get(&running, &id).await["result"].take();
    assert_eq!((&working["status"], &working["resultType"]), (&json!("working"), &json!("complete")));
    assert!(working["ttlMs"].as_u64().unwrap() > 0 && working["pollIntervalMs"].as_u64().unwrap() > 0);
    assert!(working.get("result").is_none(), "{working}");
    running.engine.released.add_permits(2);
    let task = ended(&running, &id).await;
    assert_eq!(task["status"], "completed");
    let plain = send(&running, "tools/call", json!({"name": "wait", "arguments": {}}), false, None).await;
    assert_eq!(task["result"], plain.json()["result"]);
    running.stop().await;
}

#[tokio::test]
async fn a_panic_is_an_error_of_the_call_as_it_is_without_a_task() {
    let running = start(&ALL, RequestLimits::default()).await;
    let id = begin(&running, "panic").await;
    let task = ended(&running, &id).await;
    assert_eq!((&task["status"], &task["result"]["isError"]), (&json!("completed"), &json!(true)), "{task}");
    running.stop().await;
}

#[tokio::test]
async fn progress_is_the_message_of_the_status() {
    let running = start(&ALL, RequestLimits::default()).await;
    let id = begin(&running, "speak").await;
    assert_eq!(ended(&running, &id).await["statusMessage"], "2 of 2");
    running.stop().await;
}

#[tokio::test]
async fn to_cancel_a_task_reaches_what_runs() {
    let running = start(&ALL, RequestLimits::default()).await;
    let id = begin(&running, "wait").await;
    running.engine.begun.acquire().await.unwrap().forget();
    for _ in 0..2 {
        let acknowledged = ask(&running, "tasks/cancel", json!({"taskId": id})).await["result"].take();
        assert_eq!(acknowledged["resultType"], "complete");
        assert!(acknowledged.get("taskId").is_none(), "{acknowledged}");
        running.engine.cancelled.acquire().await.unwrap().forget();
        let task = ended(&running, &id).await;
        assert_eq!(task["status"], "cancelled");
        assert!(task.get("result").is_none(), "{task}");
        running.engine.cancelled.add_permits(1);
    }
    running.stop().await;
}

#[tokio::test]
async fn who_knows_no_tasks_gets_none_and_is_told_where_it_needs_to() {
    let running = start(&ALL, RequestLimits::default()).await;
    let plain = |name: &'static str| {
        let params = json!({"name": name, "arguments": {}});
        let running = &running;
        async move { send(running, "tools/call", params, false, None).await.json() }
    };
    running.engine.released.add_permits(1);
    assert_eq!(plain("wait").await["result"]["resultType"], "complete");
    let refused = plain("required").await["error"].take();
    assert_eq!(refused["code"], -32021);
    let needed = json!({"extensions": {"io.modelcontextprotocol/tasks": {}}});
    assert_eq!(refused["data"]["requiredCapabilities"], needed);
    let hidden = plain("hidden").await;
    assert_eq!(hidden["error"]["message"], "Unknown tool: hidden");
    assert_eq!(call(&running, "hidden").await["error"]["message"], "Unknown tool: hidden");
    for method in ["tasks/get", "tasks/cancel", "tasks/update"] {
        let params = json!({"taskId": "x", "inputResponses": {}});
        let refused = send(&running, method, params, false, None).await.json();
        assert_eq!(refused["error"]["code"], -32021, "{method}: {refused}");
    }
    // Before 2026-07-28 there were no tasks of this kind.
    let session = running.session().await;
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tasks/get", "params": {"taskId": "x"}});
    let old = running.post(&[("Mcp-Session-Id", &session)], &message.to_string()).await.json();
    assert!(old["error"].is_object(), "{old}");
    running.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_call_is_told_without_a_task() {
    let running = start(&ALL, RequestLimits::default()).await;
    let refused = call(&running, "picky").await["result"].take();
    assert_eq!(
        (&refused["resultType"], &refused["isError"]),
        (&json!("complete"), &json!(true)),
        "{refused}"
    );
    let first = begin(&running, "one").await;
    running.engine.begun.acquire().await.unwrap().forget();
    let refused = call(&running, "one").await["result"].take();
    assert!(
        refused["content"][0]["text"].as_str().unwrap().contains("Concurrency limit exceeded"),
        "{refused}"
    );
    running.engine.released.add_permits(2);
    ended(&running, &first).await;
    begin(&running, "one").await;
    running.stop().await;
}

#[tokio::test]
async fn a_task_counts_as_a_request_in_flight_until_it_has_ended() {
    let everybody = Limit { rate: None, concurrency: Some(2) };
    let running = start(&ALL, RequestLimits { everybody, ..RequestLimits::default() }).await;
    let one = begin(&running, "wait").await;
    let other = begin(&running, "wait").await;
    running.engine.begun.acquire_many(2).await.unwrap().forget();
    let refused = send(&running, "tasks/get", json!({"taskId": one}), true, None).await;
    assert_eq!(refused.status, 429, "{}", refused.body);
    running.engine.released.add_permits(2);
    // Once both have ended there is room again.
    loop {
        let answer = send(&running, "tasks/get", json!({"taskId": other}), true, None).await;
        if answer.status == 200 {
            break;
        }
        tokio::task::yield_now().await;
    }
    ended(&running, &other).await;
    running.stop().await;
}

#[tokio::test]
async fn the_extension_is_declared_where_there_are_tasks() {
    let declared =
        |capabilities: &Value| capabilities["extensions"]["io.modelcontextprotocol/tasks"].is_object();
    for (definitions, has) in [(&ALL[..], true), (&[PLAIN][..], false)] {
        let running = start(definitions, RequestLimits::default()).await;
        let found = ask(&running, "server/discover", json!({})).await;
        assert_eq!(declared(&found["result"]["capabilities"]), has, "{found}");
        let old = running.post(&[], &initialize()).await.json();
        assert!(!declared(&old["result"]["capabilities"]), "{old}");
        if !has {
            assert_eq!(get(&running, "x").await["error"]["code"], -32601);
        }
        running.stop().await;
    }
}

#[tokio::test]
async fn a_server_that_stops_waits_for_its_tasks_as_for_calls() {
    let running = start(&ALL, RequestLimits::default()).await;
    let _id = begin(&running, "wait").await;
    running.engine.begun.acquire().await.unwrap().forget();
    running.shutdown.cancel();
    tokio::task::yield_now().await;
    assert!(!running.served.is_finished());
    running.engine.released.add_permits(1);
    running.served.await.unwrap().unwrap();
    assert_eq!(running.engine.cancelled.available_permits(), 0);
}

#[tokio::test]
async fn a_task_that_takes_too_long_is_taken_back_at_the_end_of_the_server() {
    let mut options = HttpOptions::new("127.0.0.1", 0);
    options.drain = Duration::from_millis(10);
    let running = serve(options, testing::tools_server(&ALL, RequestLimits::default())).await;
    let _id = begin(&running, "wait").await;
    running.engine.begun.acquire().await.unwrap().forget();
    running.shutdown.cancel();
    running.served.await.unwrap().unwrap();
    assert_eq!(running.engine.cancelled.available_permits(), 1);
}

/// Takes a token for the name of a user.
#[derive(Debug)]
struct Names;

impl Authenticator for Names {
    fn needs_body(&self, _token: &str) -> bool {
        false
    }

    fn authenticate<'a>(
        &'a self,
        credentials: Credentials<'a>,
    ) -> BoxFuture<'a, Result<Option<Arc<Principal>>, Refusal>> {
        let name = credentials.token.unwrap_or_default();
        let profile = CoreValue::from_json(json!({ "user_id": name }));
        let user = Principal::from_context(profile, "corp").map(Arc::new);
        Box::pin(async { user.map(Some).map_err(|_| Refusal::Unauthenticated("nobody".to_owned())) })
    }

    fn guidance<'a>(&'a self, _base: &'a str) -> Option<BoxFuture<'a, Result<Guidance, Refusal>>> {
        None
    }

    fn required_scopes(&self) -> &[String] {
        &[]
    }

    fn routes(&self) -> Router {
        Router::new()
    }
}

#[tokio::test]
async fn a_task_is_unknown_to_everybody_but_whose_it_is() {
    let mut options = HttpOptions::new("127.0.0.1", 0);
    options.authenticator = Some(Arc::new(Names));
    let running = serve(options, testing::tools_server(&ALL, RequestLimits::default())).await;
    let params = json!({"name": "wait", "arguments": {}});
    let begun = send(&running, "tools/call", params, true, Some("ada")).await.json();
    let id = begun["result"]["taskId"].as_str().unwrap().to_owned();
    running.engine.begun.acquire().await.unwrap().forget();
    let refusals = |id: String| {
        let running = &running;
        async move {
            let mut refusals = Vec::new();
            for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
                let params = json!({"taskId": id, "inputResponses": {}});
                let refused = send(running, method, params, true, Some("bob")).await.json();
                refusals.push((refused["error"]["code"].clone(), refused["error"]["message"].clone()));
            }
            refusals
        }
    };
    let unknown = |id: &str| vec![(json!(-32602), json!(format!("Unknown task: {id}"))); 3];
    assert_eq!(refusals(id.clone()).await, unknown(&id));
    assert_eq!(refusals("nothing".to_owned()).await, unknown("nothing"), "as if there were none");
    let task = send(&running, "tasks/get", json!({"taskId": id}), true, Some("ada")).await.json();
    assert_eq!(task["result"]["status"], "working", "nobody else has taken it back");
    running.engine.released.add_permits(1);
    running.stop().await;
}
