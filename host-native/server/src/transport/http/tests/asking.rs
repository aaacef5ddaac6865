use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::*;
use crate::testing::asking::for_a_name;

/// An answer that is read while it comes.
struct Stream(BufReader<TcpStream>);

impl Stream {
    async fn of(running: &Running, session: &str, body: &str) -> Self {
        let request = http("POST", "/mcp", &[("Mcp-Session-Id", session)], body);
        Self(BufReader::new(running.connect(&request).await))
    }

    async fn message(&mut self) -> Value {
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).await.unwrap() > 0, "the stream ended");
            if let Some(data) = line.strip_prefix("data: {") {
                return serde_json::from_str(&format!("{{{data}")).unwrap();
            }
        }
    }
}

async fn start_asking(stateless: bool) -> Running {
    let mut options = HttpOptions::new("127.0.0.1", 0);
    options.stateless = stateless;
    serve(options, testing::asking_server(Limits::default())).await
}

async fn session(running: &Running, capabilities: &Value) -> String {
    let mut request: Value = serde_json::from_str(&initialize()).unwrap();
    request["params"]["capabilities"] = capabilities.clone();
    running.post(&[], &request.to_string()).await.header("mcp-session-id").unwrap().to_owned()
}

fn call(script: &Value) -> String {
    let params = json!({"name": "ask", "arguments": {"script": script.to_string()}});
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).to_string()
}

fn for_one_name() -> Value {
    json!({ "questions": [for_a_name("a", "Who?")] })
}

fn reply(question: &Value, result: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": question["id"], "result": result}).to_string()
}

#[tokio::test]
async fn a_question_comes_on_the_stream_of_its_call_and_the_answer_is_posted() {
    let running = start_asking(false).await;
    let session = session(&running, &json!({"elicitation": {}})).await;
    let mut script = for_one_name();
    script["say"] = json!("first");
    let mut stream = Stream::of(&running, &session, &call(&script)).await;
    assert_eq!(stream.message().await["params"]["data"], "first");
    let question = stream.message().await;
    assert_eq!(question["params"]["message"], "Who?");
    let accepted = json!({"action": "accept", "content": {"name": "Ada"}});
    let posted = running.post(&[("Mcp-Session-Id", &session)], &reply(&question, &accepted)).await;
    assert_eq!(posted.status, 202, "{}", posted.body);
    let result = stream.message().await;
    assert_eq!(result["id"], 1);
    assert!(result.to_string().contains("Ada"), "{result}");
    running.stop().await;
}

#[tokio::test]
async fn sessions_hear_their_own_questions_only() {
    let running = start_asking(false).await;
    let capabilities = json!({"elicitation": {}});
    let (one, other) = (session(&running, &capabilities).await, session(&running, &capabilities).await);
    let mut first = Stream::of(&running, &one, &call(&for_one_name())).await;
    let question = first.message().await;
    let mut second = Stream::of(&running, &other, &call(&for_one_name())).await;
    let same_id = second.message().await;
    assert_eq!(question["id"], same_id["id"], "ids are of a session");
    let declined = json!({"action": "decline"});
    running.post(&[("Mcp-Session-Id", &other)], &reply(&question, &declined)).await;
    assert!(second.message().await.to_string().contains("decline"));
    let accepted = json!({"action": "accept", "content": {"name": "Ada"}});
    running.post(&[("Mcp-Session-Id", &one)], &reply(&question, &accepted)).await;
    assert!(first.message().await.to_string().contains("Ada"));
    running.stop().await;
}

#[tokio::test]
async fn a_session_that_is_closed_ends_its_questions() {
    let running = start_asking(false).await;
    let session = session(&running, &json!({"elicitation": {}})).await;
    let mut stream = Stream::of(&running, &session, &call(&for_one_name())).await;
    let _question = stream.message().await;
    let headers = [("Mcp-Session-Id", session.as_str())];
    assert_eq!(running.request("DELETE", "/mcp", &headers, "").await.status, 200);
    running.stop().await;
}

#[tokio::test]
async fn a_question_does_not_keep_the_server_from_stopping() {
    let running = start_asking(false).await;
    let session = session(&running, &json!({"elicitation": {}})).await;
    let mut stream = Stream::of(&running, &session, &call(&for_one_name())).await;
    let _question = stream.message().await;
    running.shutdown.cancel();
    let result = stream.message().await;
    assert!(result.to_string().contains("Call was cancelled"), "{result}");
    running.stop().await;
}

#[tokio::test]
async fn without_a_session_nobody_can_be_asked_before_2026_07_28() {
    let running = start_asking(true).await;
    let answer = running.post(&[], &call(&for_one_name())).await.json();
    assert_eq!(
        answer["result"]["content"][0]["text"],
        "Error executing tool ask: the client does not support elicitation"
    );
    running.stop().await;
}

/// A call since 2026-07-28.
async fn modern(running: &Running, capabilities: Value, script: &Value, retry: Value) -> Answer {
    let mut message: Value = serde_json::from_str(&call(script)).unwrap();
    let params = message["params"].as_object_mut().unwrap();
    params.extend(retry.as_object().unwrap().clone());
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    });
    params.insert("_meta".to_owned(), meta);
    running.post(&headers("tools/call", "ask"), &message.to_string()).await
}

fn headers<'a>(method: &'a str, name: &'a str) -> [(&'a str, &'a str); 3] {
    [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", method), ("Mcp-Name", name)]
}

#[tokio::test]
async fn since_2026_07_28_questions_are_the_answer_and_come_in_rounds() {
    let running = start_asking(false).await;
    let both = json!({"elicitation": {}, "roots": {}});
    let script = json!({"questions": [for_a_name("a", "Who?"), [null, "roots", {}]]});
    let first = modern(&running, both.clone(), &script, json!({})).await;
    assert_eq!((first.status, first.header("content-type")), (200, Some("application/json")));
    let first = first.json()["result"].take();
    assert_eq!(first["resultType"], "input_required");
    assert!(first["_meta"]["io.modelcontextprotocol/serverInfo"].is_object(), "{first}");
    let keys: Vec<_> = first["inputRequests"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["a"]);
    let declined = json!({"a": {"action": "decline"}});
    let retry = json!({"inputResponses": declined, "requestState": first["requestState"]});
    let second = modern(&running, both.clone(), &script, retry).await.json()["result"].take();
    let keys: Vec<_> = second["inputRequests"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["roots-1"]);
    let answers = json!({"roots-1": {"roots": []}});
    let retry = json!({"inputResponses": answers, "requestState": second["requestState"]});
    let third = modern(&running, both, &script, retry).await.json()["result"].take();
    assert_eq!(third["resultType"], "complete", "{third}");
    assert_eq!(third["content"][0]["text"], r#"{"action":"decline"}"#);
    running.stop().await;
}

#[tokio::test]
async fn questions_that_are_put_together_come_in_one_round() {
    let running = start_asking(false).await;
    let script = json!({"questions": [for_a_name("a", "Who?"), for_a_name("b", "Whom?")], "together": true});
    let first = modern(&running, json!({"elicitation": {}}), &script, json!({})).await.json();
    let keys: Vec<_> = first["result"]["inputRequests"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["a", "b"]);
    running.stop().await;
}

#[tokio::test]
async fn a_call_that_goes_on_without_its_answer_has_its_result() {
    let running = start_asking(false).await;
    let mut script = for_one_name();
    script["lenient"] = json!(true);
    let result = modern(&running, json!({"elicitation": {}}), &script, json!({})).await.json();
    assert_eq!(result["result"]["resultType"], "complete", "{result}");
    running.stop().await;
}

#[tokio::test]
async fn a_state_is_good_for_its_own_request_only() {
    let running = start_asking(false).await;
    let capabilities = json!({"elicitation": {}});
    let first = modern(&running, capabilities.clone(), &for_one_name(), json!({})).await.json();
    let state = first["result"]["requestState"].as_str().unwrap();
    let foreign = "Invalid params: `requestState` is not what this server gave for this request";
    let other = json!({"questions": [for_a_name("a", "Who else?")]});
    for (script, state) in [(for_one_name(), format!("{state}x")), (other, state.to_owned())] {
        let retry = json!({"inputResponses": {}, "requestState": state});
        let answer = modern(&running, capabilities.clone(), &script, retry).await.json();
        assert_eq!(
            (&answer["error"]["code"], &answer["error"]["message"]),
            (&json!(-32602), &json!(foreign))
        );
    }
    running.stop().await;
}

#[tokio::test]
async fn a_missing_capability_is_a_refusal_of_the_request() {
    let running = start_asking(false).await;
    let answer = modern(&running, json!({"sampling": {}}), &for_one_name(), json!({})).await;
    assert_eq!(answer.status, 400);
    let error = &answer.json()["error"];
    assert_eq!(
        (&error["code"], &error["data"]),
        (&json!(-32021), &json!({"requiredCapabilities": {"elicitation": {}}}))
    );
    running.stop().await;
}

#[tokio::test]
async fn a_prompt_asks_what_the_resource_in_it_asks() {
    let running = start_asking(false).await;
    let get = async |retry: Value| {
        let mut params = json!({"name": "asking"});
        params.as_object_mut().unwrap().extend(retry.as_object().unwrap().clone());
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}},
        });
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "prompts/get", "params": params});
        let answer = running.post(&headers("prompts/get", "asking"), &message.to_string()).await;
        answer.json()["result"].take()
    };
    let first = get(json!({})).await;
    assert_eq!(first["inputRequests"]["user_name"]["method"], "elicitation/create", "{first}");
    let answers = json!({"user_name": {"action": "accept", "content": {"name": "Ada"}}});
    let second = get(json!({"inputResponses": answers, "requestState": first["requestState"]})).await;
    let text = second["messages"][0]["content"]["resource"]["text"].as_str();
    assert!(text.is_some_and(|text| text.contains("Ada")), "{second}");
    running.stop().await;
}
