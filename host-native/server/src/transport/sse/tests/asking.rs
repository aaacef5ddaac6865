use super::*;
use crate::testing::asking::for_a_name;

#[tokio::test]
async fn a_question_comes_on_the_stream_and_its_answer_is_posted() {
    let running = serve(testing::asking_server(Limits::default())).await;
    let mut client = running.connect().await;
    let mut request = initialize();
    request["params"]["capabilities"] = json!({"elicitation": {}});
    running.post(&client, &request).await;
    client.message().await;
    let script = json!({ "questions": [for_a_name("a", "Who?")] }).to_string();
    let params = json!({"name": "ask", "arguments": {"script": script}});
    running
        .post(&client, &json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}))
        .await;
    let question = client.message().await;
    assert_eq!(question["params"]["message"], "Who?");
    let answer = json!({"action": "accept", "content": {"name": "Ada"}});
    running.post(&client, &json!({"jsonrpc": "2.0", "id": question["id"], "result": answer})).await;
    let result = client.message().await;
    assert!(result["id"] == 1 && result.to_string().contains("Ada"), "{result}");
    running.stop().await;
}
