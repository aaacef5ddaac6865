//! Two servers on one PostgreSQL behind nginx are one: whichever of them answers.
//!
//! Each test has servers, an nginx and a database of its own. Where PostgreSQL or nginx are not installed the tests say so and
//! pass, unless `MXCP_REPLICAS=required`.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Barrier, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use mxcp_test_support::client::Http;
use mxcp_test_support::nginx::{self, Nginx};
use mxcp_test_support::oauth::{Answer, OAuthClient, call, parameter};
use mxcp_test_support::postgres::{self, Postgres};
use mxcp_test_support::project::Project;
use mxcp_test_support::provider::{Provider, now};
use serde_json::{Value as Json, json};

use crate::bearer;

const WHO: &str =
    "tool:\n  name: who\n  source: {code: \"SELECT get_username() AS who, get_user_email() AS email\"}\n";
const SELDOM: &str =
    "tool:\n  name: seldom\n  source: {code: SELECT 1 AS n}\n  limits: {per_user: {rate: 3/day}}\n";
const DROP: &str = "tool:\n  name: drop\n  return: {type: string}\n  source: {code: SELECT 'dropped' AS said}\n  policies:\n    \
     input: [{condition: 'true', action: ask, reason: Sure?}]\n";

/// How long the other server may think well of what was ended here, with room for a slow machine.
const SOON: Duration = Duration::from_secs(20);

/// Two servers, and a client that reaches them through nginx.
struct Replicas {
    provider: Provider,
    projects: [Project; 2],
    servers: [Option<Http>; 2],
    ports: [u16; 2],
    _nginx: Nginx,
    client: OAuthClient,
}

/// The PostgreSQL of all tests, as long as the process lives.
#[expect(clippy::print_stderr, reason = "whoever runs the tests is to know what was not shown")]
fn postgres() -> Option<&'static Postgres> {
    static SERVER: OnceLock<Option<Postgres>> = OnceLock::new();
    let missing = match (postgres::programs(), nginx::program()) {
        (Some(_), Some(_)) => {
            return SERVER.get_or_init(|| Some(Postgres::start().unwrap())).as_ref();
        }
        (None, _) => "PostgreSQL is not installed",
        (_, None) => "nginx is not installed",
    };
    assert_ne!(std::env::var("MXCP_REPLICAS").as_deref(), Ok("required"), "{missing}");
    eprintln!("skipped: {missing}");
    None
}

fn free_ports<const COUNT: usize>() -> [u16; COUNT] {
    let listeners = [(); COUNT].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

impl Replicas {
    /// None where PostgreSQL or nginx are not installed.
    fn start() -> Option<Self> {
        let database = postgres()?.database().unwrap();
        let provider = Provider::start().unwrap();
        let [public, one, other] = free_ports();
        let base = format!("http://127.0.0.1:{public}");
        let mut auth = provider.settings(&json!({}));
        auth["persistence"] = json!({
            "type": "postgresql", "url": database, "auth_encryption_key": URL_SAFE.encode([7; 32]),
        });
        let user = json!({
            "transport": { "http": { "host": "127.0.0.1", "base_url": base } },
            "projects": { "tested": { "profiles": { "default": { "auth": auth } } } },
        });
        let ports = [one, other];
        let projects = ports.map(|_| {
            let mut project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
            for (name, text) in [("who", WHO), ("seldom", SELDOM), ("drop", DROP)] {
                project.file(&format!("tools/{name}.yml"), text).unwrap();
            }
            project.file(".mxcp/config.yml", &user.to_string()).unwrap();
            project.set_all([("MXCP_EDGE_KEY", bearer::EDGE_KEY)]);
            project
        });
        let servers = [0, 1].map(|which| Some(Http::start_at(&projects[which], ports[which]).unwrap()));
        let nginx =
            Nginx::start(public, &ports.map(|port| SocketAddr::from(([127, 0, 0, 1], port)))).unwrap();
        let mut client = OAuthClient::new(&base, &base);
        client.discover().unwrap();
        client.register().unwrap();
        Some(Self { provider, projects, servers, ports, _nginx: nginx, client })
    }

    /// The client, where it reaches one of the two only.
    fn at(&self, which: usize) -> OAuthClient {
        self.client.at(&format!("http://127.0.0.1:{}", self.ports[which]))
    }

    /// The same files and another process.
    fn restart(&mut self, which: usize) {
        self.servers[which] = None;
        self.servers[which] = Some(Http::start_at(&self.projects[which], self.ports[which]).unwrap());
    }
}

fn who(client: &OAuthClient, token: &str) -> Answer {
    client.call("who", &json!({}), Some(token)).unwrap()
}

/// Waits until a token is over.
fn is_over_soon(client: &OAuthClient, token: &str) {
    let begun = Instant::now();
    loop {
        let status = who(client, token).status;
        if status == 401 {
            return;
        }
        assert!(status == 200 && begun.elapsed() < SOON, "{status}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_login_that_begins_at_one_goes_on_and_ends_at_the_other() {
    let Some(replicas) = Replicas::start() else { return };
    let (one, other) = (replicas.at(0), replicas.at(1));
    let back = replicas.provider.visit_as(&one.depart().unwrap(), "bea").unwrap();
    let code = parameter(&other.arrive(&back).unwrap(), "code").unwrap();
    let first = one.redeem(&code).unwrap().tokens().unwrap();
    for client in [&other, &one, &replicas.client, &replicas.client] {
        let said = who(client, &first.access).said().unwrap();
        assert!(said.contains("bea@example.org"), "{said}");
    }
    let second = other.refresh(&first.refresh).unwrap().tokens().unwrap();
    assert_eq!(who(&one, &second.access).status, 200);
    assert_eq!(who(&other, &first.access).status, 401);
    is_over_soon(&one, &first.access);
}

#[test]
fn a_flood_of_clients_that_register_is_counted_at_both_together() {
    let Some(replicas) = Replicas::start() else { return };
    let mut clients = [replicas.at(0), replicas.at(1)];
    let mut registered = 0;
    let refusal = 'flood: loop {
        for client in &mut clients {
            match client.register() {
                Ok(()) => registered += 1,
                Err(refusal) => break 'flood refusal.to_string(),
            }
        }
        // Each on its own would take a thousand.
        assert!(registered < 1900, "there is no end");
    };
    assert!(registered > 900 && refusal.starts_with("429"), "{registered}: {refusal}");
}

#[test]
fn what_is_revoked_at_one_is_over_at_the_other() {
    let Some(replicas) = Replicas::start() else { return };
    let (one, other) = (replicas.at(0), replicas.at(1));
    for which in 0..2 {
        let tokens = replicas.client.log_in(&replicas.provider, "bea").unwrap();
        assert_eq!((who(&one, &tokens.access).status, who(&other, &tokens.access).status), (200, 200));
        let token = [&tokens.access, &tokens.refresh][which];
        assert_eq!(one.revoke(token).unwrap().status, 200);
        assert_eq!(who(&one, &tokens.access).status, 401);
        assert_eq!(other.refresh(&tokens.refresh).unwrap().status, 400);
        is_over_soon(&other, &tokens.access);
    }
}

#[test]
fn a_refresh_token_that_was_used_at_one_ends_the_session_at_the_other() {
    let Some(replicas) = Replicas::start() else { return };
    let (one, other) = (replicas.at(0), replicas.at(1));
    let first = one.log_in(&replicas.provider, "bea").unwrap();
    let second = one.refresh(&first.refresh).unwrap().tokens().unwrap();
    assert_eq!(who(&one, &second.access).status, 200);
    assert_eq!(other.refresh(&first.refresh).unwrap().status, 400);
    assert_eq!(who(&other, &second.access).status, 401);
    assert_eq!(one.refresh(&second.refresh).unwrap().status, 400);
    is_over_soon(&one, &second.access);
}

#[test]
fn a_login_goes_on_whichever_of_them_restarts_meanwhile() {
    let Some(mut replicas) = Replicas::start() else { return };
    let page = replicas.client.depart().unwrap();
    replicas.restart(0);
    let back = replicas.provider.visit_as(&page, "bea").unwrap();
    // One is away, and nobody notices.
    replicas.servers[1] = None;
    let code = parameter(&replicas.client.arrive(&back).unwrap(), "code").unwrap();
    replicas.restart(1);
    replicas.restart(0);
    let tokens = replicas.client.redeem(&code).unwrap().tokens().unwrap();
    replicas.servers[0] = None;
    for _ in 0..4 {
        assert_eq!(who(&replicas.client, &tokens.access).status, 200);
    }
    assert!(replicas.client.refresh(&tokens.refresh).unwrap().tokens().is_ok());
}

#[test]
fn of_a_code_that_is_shown_to_both_at_once_one_gives_tokens_and_they_do_not_last() {
    let Some(replicas) = Replicas::start() else { return };
    let clients = [replicas.at(0), replicas.at(1)];
    for _ in 0..5 {
        let code = replicas.client.code_of(&replicas.provider, "bea").unwrap();
        let barrier = Barrier::new(2);
        let answers = thread::scope(|scope| {
            let shown = clients.each_ref().map(|client| {
                scope.spawn(|| {
                    barrier.wait();
                    client.redeem(&code).unwrap()
                })
            });
            shown.map(|shown| shown.join().unwrap())
        });
        let mut good: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(good.len(), 1, "{answers:?}");
        let tokens = good.remove(0).tokens().unwrap();
        for client in &clients {
            is_over_soon(client, &tokens.access);
            assert_eq!(client.refresh(&tokens.refresh).unwrap().status, 400);
        }
    }
}

#[test]
fn users_side_by_side_are_not_mixed_up() {
    let Some(replicas) = Replicas::start() else { return };
    thread::scope(|scope| {
        for number in 0..8 {
            let (client, provider) = (replicas.client.clone(), &replicas.provider);
            scope.spawn(move || {
                let person = format!("person{number}");
                let tokens = client.log_in(provider, &person).unwrap();
                for _ in 0..20 {
                    let said = who(&client, &tokens.access).said().unwrap();
                    assert!(said.contains(&format!("\"{person}@example.org\"")), "{said}");
                }
            });
        }
    });
}

#[test]
fn what_the_provider_gave_for_more_is_shown_to_it_once() {
    let Some(replicas) = Replicas::start() else { return };
    // Each call finds a token that is about to be over.
    replicas.provider.set(|knobs| knobs.grant = json!({ "expires_in": 30 }));
    let tokens = replicas.client.log_in(&replicas.provider, "bea").unwrap();
    let clients = [replicas.at(0), replicas.at(1)];
    let barrier = Barrier::new(8);
    thread::scope(|scope| {
        for number in 0..8 {
            let (client, barrier, tokens) = (clients[number % 2].clone(), &barrier, &tokens);
            scope.spawn(move || {
                barrier.wait();
                for _ in 0..5 {
                    let answer = who(&client, &tokens.access);
                    assert_eq!(answer.status, 200, "{}", answer.body);
                }
            });
        }
    });
    let shown: Vec<_> = replicas.provider.requests_to("/token");
    let shown: Vec<_> = shown.iter().filter_map(|request| request.form.get("refresh_token")).collect();
    let different: BTreeSet<_> = shown.iter().collect();
    assert!(!shown.is_empty());
    assert_eq!(shown.len(), different.len(), "{shown:?}");
}

#[test]
fn calls_of_a_user_are_counted_together() {
    let Some(replicas) = Replicas::start() else { return };
    let clients = [replicas.at(0), replicas.at(1)];
    let seldom = |client: &OAuthClient, token: &str| {
        let message = client.call("seldom", &json!({}), Some(token)).unwrap().json().unwrap();
        message["result"]["isError"].as_bool().unwrap()
    };
    for person in ["bea", "cid"] {
        let tokens = replicas.client.log_in(&replicas.provider, person).unwrap();
        let refused: Vec<bool> =
            [0, 1, 0, 1, 0, 0].map(|which| seldom(&clients[which], &tokens.access)).to_vec();
        assert_eq!(refused, [false, false, false, true, true, true], "{person}");
    }
}

#[test]
fn an_approval_that_one_asked_for_is_good_at_the_other_and_once() {
    let Some(replicas) = Replicas::start() else { return };
    let (one, other) = (replicas.at(0), replicas.at(1));
    let token = replicas.client.log_in(&replicas.provider, "bea").unwrap().access;
    let body = call("drop", &json!({}));
    let asked = one.send("drop", &body, Some(&token)).unwrap().json().unwrap();
    assert_eq!(asked["result"]["resultType"], "input_required", "{asked}");
    let mut again = body.clone();
    again["params"]["requestState"] = asked["result"]["requestState"].clone();
    again["params"]["inputResponses"] = json!({"approval-1": {"action": "accept", "content": {}}});
    // Nor is it somebody else's.
    let foreign = replicas.client.log_in(&replicas.provider, "cid").unwrap().access;
    let refused = other.send("drop", &again, Some(&foreign)).unwrap().json().unwrap();
    assert!(
        refused["error"]["message"].as_str().unwrap().contains("is not what this server gave"),
        "{refused}"
    );
    let done = other.send("drop", &again, Some(&token)).unwrap();
    assert_eq!(done.said().unwrap(), "dropped");
    for client in [&one, &other] {
        let refused = client.send("drop", &again, Some(&token)).unwrap().json().unwrap();
        assert!(refused["error"]["message"].as_str().unwrap().contains("was used before"), "{refused}");
    }
}

#[test]
fn an_assertion_of_an_edge_that_one_took_is_not_taken_by_the_other() {
    let Some(replicas) = Replicas::start() else { return };
    let clients = [replicas.at(0), replicas.at(1)];
    let body = bearer::request("who", json!({}));
    let user = json!({ "user_id": "u2", "username": "eve" });
    let status = |which: usize, id: &str| {
        let token = bearer::assertion(&body, Some(&user), id, now().unwrap());
        clients[which].send("who", &body, Some(&token)).unwrap().status
    };
    assert_eq!((status(0, "a"), status(1, "a"), status(0, "a")), (200, 401, 401));
    assert_eq!((status(1, "b"), status(0, "b")), (200, 401));
}

#[test]
fn keys_are_exchanged_one_server_after_the_other_and_nobody_notices() {
    let Some(mut replicas) = Replicas::start() else { return };
    let tokens = replicas.client.log_in(&replicas.provider, "bea").unwrap();
    let [old, new] = [7, 8].map(|byte| URL_SAFE.encode([byte; 32]));
    for keys in [json!([old, new]), json!([new, old]), json!([new])] {
        for which in 0..2 {
            let settings = replicas.projects[which].path().join(".mxcp/config.yml");
            let mut user: Json = serde_json::from_slice(&std::fs::read(&settings).unwrap()).unwrap();
            let auth = &mut user["projects"]["tested"]["profiles"]["default"]["auth"];
            auth["persistence"]["auth_encryption_key"] = keys.clone();
            std::fs::write(&settings, user.to_string()).unwrap();
            replicas.restart(which);
            for which in 0..2 {
                assert_eq!(who(&replicas.at(which), &tokens.access).status, 200, "{which}");
            }
        }
    }
    assert!(replicas.client.refresh(&tokens.refresh).unwrap().tokens().is_ok());
}
