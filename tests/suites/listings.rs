//! What callers may know of: lists without what is denied to them, and endpoints that pretend not to exist.
//! Nobody is logged in on any of these surfaces.

use mxcp_test_support::client::{Client, Http, Pipes};
use mxcp_test_support::project::Project;
use serde_json::{Value as Json, json};

const ADMINS: &str = "user.role != 'admin'";

fn project() -> Project {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    let tools = [
        ("admins", "input", ADMINS, "false"),
        ("large", "input", "n > 10 && user.role != 'admin'", "false"),
        ("open", "output", "false", "false"),
        ("secret", "input", ADMINS, "true"),
        ("small", "input", "n > 10 && user.role != 'admin'", "true"),
    ];
    for (name, section, condition, hide) in tools {
        let text = format!(
            "tool:\n  name: {name}\n  parameters: [{{name: n, type: integer, default: 1}}]\n  source: {{code: SELECT $n \
             AS n}}\n  policies:\n    hide: {hide}\n    {section}: [{{condition: \"{condition}\", action: deny, \
             reason: Not you}}]\n"
        );
        project.file(&format!("tools/{name}.yml"), &text).unwrap();
    }
    project
}

fn names(response: &Json) -> Vec<&str> {
    let tools = response["result"]["tools"].as_array().unwrap();
    tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}

/// The answer to a call, with the name of the tool taken out.
fn answer(client: &mut dyn Client, tool: &str, arguments: &Json) -> String {
    let mut response = client.request("tools/call", json!({ "name": tool, "arguments": arguments })).unwrap();
    response["id"] = Json::Null;
    response.to_string().replace(tool, "TOOL")
}

fn listed_and_hidden(client: &mut dyn Client) {
    let first = client.request("tools/list", json!({})).unwrap();
    assert_eq!(names(&first), ["large", "open", "small"]);
    let again = client.request("tools/list", json!({})).unwrap();
    assert_eq!(first["result"], again["result"]);

    let unknown = answer(client, "nope", &json!({}));
    assert!(unknown.contains("Unknown tool: TOOL") && unknown.contains("-32602"), "{unknown}");
    for arguments in [json!({}), json!({"n": 5}), json!({"n": "much"}), json!({"other": 1})] {
        assert_eq!(answer(client, "secret", &arguments), unknown, "{arguments}");
    }
    // Denied for its arguments; who sees it in the list may know what is wrong with arguments that it can't take.
    assert_eq!(answer(client, "small", &json!({"n": 11})), unknown);
    assert!(answer(client, "small", &json!({"n": "much"})).contains("Expected integer"));
    assert_eq!(
        client.call_tool("small", &json!({"n": 5})).unwrap()["content"][0]["text"],
        "{\n  \"n\": 5\n}"
    );
    // Without `hide`, who is denied is told so.
    for (tool, arguments) in [("admins", json!({})), ("large", json!({"n": 11}))] {
        let told = answer(client, tool, &arguments);
        assert!(told.contains("Policy enforcement failed: Not you"), "{told}");
    }
    // A cursor can't be used to ask whether there is a tool of a name.
    let cursor_of = |name: &str| json!({ "cursor": name });
    let mut asked = |name| {
        let mut response = client.request("tools/list", cursor_of(name)).unwrap();
        response["id"] = Json::Null;
        response
    };
    // `secret`, `nope` and `open` in the alphabet of cursors.
    assert_eq!(asked("c2VjcmV0"), asked("bm9wZQ"));
    assert_eq!(names(&asked("b3Blbg")), ["small"]);
}

#[test]
fn over_pipes() {
    listed_and_hidden(&mut Pipes::start(&project(), &[]).unwrap());
}

#[test]
fn over_http_in_both_eras() {
    let project = project();
    for modern in [false, true] {
        listed_and_hidden(&mut Http::start(&project, &[], modern).unwrap());
    }
}

#[test]
fn on_the_command_line() {
    let project = project();
    let listed = project.run(&["list"]).unwrap();
    for tool in ["admins", "secret", "small"] {
        assert!(listed.stdout.contains(tool), "the author sees everything: {listed:?}");
    }
    let said = |tool: &str, arguments: &[&str]| {
        let ran = project.run(&[&["run", "tool", tool], arguments].concat()).unwrap();
        (ran.code, ran.stdout.replace(tool, "TOOL"), ran.stderr.replace(tool, "TOOL"))
    };
    for output in [&["--json-output"][..], &[]] {
        let unknown = said("elsewhere", output);
        assert_eq!(unknown.0, Some(1));
        assert_eq!(said("secret", output), unknown);
        assert_eq!(said("secret", &[output, &["--param", "n=much"]].concat()), unknown);
        assert_eq!(said("secret", &[output, &["--param", "x=1"]].concat()), unknown);
        assert_eq!(said("small", &[output, &["--param", "n=11"]].concat()), unknown);
        assert_ne!(said("admins", output), unknown);
    }
    let allowed = project.run(&["run", "tool", "secret", "--user-context", "{\"role\": \"admin\"}"]).unwrap();
    assert!(allowed.code == Some(0) && allowed.stdout.contains("Running tool secret"), "{allowed:?}");
}
