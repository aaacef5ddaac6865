use std::time::Duration;

use super::*;
use crate::testing::asking::for_a_name;

async fn begin(capabilities: Value, limits: Limits) -> Client {
    let mut client = Client::connect_to(testing::asking_server(limits));
    let mut request = initialize(json!(0));
    request["params"]["capabilities"] = capabilities;
    client.ask(&request.to_string()).await;
    client
}

fn call(id: i64, script: &Value) -> String {
    let params = json!({"name": "ask", "arguments": {"script": script.to_string()}});
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}).to_string()
}

fn for_one_name() -> Value {
    json!({ "questions": [for_a_name("a", "Who?")] })
}

fn answer(question: &Value, result: Value) -> String {
    json!({"jsonrpc": "2.0", "id": question["id"], "result": result}).to_string()
}

fn texts(answer: &Value) -> Vec<&str> {
    let blocks = answer["result"]["content"].as_array().unwrap_or_else(|| panic!("{answer}"));
    blocks.iter().map(|block| block["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_call_waits_for_the_answer_to_its_question() {
    let mut client = begin(json!({"elicitation": {}}), Limits::default()).await;
    let question = client.ask(&call(1, &for_one_name())).await;
    assert_eq!(question["method"], "elicitation/create");
    assert_eq!(question["params"]["message"], "Who?");
    assert_eq!(question["params"]["requestedSchema"]["required"], json!(["name"]));
    let accepted = json!({"action": "accept", "content": {"name": "Ada"}});
    let result = client.ask(&answer(&question, accepted)).await;
    assert_eq!(
        (&result["id"], texts(&result)),
        (&json!(1), vec![r#"{"action":"accept","content":{"name":"Ada"}}"#])
    );
}

#[tokio::test]
async fn questions_follow_each_other_and_may_be_declined() {
    let mut client = begin(json!({"elicitation": {}, "roots": {}}), Limits::default()).await;
    let script = json!({"questions": [for_a_name("a", "Who?"), [null, "roots", {}]]});
    let question = client.ask(&call(1, &script)).await;
    let question = client.ask(&answer(&question, json!({"action": "decline"}))).await;
    assert_eq!(question["method"], "roots/list");
    let result = client.ask(&answer(&question, json!({"roots": [{"uri": "file:///a"}]}))).await;
    assert_eq!(texts(&result), [r#"{"action":"decline"}"#, r#"{"roots":[{"uri":"file:///a"}]}"#]);
}

#[tokio::test]
async fn questions_may_be_put_together() {
    let mut client = begin(json!({"elicitation": {}}), Limits::default()).await;
    let questions = [for_a_name("a", "Who?"), for_a_name("b", "Whom?")];
    let one = client.ask(&call(1, &json!({"questions": questions, "together": true}))).await;
    let other = client.read().await;
    assert_eq!([&one["params"]["message"], &other["params"]["message"]], ["Who?", "Whom?"]);
    client.send(&answer(&other, json!({"action": "cancel"}))).await;
    let result = client.ask(&answer(&one, json!({"action": "decline"}))).await;
    assert_eq!(texts(&result), [r#"{"action":"decline"}"#, r#"{"action":"cancel"}"#]);
}

#[tokio::test]
async fn a_client_that_does_not_answer_such_questions_is_not_asked() {
    let mut client = begin(json!({"sampling": {}}), Limits::default()).await;
    let result = client.ask(&call(1, &for_one_name())).await;
    assert_eq!(result["result"]["isError"], true);
    assert_eq!(texts(&result), ["Error executing tool ask: the client does not support elicitation"]);
}

#[tokio::test]
async fn an_answer_that_does_not_fit_fails_the_question() {
    let mut client = begin(json!({"elicitation": {}}), Limits::default()).await;
    for (result, problem) in [
        (json!({"action": "accept", "content": {"name": 1}}), "`name` must be a string"),
        (json!({"roots": []}), "missing field `action`"),
    ] {
        let question = client.ask(&call(1, &for_one_name())).await;
        let result = client.ask(&answer(&question, result)).await;
        let text = format!("Error executing tool ask: the client's answer can't be used: {problem}");
        assert_eq!(texts(&result), [text]);
    }
    let question = client.ask(&call(1, &for_one_name())).await;
    let error = json!({"code": -1, "message": "nobody is here"});
    let refusal = json!({"jsonrpc": "2.0", "id": question["id"], "error": error});
    let result = client.ask(&refusal.to_string()).await;
    assert_eq!(texts(&result), ["Error executing tool ask: the client refused: nobody is here"]);
}

#[tokio::test]
async fn a_call_that_is_taken_back_takes_its_question_back() {
    let mut client = begin(json!({"elicitation": {}}), Limits::default()).await;
    let question = client.ask(&call(1, &for_one_name())).await;
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}});
    let taken_back = client.ask(&cancel.to_string()).await;
    assert_eq!(taken_back["method"], "notifications/cancelled");
    assert_eq!(taken_back["params"]["requestId"], question["id"]);
}

#[tokio::test]
async fn the_time_limit_of_a_call_holds_while_it_waits() {
    let limits = Limits { call_timeout: Some(Duration::from_millis(1)), ..Limits::default() };
    let mut client = begin(json!({"elicitation": {}}), limits).await;
    let question = client.ask(&call(1, &for_one_name())).await;
    let messages = [client.read().await, client.read().await];
    let taken_back = messages.iter().find(|message| message["method"] == "notifications/cancelled").unwrap();
    assert_eq!(taken_back["params"]["requestId"], question["id"]);
    let result = messages.iter().find(|message| message["id"] == 1).unwrap();
    assert_eq!(texts(result), ["Error executing tool ask: Execution timed out after 0.001 s"]);
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_question() {
    let mut client = begin(json!({"elicitation": {}}), Limits::default()).await;
    let _question = client.ask(&call(1, &for_one_name())).await;
    client.leave().await;
    assert!(client.rest().await.contains("Call was cancelled"));
}

#[tokio::test]
async fn what_was_said_before_a_question_comes_before_it() {
    let mut client = begin(json!({"elicitation": {}}), Limits::default()).await;
    let mut script = for_one_name();
    script["say"] = json!("first");
    let said = client.ask(&call(1, &script)).await;
    assert_eq!(said["params"]["data"], "first");
    assert_eq!(client.read().await["method"], "elicitation/create");
}

#[tokio::test]
async fn since_2026_07_28_the_call_is_made_again() {
    let mut client = Client::connect_to(testing::asking_server(Limits::default()));
    let capabilities = json!({"elicitation": {}});
    let request = |mut params: Value| {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": capabilities,
        });
        json!({"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": params}).to_string()
    };
    let first = client.ask(&request(json!({"uri": "ask://name"}))).await;
    assert_eq!(first["result"]["resultType"], "input_required", "{first}");
    let key = "user_name";
    assert_eq!(first["result"]["inputRequests"][key]["params"]["message"], "What is your name?");
    let answers = json!({key: {"action": "accept", "content": {"name": "Ada"}}});
    let state = &first["result"]["requestState"];
    let again = json!({"uri": "ask://name", "inputResponses": answers, "requestState": state});
    let second = client.ask(&request(again)).await;
    assert_eq!(second["result"]["resultType"], "complete", "{second}");
    assert!(second["result"]["contents"][0]["text"].as_str().unwrap().contains("Ada"), "{second}");
}
