//! What a store writes to the log at its most talkative. In a process of its own, since the log is the process's.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::io;
use std::sync::{Arc, Mutex};

use mxcp_auth::store::{
    Client, ClientAuthentication, CodeGrant, Digest, IssuedTokens, Login, Session, UpstreamTokens, User, open,
};
use mxcp_core::call::Secret;
use mxcp_core::schema::{Hidden, OneOrMany, Persistence, PersistenceKind};
use tracing_subscriber::filter::LevelFilter;

const NOW: i64 = 1_000_000;
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Part of everything that nobody may see.
const SECRET: &str = "s3cr3t";

/// Everything that was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn secret(what: &str) -> Secret {
    Secret::new(format!("{what}-{SECRET}"))
}

fn text(what: &str) -> String {
    secret(what).reveal().to_owned()
}

fn upstream() -> UpstreamTokens {
    let refresh = Some(secret("refresh"));
    UpstreamTokens { access: secret("access"), refresh, expires_at: None, scopes: Vec::new() }
}

/// Does everything that a store can do, with secrets wherever there may be some.
async fn live(settings: &Persistence, file: &std::path::Path) {
    let store = open(settings, |_| file.to_owned(), NOW).await.unwrap().store();
    let client = Client {
        id: "client".to_owned(),
        secret: Some(secret("client")),
        authentication: ClientAuthentication::Post,
        redirect_uris: vec!["http://localhost/".to_owned()],
        grant_types: Vec::new(),
        response_types: Vec::new(),
        scopes: None,
        name: None,
        created_at: NOW,
    };
    store.put_client(client).await.unwrap();
    assert!(store.client("client").await.unwrap().is_some());
    let login = Login {
        client_id: "client".to_owned(),
        redirect_uri: "http://localhost/".to_owned(),
        redirect_uri_given: true,
        code_challenge: text("challenge"),
        client_state: Some(text("state")),
        scopes: Vec::new(),
        resource: String::new(),
        upstream_verifier: Some(secret("verifier")),
        upstream_scopes: Vec::new(),
        base: String::new(),
        browser: None,
        expires_at: NOW + 1,
    };
    store.put_login(Digest::of(&text("state")), login).await.unwrap();
    assert!(store.take_login(Digest::of(&text("state")), NOW).await.unwrap().is_some());
    let user = User {
        provider: "oidc".to_owned(),
        user_id: "7".to_owned(),
        username: text("name"),
        email: Some(text("mail")),
        name: None,
        avatar_url: None,
        profile: serde_json::Map::new(),
    };
    let session = Session {
        id: "session".to_owned(),
        client_id: "client".to_owned(),
        scopes: Vec::new(),
        resource: String::new(),
        user: user.clone(),
        upstream: upstream(),
        access_expires_at: None,
        created_at: NOW,
    };
    let grant = CodeGrant {
        session_id: "session".to_owned(),
        client_id: "client".to_owned(),
        redirect_uri: "http://localhost/".to_owned(),
        redirect_uri_given: true,
        code_challenge: text("challenge"),
        resource: String::new(),
        used: false,
        expires_at: NOW + 1,
    };
    let code = Digest::of(&text("code"));
    store.put_code(code, grant.clone(), session.clone()).await.unwrap();
    // What the database refuses is told as well.
    let problem = store.put_code(code, grant, session).await.unwrap_err();
    tracing::error!("{problem} {problem:?} {store:?}");
    let tokens = |token: &str| IssuedTokens {
        access: Digest::of(&text(token)),
        access_expires_at: NOW + 1,
        refresh: Some(Digest::of(&text(&format!("re{token}")))),
        refresh_expires_at: None,
        scopes: Vec::new(),
    };
    assert!(store.redeem_code(code, tokens("one"), NOW).await.unwrap());
    assert!(store.rotate(Digest::of(&text("reone")), tokens("two"), NOW).await.unwrap());
    assert!(store.replace_upstream("session", &secret("access"), upstream(), Some(user)).await.unwrap());
    assert!(store.session_by_access(Digest::of(&text("two")), NOW).await.unwrap().is_some());
    store.shared_key("cookies").await.unwrap();
    store.end_session("session").await.unwrap();
    store.sweep(NOW).await.unwrap();
}

#[tokio::test]
async fn nothing_secret_is_in_the_log() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(move || writer.clone()).init();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("oauth.db");
    for key in [None, Some(KEY)] {
        let auth_encryption_key = key.map(|key| OneOrMany::One(Hidden::new(key.to_owned())));
        live(&Persistence { auth_encryption_key, ..Persistence::default() }, &file).await;
    }
    match std::env::var("MXCP_TEST_POSTGRES") {
        Ok(url) => {
            // Stands for the password, which not every server asks for.
            let separator = if url.contains('?') { '&' } else { '?' };
            let url = format!("{url}{separator}application_name={SECRET}");
            let settings = Persistence {
                kind: PersistenceKind::Postgresql,
                url: Some(Hidden::new(url)),
                ..Persistence::default()
            };
            live(&settings, &file).await;
        }
        Err(_) => eprintln!("skipped on PostgreSQL: MXCP_TEST_POSTGRES is no URL of a database for tests"),
    }
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("mxcp_sessions") && logged.contains("logins are stored in clear"), "{logged}");
    for hidden in [SECRET, KEY, &KEY[..20]] {
        let line = logged.lines().find(|line| line.contains(hidden));
        assert_eq!(line, None);
    }
}
