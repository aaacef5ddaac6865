//! Against a small server that answers as Vault does.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::json;

use super::*;

/// A server on a free port. It stays until the process ends.
struct FakeVault {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl FakeVault {
    /// Answers each path with a value, all others with 404. The token is `t0ken`.
    fn start(answers: &[(&str, Json)]) -> Self {
        let answers: BTreeMap<String, String> =
            answers.iter().map(|(path, body)| (format!("/v1/{path}"), body.to_string())).collect();
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                answer(stream, &answers, &heard);
            }
        });
        Self { address, asked }
    }

    fn key(&self, secrets: &mut Secrets, path: &str, key: &str) -> Result<Json, String> {
        secrets.key_from(|| Client::connect(&self.address, "t0ken".to_owned()), path, key)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, answers: &BTreeMap<String, String>, heard: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let path = first.split(' ').nth(1).unwrap().to_owned();
    let headers: Vec<String> =
        lines.take_while(|line| !line.is_empty()).map(|line| line.to_lowercase()).collect();
    heard.lock().unwrap().push(path.clone());
    let (status, body) = match answers.get(&path) {
        _ if !headers.iter().any(|line| line == "x-vault-token: t0ken") => ("403 Forbidden", "{}"),
        Some(body) => ("200 OK", body.as_str()),
        None if path == "/v1/auth/token/lookup-self" => ("200 OK", "{}"),
        None => ("404 Not Found", r#"{"errors":[]}"#),
    };
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
}

#[test]
fn one_check_of_the_token_and_one_read_for_all_keys() {
    let body = json!({ "data": { "data": { "user": "ada", "retries": 3, "no": null } } });
    let vault = FakeVault::start(&[("secret/data/app/db", body)]);
    let mut secrets = Secrets::default();
    assert_eq!(vault.key(&mut secrets, "app/db", "user"), Ok(json!("ada")));
    assert_eq!(vault.key(&mut secrets, "app/db", "retries"), Ok(json!(3)));
    assert_eq!(
        vault.key(&mut secrets, "app/db", "nope"),
        Err("Key 'nope' not found in Vault secret at path 'app/db'".to_owned())
    );
    assert_eq!(vault.asked(), ["/v1/auth/token/lookup-self", "/v1/secret/data/app/db"]);
    assert!(!format!("{secrets:?}").contains("ada"));
    assert!(!format!("{secrets:?}").contains("t0ken"));
}

#[test]
fn the_first_part_may_name_the_mount_and_versions_may_be_absent() {
    let versioned = json!({ "data": { "data": { "k": "versioned" } } });
    let plain = json!({ "data": { "k": "plain" } });
    for (place, path, found) in [
        ("secret/data/app", "app", &versioned),
        ("secret/app", "app", &plain),
        ("secret/data/app", "secret/app", &versioned),
        ("kv/data/team/app", "kv/team/app", &versioned),
        ("kv/team/app", "kv/team/app", &plain),
    ] {
        let vault = FakeVault::start(&[(place, found.clone())]);
        let expected = if *found == plain { "plain" } else { "versioned" };
        assert_eq!(vault.key(&mut Secrets::default(), path, "k"), Ok(json!(expected)), "{place} {path}");
    }
}

#[test]
fn a_missing_secret_is_looked_for_once() {
    let vault = FakeVault::start(&[]);
    let mut secrets = Secrets::default();
    for _ in 0..2 {
        let problem = vault.key(&mut secrets, "app", "k").unwrap_err();
        assert_eq!(problem, "Failed to read secret from Vault path app (status 404)");
    }
    assert_eq!(vault.asked().len(), 3);
}

#[test]
fn a_token_that_is_refused_is_told() {
    let vault = FakeVault::start(&[]);
    let connect = || Client::connect(&vault.address, "wrong".to_owned());
    let problem = Secrets::default().key_from(connect, "app", "k").unwrap_err();
    assert_eq!(problem, "Failed to authenticate with Vault (status 403)");
}

#[test]
fn an_address_without_a_server_is_told() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let connect = || Client::connect(&address, "t0ken".to_owned());
    let problem = Secrets::default().key_from(connect, "app", "k").unwrap_err();
    assert!(problem.starts_with("Error connecting to Vault: "), "{problem}");
    assert!(!problem.contains("t0ken"), "{problem}");
}

#[test]
fn an_address_that_is_no_url_is_not_shown() {
    for address in ["s3cr3t", "s3cr3t/x:y", "ftp://s3cr3t", "http://s3cr3t s3cr3t", "https://"] {
        let connect = || Client::connect(address, "t0ken".to_owned());
        let problem = Secrets::default().key_from(connect, "app", "k").unwrap_err();
        assert!(problem.starts_with("Error connecting to Vault: "), "{problem}");
        assert!(!problem.contains("s3cr3t"), "{problem}");
    }
}

#[test]
fn a_missing_token_is_named() {
    let settings = Vault { enabled: true, address: None, token_env: "NO_SUCH_TOKEN_IS_SET".to_owned() };
    assert_eq!(
        Secrets::default().key(&settings, "http://localhost:1", "a", "k"),
        Err("Vault token not found in environment variable 'NO_SUCH_TOKEN_IS_SET'".to_owned())
    );
}

#[test]
fn paths_stay_below_their_mount() {
    for path in ["", "..", "a/../../sys", "a//b", "./a"] {
        assert_eq!(candidates(path), None, "{path}");
    }
    let paths = |path: &str| candidates(path).unwrap().into_iter().map(|one| one.path).collect::<Vec<_>>();
    assert_eq!(paths("a b?c"), ["secret/data/a%20b%3Fc", "secret/a%20b%3Fc"]);
}
