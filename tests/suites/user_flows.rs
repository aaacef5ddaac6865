//! Who calls, through all that runs within a call: policies, SQL, Python, plug-ins, components. Two users side by side on one
//! server are never mixed up.

use std::fs;

use mxcp_test_support::client::Http;
use mxcp_test_support::project::Project;
use mxcp_test_support::provider::Provider;
use mxcp_test_support::workspace_root;
use serde_json::{Value as Json, json};

use crate::{bearer, components};

const PYTHON: &str = r#"
import asyncio

from mxcp.runtime import db
from mxcp.sdk.auth.context import get_user_context
from mxcp.sdk.executor.context import get_execution_context


def seen():
    user = get_user_context()
    return {
        "id": user.user_id,
        "name": user.username,
        "email": user.email,
        "provider": user.provider,
        "role": user.raw_profile.get("role"),
        "permissions": user.raw_profile.get("permissions"),
        "capabilities": user.capabilities,
        "token": user.external_token,
        "context": get_execution_context().user_context.user_id,
        "by_sql": db.execute("SELECT get_user_email() AS e")[0]["e"],
    }


def python():
    return seen()


async def python_later():
    before = seen()
    await asyncio.sleep(0)
    after = await asyncio.to_thread(seen)
    assert before == after, "the caller has changed"
    return after
"#;

const TOOLS: [(&str, &str); 5] = [
    (
        "sql",
        "source: {code: \"SELECT get_username() AS name, get_user_email() AS email, get_user_provider() AS provider, \
         get_user_external_token() AS token, get_request_header('x-depot') AS depot\"}",
    ),
    (
        "policies",
        "parameters: [{name: id, type: string}, {name: role, type: string}]\n  source: {code: \"SELECT $id AS id, $role AS role\"}\n  policies:\n    input: \
         [{condition: \"user.id != id || user.role != role || !(role + '.read' in user.permissions) || user.capabilities != [role + \
         '-do']\", action: deny, reason: Somebody else}]",
    ),
    (
        "filled",
        "parameters: [{name: who, type: string, from: user.id}]\n  source: {code: SELECT $who AS who}",
    ),
    ("python", "source: {file: ../python/flows.py}"),
    ("python_later", "source: {file: ../python/flows.py}"),
];
const PLUGIN: &str = "source: {code: \"SELECT min(caller_eu(i::INTEGER)) AS least, max(caller_eu(i::INTEGER)) AS most FROM range(3000) t(i)\"}";

/// A user, and what each tool is to say of them.
struct User {
    id: &'static str,
    role: &'static str,
    email: String,
    token: String,
}

fn project(provider: &Provider) -> Project {
    let project = components::project();
    let tool = |name: &str, body: &str| {
        project.file(&format!("tools/{name}.yml"), &format!("tool:\n  name: {name}\n  {body}\n")).unwrap();
    };
    TOOLS.iter().for_each(|(name, body)| tool(name, body));
    tool("plugin", PLUGIN);
    project.file("python/flows.py", PYTHON).unwrap();
    let plugin =
        fs::read_to_string(workspace_root().join("tests/projects/python/plugins/prices.py")).unwrap();
    project.file("plugins/prices.py", &plugin).unwrap();
    let site = project.path().join("mxcp-site.yml");
    let site = fs::read_to_string(site).unwrap();
    let plugins = "plugin:\n  - {name: eu, module: prices, config: europe}\n";
    project.file("mxcp-site.yml", &format!("{site}{plugins}")).unwrap();
    let auth = format!(
        "{{provider: oidc, mode: verifier, oidc: {{config_url: \"{}\", client_id: mxcp, client_secret: s, scope: openid, audience: \
         mxcp, provider_name: corp, claim_mappings: {{groups: {{Owners: [owner-do], Staff: [staff-do]}}}}, role_mappings: {{groups: \
         {{Owners: owner, Staff: staff}}}}, permission_mappings: {{groups: {{Owners: [owner.read], Staff: [staff.read]}}}}}}}}",
        provider.config_url()
    );
    let config = fs::read_to_string(project.path().join("config.yml")).unwrap();
    let profile = format!(
        "      default:\n        auth: {auth}\n        plugin: {{config: {{europe: {{rate: \"1.2\"}}}}}}\n"
    );
    project.file("config.yml", &config.replace("      default:\n", &profile)).unwrap();
    project
}

fn user(provider: &Provider, id: &'static str, group: &str, role: &'static str) -> User {
    let email = format!("{id}@example.org");
    let claims = json!({"email": email, "preferred_username": id, "groups": [group], "permissions": ["own"]});
    User { id, role, email, token: provider.token(id, &claims).unwrap() }
}

fn result(server: &Http, user: &User, tool: &str, arguments: Json) -> Json {
    let answer = bearer::post(server, &bearer::request(tool, arguments), Some(&user.token)).json();
    assert_ne!(answer["result"]["isError"], true, "{tool}: {answer}");
    let text = answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{tool}: {answer}"));
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

/// Every way a call knows its user.
fn check(server: &Http, user: &User) {
    let say = |tool: &str| result(server, user, tool, json!({}));
    let sql = say("sql");
    assert_eq!((&sql["name"], &sql["email"]), (&json!(user.id), &json!(user.email)));
    assert_eq!((&sql["provider"], &sql["token"]), (&json!("corp"), &json!(user.token)));
    let policies = result(server, user, "policies", json!({"id": user.id, "role": user.role}));
    assert_eq!(policies, json!({"id": user.id, "role": user.role}));
    assert_eq!(say("filled")["who"], user.id);
    assert_eq!(say("plugin"), json!({"least": user.id, "most": user.id}));
    assert_eq!(say("who"), user.id, "a component");
    for tool in ["python", "python_later"] {
        let expected = json!({
            "id": user.id, "name": user.id, "email": user.email, "provider": "corp", "role": user.role,
            "permissions": ["own", format!("{}.read", user.role)], "capabilities": [format!("{}-do", user.role)],
            "token": user.token, "context": user.id, "by_sql": user.email,
        });
        assert_eq!(say(tool), expected, "{tool}");
    }
}

#[test]
fn a_caller_is_the_same_for_everything_that_runs_within_a_call() {
    let provider = Provider::start().unwrap();
    let project = project(&provider);
    let server = Http::start(&project, &[], true).unwrap();
    let (ada, bob) = (user(&provider, "ada", "Owners", "owner"), user(&provider, "bob", "Staff", "staff"));
    check(&server, &ada);
    check(&server, &bob);
    let other = json!({"id": "ada", "role": "owner"});
    let denied = bearer::post(&server, &bearer::request("policies", other), Some(&bob.token)).json();
    assert!(denied.to_string().contains("Somebody else"), "{denied}");
}

#[test]
fn users_side_by_side_are_not_mixed_up() {
    let provider = Provider::start().unwrap();
    let project = project(&provider);
    let server = Http::start(&project, &[], true).unwrap();
    let users = [user(&provider, "ada", "Owners", "owner"), user(&provider, "bob", "Staff", "staff")];
    std::thread::scope(|scope| {
        for user in users.iter().cycle().take(6) {
            let server = &server;
            scope.spawn(move || (0..5).for_each(|_| check(server, user)));
        }
    });
}
