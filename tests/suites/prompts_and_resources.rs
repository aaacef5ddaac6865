//! Reading resources, rendering prompts and completing arguments: through the command line, over pipes, and over HTTP
//! in both eras.

use mxcp_test_support::client::{Client, Http, Pipes};
use mxcp_test_support::project::Project;
use serde_json::{Value as Json, json};

fn project() -> Project {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    let files = [
        (
            "resources/note.yml",
            "resource: {uri: 'note://today', name: Today, description: A note, return: {type: string}, source: {code: SELECT 'hello' AS t}}",
        ),
        (
            "resources/blob.yml",
            "resource: {uri: 'note://blob', mime_type: image/png, return: {type: string}, source: {code: \"SELECT '\\\\x00\\\\xFF'::BLOB AS b\"}}",
        ),
        (
            "resources/order.yml",
            "resource:\n  uri: order://{id}/items\n  parameters: [{name: id, type: integer, enum: [7, 70, 17]}]\n  source: {code: 'SELECT $id AS id, 1.5::DOUBLE AS n'}\n  policies: {input: [{condition: 'id == 17', action: deny, reason: not this one}]}",
        ),
        (
            "resources/person.yml",
            "resource:\n  uri: person://{name}\n  parameters: [{name: name, type: string}]\n  return: {type: string}\n  source: {code: 'SELECT $name AS n'}",
        ),
        (
            "prompts/greet.yml",
            "prompt:\n  name: greet\n  description: Greets\n  parameters:\n    - {name: tone, type: string, enum: [warm, cold], default: warm}\n    - {name: who, type: string, description: Whom, examples: [Ann, Andrea, Joan]}\n    - {name: tags, type: array, items: {type: string}, default: []}\n    - {name: loud, type: boolean, default: false}\n    - {name: secret, type: string, default: x, examples: [hidden], sensitive: true}\n  messages:\n    - {role: system, prompt: 'Be {{ tone }}.'}\n    - {prompt: 'Greet {{ who|upper }} with {{ tags }}{{ loud }}'}\n    - {role: assistant, prompt: 'note://today', type: resource}\n    - {prompt: 'https://elsewhere.example/{{ who|urlencode }}', type: resource}\n    - {prompt: 'data:image/png;base64,AA==', type: image}",
        ),
        (
            "prompts/order.yml",
            "prompt: {name: order, parameters: [{name: id, type: string}], messages: [{prompt: 'order://{{ id }}/items', type: resource}]}",
        ),
        (
            "resources/staff.yml",
            "resource:\n  uri: doc://staff-{name}\n  parameters: [{name: name, type: string}]\n  source: {code: SELECT 'for staff ' || $name AS t}\n  policies: {hide: true, input: [{condition: 'user.role != \"staff\"', action: deny}]}",
        ),
        (
            "resources/public.yml",
            "resource:\n  uri: doc://{name}\n  parameters: [{name: name, type: string}]\n  return: {type: string}\n  source: {code: SELECT 'for all ' || $name AS t}",
        ),
        (
            "resources/secret.yml",
            "resource: {uri: 'secret://plan', source: {code: SELECT 1 AS n}, policies: {hide: true, input: [{condition: 'user.role != \"staff\"', action: deny}]}}",
        ),
        (
            "prompts/read.yml",
            "prompt: {name: read, parameters: [{name: uri, type: string}], messages: [{prompt: '{{ uri }}', type: resource}]}",
        ),
        ("prompts/fails.yml", "prompt: {name: fails, messages: [{prompt: '{{ 1 / 0 }}'}]}"),
    ];
    for (path, text) in files {
        project.file(path, text).unwrap();
    }
    project
}

/// The same questions to a server of each kind; `modern` says of which era it is.
fn everywhere(ask: impl Fn(&mut dyn Client, bool)) {
    let project = project();
    ask(&mut Pipes::start(&project, &[]).unwrap(), false);
    ask(&mut Http::start(&project, &[], false).unwrap(), false);
    ask(&mut Http::start(&project, &["--stateless"], true).unwrap(), true);
}

fn error(client: &mut dyn Client, method: &str, params: Json) -> (i64, String, Json) {
    let response = client.request(method, params).unwrap();
    let error = &response["error"];
    assert!(error.is_object(), "{response}");
    (error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_owned(), error["data"].clone())
}

#[test]
fn resources_and_prompts_are_listed_where_they_belong() {
    everywhere(|client, modern| {
        let listed = client.request("resources/list", json!({})).unwrap();
        let note = &listed["result"]["resources"][1];
        let expected = json!({"uri": "note://today", "name": "Today", "description": "A note", "mimeType": "text/plain"});
        assert_eq!(note, &expected, "{listed}");
        let uris: Vec<_> =
            listed["result"]["resources"].as_array().unwrap().iter().map(|it| &it["uri"]).collect();
        assert_eq!(uris, ["note://blob", "note://today"]);
        assert_eq!(listed["result"]["ttlMs"].is_u64(), modern, "{listed}");
        let templates = client.request("resources/templates/list", json!({})).unwrap();
        let order = json!({
            "uriTemplate": "order://{id}/items", "name": "order://{id}/items", "description": "",
            "mimeType": "application/json",
        });
        assert_eq!(templates["result"]["resourceTemplates"][0], order, "{templates}");
        let prompts = client.request("prompts/list", json!({})).unwrap();
        let greet =
            prompts["result"]["prompts"].as_array().unwrap().iter().find(|it| it["name"] == "greet").unwrap();
        assert_eq!(greet["description"], "Greets");
        let first = json!({"name": "who", "description": "Whom", "required": true});
        assert_eq!(greet["arguments"][0], first, "what must be given comes first");
        assert_eq!(greet["arguments"][1]["name"], "tone");
        let (code, ..) = error(client, "prompts/list", json!({ "cursor": "nonsense" }));
        assert_eq!(code, -32602);
    });
}

#[test]
fn resources_are_read_as_text_json_or_bytes() {
    everywhere(|client, _| {
        let note = client.read_resource("note://today").unwrap();
        assert_eq!(note, json!({"uri": "note://today", "mimeType": "text/plain", "text": "hello"}));
        let again = client.read_resource("NOTE://today").unwrap();
        assert_eq!(again["text"], "hello", "a scheme has no case");
        let blob = client.read_resource("note://blob").unwrap();
        assert_eq!(blob, json!({"uri": "note://blob", "mimeType": "image/png", "blob": "AP8="}));
        let order = client.read_resource("order://7/items").unwrap();
        let text = "[\n  {\n    \"id\": 7,\n    \"n\": 1.5\n  }\n]";
        assert_eq!(order, json!({"uri": "order://7/items", "mimeType": "application/json", "text": text}));
        let person = client.read_resource("person://J%C3%BCrg%20%2F%20Ann").unwrap();
        assert_eq!(person["text"], "Jürg / Ann");
    });
}

#[test]
fn reading_fails_with_the_code_of_the_cause_and_the_era() {
    everywhere(|client, modern| {
        let unknown = if modern { -32602 } else { -32002 };
        for uri in ["nope://x", "order://7", "order:///items", "person://%FF"] {
            let (code, message, data) = error(client, "resources/read", json!({ "uri": uri }));
            assert_eq!((code, &data["uri"]), (unknown, &json!(uri)));
            assert_eq!(message, format!("Unknown resource: {uri}"));
        }
        let (code, message, _) = error(client, "resources/read", json!({ "uri": "no uri" }));
        assert_eq!((code, &*message), (-32602, "Invalid params: `uri` must be a URI"));
        let (code, message, _) = error(client, "resources/read", json!({ "uri": "order://seven/items" }));
        assert_eq!(code, -32602);
        assert!(message.contains("Error validating parameter 'id'"), "{message}");
        let (code, message, _) = error(client, "resources/read", json!({ "uri": "order://17/items" }));
        assert_eq!(code, -32603);
        assert!(message.contains("Policy enforcement failed: not this one"), "{message}");
    });
}

#[test]
fn a_hidden_resource_is_as_if_it_were_not_there() {
    everywhere(|client, modern| {
        let doc = client.read_resource("doc://staff-ann").unwrap();
        assert_eq!(doc["text"], "for all staff-ann", "the next template has the uri too");
        for uri in ["secret://plan", "secret://plans"] {
            let (code, message, data) = error(client, "resources/read", json!({ "uri": uri }));
            assert_eq!(
                (code, message),
                (if modern { -32602 } else { -32002 }, format!("Unknown resource: {uri}"))
            );
            assert_eq!(data, json!({ "uri": uri }));
            let messages = client.get_prompt("read", &json!({ "uri": uri })).unwrap();
            assert_eq!(messages[0]["content"], json!({"type": "resource_link", "uri": uri, "name": uri}));
        }
    });
}

#[test]
fn prompts_are_rendered_with_all_kinds_of_content() {
    everywhere(|client, _| {
        let arguments = json!({ "who": "ann b", "tags": "[\"x\", \"y\"]", "loud": "true" });
        let messages = client.get_prompt("greet", &arguments).unwrap();
        let resource = json!({"uri": "note://today", "mimeType": "text/plain", "text": "hello"});
        let link = "https://elsewhere.example/ann%20b";
        let expected = json!([
            {"role": "user", "content": {"type": "text", "text": "Be warm."}},
            {"role": "user", "content": {"type": "text", "text": "Greet ANN B with ['x', 'y']True"}},
            {"role": "assistant", "content": {"type": "resource", "resource": resource}},
            {"role": "user", "content": {"type": "resource_link", "uri": link, "name": link}},
            {"role": "user", "content": {"type": "image", "data": "AA==", "mimeType": "image/png"}},
        ]);
        assert_eq!(messages, expected);
    });
}

#[test]
fn prompts_fail_with_the_code_of_the_cause() {
    everywhere(|client, _| {
        let mut get = |name: &str, arguments: Json| {
            let (code, message, _) =
                error(client, "prompts/get", json!({ "name": name, "arguments": arguments }));
            (code, message)
        };
        assert_eq!(get("nope", json!({})), (-32602, "Unknown prompt: nope".to_owned()));
        let (code, message) = get("greet", json!({}));
        assert!(code == -32602 && message.contains("Required parameter missing: who"), "{message}");
        let (code, message) = get("greet", json!({ "who": "a", "tags": "plain" }));
        assert!(code == -32602 && message.contains("'tags'"), "{message}");
        let (code, message) = get("greet", json!({ "who": "a", "zz": "b" }));
        assert!(code == -32602 && message.contains("Unknown parameter: zz"), "{message}");
        let (code, message) = get("greet", json!({ "who": 1 }));
        assert!(code == -32602 && message.contains("`arguments.who` must be a string"), "{message}");
        let (code, message) = get("fails", json!({}));
        assert!(code == -32603 && message.contains("division by zero"), "{message}");
        for text in ["no uri", "", "mailto"] {
            let (code, message) = get("read", json!({ "uri": text }));
            let problem = format!("message 1 of type `resource` must be a URI, not `{text}`");
            assert_eq!((code, message), (-32603, format!("Error rendering prompt read: {problem}")));
        }
        let (code, message) = get("order", json!({ "id": "17" }));
        assert!(
            code == -32603 && message.contains("not this one"),
            "embedding asks the policy too: {message}"
        );
    });
}

#[test]
fn arguments_are_completed_from_their_definition() {
    everywhere(|client, _| {
        let mut complete = |reference: Json, name: &str, value: &str| {
            let params = json!({ "ref": reference, "argument": { "name": name, "value": value } });
            let response = client.request("completion/complete", params).unwrap();
            let completion = &response["result"]["completion"];
            assert_eq!(completion["hasMore"], false, "{response}");
            completion["values"].clone()
        };
        let greet = json!({ "type": "ref/prompt", "name": "greet" });
        assert_eq!(complete(greet.clone(), "who", "an"), json!(["Ann", "Andrea", "Joan"]));
        assert_eq!(complete(greet.clone(), "tone", "c"), json!(["cold"]));
        assert_eq!(complete(greet.clone(), "loud", ""), json!(["true", "false"]));
        assert_eq!(complete(greet.clone(), "secret", ""), json!([]));
        assert_eq!(complete(greet, "zz", ""), json!([]));
        let order = json!({ "type": "ref/resource", "uri": "order://{id}/items" });
        assert_eq!(complete(order, "id", "7"), json!(["7", "70", "17"]));
        let params = json!({ "ref": { "type": "ref/prompt", "name": "nope" }, "argument": { "name": "a", "value": "" } });
        assert_eq!(error(client, "completion/complete", params).0, -32602);
    });
}

#[test]
fn the_command_line_runs_both() {
    let project = project();
    let ran = project.run(&["run", "prompt", "greet", "--param", "who=ann", "--json-output"]).unwrap();
    let messages = ran.result().unwrap();
    assert_eq!(messages[0], json!({"prompt": "Be warm.", "role": "system", "type": null}));
    assert_eq!(messages[1]["prompt"], "Greet ANN with []False");
    let ran =
        project.run(&["run", "resource", "order://{id}/items", "--param", "id=7", "--json-output"]).unwrap();
    assert_eq!(ran.result().unwrap(), json!([{"id": 7, "n": 1.5}]));
    let error = project.run(&["run", "prompt", "fails", "--json-output"]).unwrap().error().unwrap();
    assert!(error.contains("division by zero"), "{error}");
}

#[test]
fn a_prompt_with_undefined_variables_is_invalid() {
    let project = project();
    project.file("prompts/bad.yml", "prompt: {name: bad, messages: [{prompt: '{{ c }} {{ b }}'}]}").unwrap();
    let ran = project.run(&["validate", "prompts/bad.yml", "--json-output"]).unwrap();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let message = ran.json().unwrap()["result"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("Message 0 uses undefined template variables: b, c"), "{message}");
}
