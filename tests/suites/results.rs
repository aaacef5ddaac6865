//! Results of which a part is shown: on, to the last row, and to the complete result as a file.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use mxcp_test_support::client::{Client, Http, Pipes};
use mxcp_test_support::project::Project;
use mxcp_test_support::provider::Provider;
use serde_json::{Value as Json, json};

use crate::bearer;

const SITE: &str =
    "mxcp: 1\nproject: tested\nprofile: default\nprofiles: {default: {audit: {enabled: true}}}\n";

/// A tool with values of many kinds, of which one is masked and one removed.
fn orders(name: &str, limits: &str) -> String {
    format!(
        "
tool:
  name: {name}
  parameters: [{{name: count, type: integer, default: 250}}]
  return:
    type: array
    minItems: 2
    items:
      type: object
      required: [id]
      additionalProperties: false
      properties:
        id: {{type: integer}}
        name: {{type: string}}
        price: {{type: number}}
        ratio: {{type: number}}
        paid: {{type: boolean}}
        day: {{type: string}}
        tags: {{type: array, items: {{type: string}}}}
        card: {{type: string}}
        pin: {{type: string, sensitive: true}}
  source:
    code: >
      SELECT i AS id, CASE WHEN i % 3 = 0 THEN NULL ELSE 'n\"' || i || ', é' END AS name, (i * 1.5)::DECIMAL(20, 2) AS price,
        i / 7 AS ratio, i % 2 = 0 AS paid, (DATE '2026-01-01' + i::INTEGER)::VARCHAR AS day, ['a', 'b' || i] AS tags,
        'card-' || i AS card, 'hush-' || i AS pin
      FROM range(1, $count + 1) AS rows(i) ORDER BY i
  limits: {{result: {limits}}}
  policies:
    input: [{{condition: \"user.role == 'guest'\", action: deny, reason: no guests}}]
    output:
      - {{condition: \"true\", action: filter_sensitive_fields}}
      - {{condition: \"user.role != 'clerk'\", action: mask_fields, fields: [card]}}
"
    )
}

const LARGE: &str = "
tool:
  name: large
  return: {type: object}
  source: {code: \"SELECT repeat('x', 5000) AS text, 1 AS n\"}
  limits: {result: {bytes: 1000, export: json}}
";

const BRIEF: &str = "
tool:
  name: brief
  source: {code: FROM range(5)}
  limits: {result: {rows: 2, expires: 1s}}
";

fn project() -> Project {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project.file("mxcp-site.yml", SITE).unwrap();
    let tools = [
        ("orders", orders("orders", "{rows: 100, bytes: 9000}")),
        ("tokens", orders("tokens", "{tokens: 3000, export: none}")),
        ("saved", orders("saved", "{rows: 10, export: parquet}")),
        ("listed", orders("listed", "{rows: 10, export: json}")),
        ("large", LARGE.to_owned()),
        ("brief", BRIEF.to_owned()),
    ];
    for (name, text) in tools {
        project.file(&format!("tools/{name}.yml"), &text).unwrap();
    }
    project
}

/// All of a result, as the command line shows it, on a database that no server has open.
fn complete(tool: &str) -> Json {
    project().run(&["run", "tool", tool, "--json-output"]).unwrap().result().unwrap()
}

fn meta(result: &Json) -> &Json {
    &result["_meta"]["io.mxcp/result"]
}

fn refused(result: &Json) {
    let text = result["content"][0]["text"].as_str().unwrap();
    assert!(
        result["isError"] == true && text.contains("/cursor: ") && text.contains("no result that is kept"),
        "{text}"
    );
}

/// Calls a tool until there are no more rows, and gives all rows.
fn to_the_last_row(client: &mut dyn Client, tool: &str, most: (usize, usize)) -> Vec<Json> {
    let listed = client.request("tools/list", json!({})).unwrap();
    let listed =
        listed["result"]["tools"].as_array().unwrap().iter().find(|other| other["name"] == tool).unwrap();
    assert_eq!(listed["inputSchema"]["properties"]["cursor"]["type"], "string", "{listed}");
    assert_eq!(listed["inputSchema"]["required"], Json::Null);
    let schema = jsonschema::validator_for(&listed["outputSchema"]).unwrap();
    let (mut rows, mut cursor): (Vec<Json>, Json) = (Vec::new(), Json::Null);
    loop {
        let result = client.call_tool(tool, &json!({"count": 250, "cursor": cursor})).unwrap();
        let structured = &result["structuredContent"];
        assert!(schema.is_valid(structured), "{}", schema.validate(structured).unwrap_err());
        let part = structured["result"].as_array().unwrap();
        assert!(part.len() <= most.0 && structured["result"].to_string().len() <= most.1, "{structured}");
        let shown = meta(&result);
        assert_eq!((&shown["firstRow"], &shown["totalRows"]), (&json!(rows.len() + 1), &json!(250)));
        let blocks = result["content"].as_array().unwrap();
        let note = blocks[part.len()]["text"].as_str().unwrap();
        assert!(
            note.starts_with(&format!("Rows {} to {} of 250", rows.len() + 1, rows.len() + part.len())),
            "{note}"
        );
        rows.extend(part.iter().cloned());
        match shown["nextCursor"].as_str() {
            None => return rows,
            Some(next) => assert!(note.contains(&format!("`cursor`: \"{next}\"")), "{note}"),
        }
        cursor = shown["nextCursor"].clone();
    }
}

fn shows_everything_in_parts(client: &mut dyn Client) {
    for (tool, most) in [("orders", (100, 9000)), ("tokens", (1000, 12_000))] {
        let rows = to_the_last_row(client, tool, most);
        assert_eq!(Json::Array(rows), complete(tool));
    }
    let few = client.call_tool("orders", &json!({"count": 5})).unwrap();
    assert_eq!((few["content"].as_array().unwrap().len(), meta(&few)), (5, &Json::Null));
}

#[test]
fn the_parts_of_a_result_are_valid_and_together_the_whole_over_pipes() {
    let project = project();
    shows_everything_in_parts(&mut Pipes::start(&project, &[]).unwrap());
}

#[test]
fn the_parts_of_a_result_are_valid_and_together_the_whole_over_http_in_both_eras() {
    let project = project();
    for modern in [false, true] {
        shows_everything_in_parts(&mut Http::start(&project, &[], modern).unwrap());
    }
}

#[test]
fn a_cursor_is_good_for_the_same_call_alone() {
    let project = project();
    let mut client = Pipes::start(&project, &[]).unwrap();
    let first = client.call_tool("orders", &json!({})).unwrap();
    let cursor = meta(&first)["nextCursor"].as_str().unwrap().to_owned();
    // The default stands for itself.
    let next = client.call_tool("orders", &json!({"count": 250, "cursor": cursor})).unwrap();
    assert_eq!(meta(&next)["firstRow"], meta(&first)["rows"].as_u64().unwrap() + 1);
    let altered = format!("{}{}", &cursor[..10], cursor[10..].replace(|it: char| it.is_ascii_digit(), "x"));
    let wrong = [
        ("orders", json!({"count": 249, "cursor": cursor})),
        ("orders", json!({"count": 250, "cursor": altered})),
        ("orders", json!({"count": 250, "cursor": "none"})),
        ("saved", json!({"count": 250, "cursor": cursor})),
    ];
    for (tool, arguments) in wrong {
        refused(&client.call_tool(tool, &arguments).unwrap());
    }
    let number = client.call_tool("orders", &json!({"cursor": 7})).unwrap();
    assert!(number["content"][0]["text"].as_str().unwrap().contains("Expected string"), "{number}");
    // Arguments are looked at as those of any call.
    let unfit = client.call_tool("orders", &json!({"count": "many", "cursor": cursor})).unwrap();
    assert!(unfit["content"][0]["text"].as_str().unwrap().contains("count"), "{unfit}");
    // The definition that let it out is another one by now.
    project.file("tools/orders.yml", &orders("orders", "{rows: 90}")).unwrap();
    drop(client);
    let mut client = Pipes::start(&project, &[]).unwrap();
    refused(&client.call_tool("orders", &json!({"cursor": cursor})).unwrap());
}

#[test]
fn what_has_expired_is_said_to_be() {
    let project = project();
    let mut client = Pipes::start(&project, &[]).unwrap();
    let first = client.call_tool("brief", &json!({})).unwrap();
    let next = json!({"cursor": meta(&first)["nextCursor"]});
    let uri = meta(&first)["export"]["uri"].as_str().unwrap().to_owned();
    let begun = Instant::now();
    while client.call_tool("brief", &next).unwrap()["isError"] != true {
        assert!(begun.elapsed() < Duration::from_secs(60), "it is kept for longer than it may be");
        thread::sleep(Duration::from_millis(50));
    }
    refused(&client.call_tool("brief", &next).unwrap());
    let gone = client.request("resources/read", json!({"uri": uri})).unwrap();
    assert_eq!(gone["error"]["code"], -32002, "{gone}");
}

/// The rows of a file, as DuckDB reads them.
fn read_back(project: &Project, from: &str) -> Json {
    // JSON has lists, and DuckDB reads them as such.
    let tags = if from.starts_with("read_json") { "tags" } else { "tags::JSON::VARCHAR[]" };
    let sql = format!(
        "SELECT id, name, price, ratio, paid, day, tags, card FROM (SELECT id::BIGINT AS id, name, price::DECIMAL(20, 2) AS price, \
         ratio::DOUBLE AS ratio, paid::BOOLEAN AS paid, day::VARCHAR AS day, {tags} AS tags, card FROM {from})"
    );
    project.run(&["query", &sql, "--json-output"]).unwrap().result().unwrap()
}

fn read(client: &mut dyn Client, uri: &str, to: &Path) -> String {
    let content = client.read_resource(uri).unwrap();
    let bytes = match content["text"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.decode(content["blob"].as_str().unwrap()).unwrap()
        }
    };
    fs::write(to, bytes).unwrap();
    content["mimeType"].as_str().unwrap().to_owned()
}

#[test]
fn the_complete_result_is_what_the_caller_may_see_in_every_format() {
    let project = project();
    let mut client = Http::start(&project, &[], true).unwrap();
    let formats = [
        ("orders", "text/csv", "read_csv('saved/orders', allow_quoted_nulls = false)"),
        ("listed", "application/json", "read_json('saved/listed', format = 'array')"),
        ("saved", "application/vnd.apache.parquet", "read_parquet('saved/saved')"),
    ];
    let reader = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    fs::create_dir(reader.path().join("saved")).unwrap();
    for (tool, mime_type, from) in formats {
        let shown = client.call_tool(tool, &json!({})).unwrap();
        let link = shown["content"].as_array().unwrap().last().unwrap();
        assert_eq!((&link["type"], &link["mimeType"]), (&json!("resource_link"), &json!(mime_type)));
        let uri = link["uri"].as_str().unwrap();
        assert!(uri.starts_with("mxcp://results/"), "{uri}");
        let file = reader.path().join("saved").join(tool);
        assert_eq!(read(&mut client, uri, &file), mime_type);
        let expected = complete(tool);
        assert!(
            !fs::read(&file).unwrap().windows(5).any(|bytes| bytes == b"hush-"),
            "{tool}: what is sensitive is in it"
        );
        let found = read_back(&reader, from);
        for (found, expected) in found.as_array().unwrap().iter().zip(expected.as_array().unwrap()) {
            for (key, value) in expected.as_object().unwrap() {
                assert_eq!(found[key].to_string(), value.to_string(), "{tool}: {key}");
            }
            assert_eq!(found["card"], "****");
        }
        assert_eq!(found.as_array().unwrap().len(), 250);
        // The same file over HTTP.
        let url = meta(&shown)["export"]["url"].as_str().unwrap();
        let (status, body) = get(url, None);
        assert_eq!((status, body == fs::read(&file).unwrap()), (200, true), "{tool}");
        assert_eq!(get(&url.replace("results/", "results/A"), None).0, 404);
        assert_eq!(get(&url.replace(tool, "large"), None).0, 404);
    }
}

fn get(url: &str, token: Option<&str>) -> (u16, Vec<u8>) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut request = agent.get(url);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let mut response = request.call().unwrap();
    (response.status().as_u16(), response.body_mut().read_to_vec().unwrap())
}

#[test]
fn what_is_no_list_and_too_large_is_an_error_with_the_complete_result() {
    let project = project();
    let mut client = Pipes::start(&project, &[]).unwrap();
    let refused = client.call_tool("large", &json!({})).unwrap();
    assert_eq!((&refused["isError"], &refused["structuredContent"]), (&json!(true), &Json::Null));
    let text = refused["content"][0]["text"].as_str().unwrap();
    assert!(
        text.contains("The result is too large: 5017 bytes") && text.contains("at most 1000 bytes"),
        "{text}"
    );
    let uri = refused["content"][1]["uri"].as_str().unwrap();
    let content = client.read_resource(uri).unwrap();
    let read: Json = serde_json::from_str(content["text"].as_str().unwrap()).unwrap();
    assert_eq!(read, complete("large"));
}

#[test]
fn what_a_user_was_shown_is_nobody_elses() {
    let provider = Provider::start().unwrap();
    let project = project();
    let auth = bearer::verifier(&provider, "");
    let user = format!("projects: {{tested: {{profiles: {{default: {{auth: {auth}}}}}}}}}\n");
    project.file(".mxcp/config.yml", &user).unwrap();
    let server = Http::start(&project, &[], true).unwrap();
    let token = |user: &str, role: &str| provider.token(user, &json!({"role": role})).unwrap();
    let ada = token("ada", "clerk");
    let call = |arguments: Json, token: &str| {
        let answer = bearer::post(&server, &bearer::request("orders", arguments), Some(token)).json();
        answer["result"].clone()
    };
    let first = call(json!({}), &ada);
    assert_eq!(first["structuredContent"]["result"][0]["card"], "card-1");
    let next = json!({"cursor": meta(&first)["nextCursor"]});
    let url = meta(&first)["export"]["url"].as_str().unwrap();
    // The same user with a new token.
    let again = token("ada", "clerk");
    assert_eq!(meta(&call(next.clone(), &again))["firstRow"], meta(&first)["rows"].as_u64().unwrap() + 1);
    assert_eq!(get(url, Some(&again)).0, 200);
    // Another user, the same one with another role, and one whom the policy refuses.
    for (user, role) in [("bob", "clerk"), ("ada", "visitor")] {
        let other = token(user, role);
        refused(&call(next.clone(), &other));
        assert_eq!(get(url, Some(&other)).0, 404, "{user} {role}");
        let read = json!({
            "jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": meta(&first)["export"]["uri"]},
        });
        let headers = [("authorization", format!("Bearer {other}"))];
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (_, text) = server.post(&read.to_string(), &headers).unwrap();
        assert!(!text.contains("card-1"), "{text}");
    }
    let denied = call(next, &token("ada", "guest"));
    assert!(denied["content"][0]["text"].as_str().unwrap().contains("no guests"), "{denied}");
    assert_eq!(get(url, None).0, 401);
}

#[test]
fn servers_with_a_key_and_a_folder_in_common_continue_each_others_results() {
    let folder = tempfile::tempdir().unwrap();
    let shared = folder.path().to_str().unwrap().to_owned();
    let variables = [
        ("MXCP_RESULTS_FOLDER", shared.as_str()),
        ("MXCP_STATE_KEY", "a key that servers share, of 32 bytes"),
    ];
    let mut projects = [project(), project(), project()];
    projects[0].set_all(variables);
    projects[1].set_all(variables);
    // The folder alone is not enough.
    projects[2].set_all([variables[0]]);
    let mut one = Http::start(&projects[0], &[], true).unwrap();
    let first = one.call_tool("orders", &json!({})).unwrap();
    let next = json!({"cursor": meta(&first)["nextCursor"]});
    let uri = json!({"uri": meta(&first)["export"]["uri"]});
    // It is not in its memory.
    drop(one);
    for (project, knows) in projects.iter().zip([true, true, false]) {
        let mut other = Http::start(project, &[], true).unwrap();
        let part = other.call_tool("orders", &next).unwrap();
        assert_eq!(part["isError"] != true, knows, "{part}");
        let read = other.request("resources/read", uri.clone()).unwrap();
        assert_eq!(read["result"].is_object(), knows, "{read}");
    }
}

#[test]
fn what_was_shown_and_who_read_the_whole_is_recorded() {
    let project = project();
    let mut client = Http::start(&project, &[], true).unwrap();
    let first = client.call_tool("orders", &json!({})).unwrap();
    let uri = meta(&first)["export"]["uri"].as_str().unwrap().to_owned();
    client.call_tool("orders", &json!({"cursor": meta(&first)["nextCursor"]})).unwrap();
    client.read_resource(&uri).unwrap();
    get(&meta(&first)["export"]["url"].as_str().unwrap().replace("results/", "results/A"), None);
    client.call_tool("large", &json!({})).unwrap();
    drop(client);
    let folder = fs::read_dir(project.path().join("audit")).unwrap().map(|entry| entry.unwrap().path());
    let files = folder.filter(|path| path.extension().is_some_and(|it| it == "jsonl"));
    let log: String = files.map(|path| fs::read_to_string(path).unwrap()).collect();
    let records: Vec<Json> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of =
        |name: &str| records.iter().filter(|record| record["operation_name"] == name).collect::<Vec<_>>();
    let mut shown: Vec<&Json> = of("orders").iter().map(|record| &record["execution_events"][0]).collect();
    shown.sort_by_key(|event| event["first_row"].as_u64());
    let rows = meta(&first)["rows"].as_u64().unwrap();
    assert_eq!((&shown[0]["event"], &shown[0]["total_rows"]), (&json!("result_shown"), &json!(250)));
    assert_eq!((&shown[0]["rows"], &shown[0]["bytes"]), (&json!(rows), &meta(&first)["bytes"]));
    assert_eq!(shown[1]["first_row"], rows + 1);
    assert_eq!(shown[0]["result_id"], shown[1]["result_id"]);
    for record in of("orders") {
        // What is recorded is what was shown.
        assert!(record["output_data"].as_array().unwrap().len() as u64 <= 100, "{record}");
    }
    let mut reads = of("mxcp://results/");
    reads.sort_by_key(|record| record["operation_status"].as_str().map(str::to_owned));
    assert_eq!(
        (&reads[0]["operation_status"], &reads[0]["input_data"]["file"]),
        (&json!("error"), &json!("orders.csv"))
    );
    assert_eq!(reads[1]["input_data"]["result_id"], shown[0]["result_id"]);
    assert!(!log.contains("mxcp://results/A"), "a link is in the log");
    assert_eq!(of("large")[0]["execution_events"][0]["event"], "result_withheld");
}
