//! Rules about rows where they show: on the command line, over pipes and over HTTP, in listings and in tests.

use mxcp_test_support::client::{Client, Http, Pipes};
use mxcp_test_support::project::Project;
use serde_json::{Value as Json, json};

const ORDERS: &str = "
tool:
  name: orders
  parameters: [{name: least, type: integer, default: 0}]
  return:
    type: array
    minItems: 1
    items:
      type: object
      required: [id, region]
      properties: {id: {type: integer}, region: {type: string}, total: {type: number, maximum: 100}}
  source:
    code: >
      SELECT * FROM (VALUES (1, 'north', 5), (2, 'south', 500), (3, 'north', 50), (4, NULL, 1)) AS o(id, region, total)
      WHERE total >= $least ORDER BY id DESC LIMIT 3
  policies:
    output:
      - {condition: \"user.role != 'admin'\", action: filter_rows, where: \"row.region == user.region || user.role == 'anonymous' && row.region == 'north'\"}
      - {condition: \"size(response) > 5\", action: deny}
  tests:
    - name: a clerk sees the own region
      arguments: []
      user_context: {region: north}
      result: [{id: 3, region: north, total: 50}]
";

fn project() -> Project {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project.file("tools/orders.yml", ORDERS).unwrap();
    project
}

fn run(project: &Project, user: &str) -> Json {
    project.run(&["run", "tool", "orders", "-u", user, "--json-output"]).unwrap().json().unwrap()
}

#[test]
fn a_caller_sees_the_rows_that_are_left_of_a_query_as_it_is_written() {
    let project = project();
    // The limit is the query's: the rows are filtered out of three, not the other way round.
    assert_eq!(
        run(&project, r#"{"region": "north"}"#)["result"],
        json!([{"id": 3, "region": "north", "total": 50}])
    );
    assert_eq!(run(&project, r#"{"region": "west"}"#)["result"], json!([]));
    // Who has no region at all can't be compared, and sees nothing.
    assert_eq!(run(&project, "{}")["result"], json!([]));
    let tested = project.run(&["test", "--json-output"]).unwrap().result().unwrap();
    assert_eq!(tested["status"], "ok", "{tested}");
}

#[test]
fn rows_that_nobody_may_see_are_not_checked_either() {
    let project = project();
    // The row of the south has a total that `return` does not allow: only who may see it hears of it.
    let error = run(&project, r#"{"role": "admin"}"#)["error"].to_string();
    assert!(error.contains("Output validation failed") && error.contains("total"), "{error}");
    assert_eq!(run(&project, r#"{"region": "north"}"#)["status"], "ok");
    let error = run(&project, r#"{"region": "south"}"#)["error"].to_string();
    assert!(error.contains("total"), "{error}");
}

fn shown(client: &mut dyn Client) {
    let listed = client.request("tools/list", json!({})).unwrap();
    let schema = listed["result"]["tools"][0]["outputSchema"].to_string();
    assert!(schema.contains("maximum") && !schema.contains("minItems"), "{schema}");
    for (least, expected) in [(0, json!([{"id": 3, "region": "north", "total": 50}])), (400, json!([]))] {
        let call = json!({ "name": "orders", "arguments": { "least": least } });
        let answer = client.request("tools/call", call).unwrap();
        assert_ne!(answer["result"]["isError"], json!(true), "{answer}");
        assert_eq!(answer["result"]["structuredContent"]["result"], expected, "{answer}");
    }
}

#[test]
fn over_pipes() {
    shown(&mut Pipes::start(&project(), &[]).unwrap());
}

#[test]
fn over_http_in_both_eras() {
    let project = project();
    for modern in [false, true] {
        shown(&mut Http::start(&project, &[], modern).unwrap());
    }
}
