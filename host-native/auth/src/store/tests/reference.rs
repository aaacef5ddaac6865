//! A database that the reference made.

use std::fs;

use sqlx::{Connection as _, Row as _};

use super::place::Place;
use super::*;
use crate::store::{RefreshState, Store};

/// The reference's tables.
const TABLES: &str = "
    CREATE TABLE states (state TEXT PRIMARY KEY, client_id TEXT, redirect_uri TEXT, code_challenge TEXT,
        code_challenge_method TEXT, provider_code_verifier TEXT, client_state TEXT,
        provider_scopes_requested TEXT NOT NULL, expires_at REAL NOT NULL, created_at REAL NOT NULL);
    CREATE TABLE auth_codes (code TEXT PRIMARY KEY, session_id TEXT NOT NULL, client_id TEXT, redirect_uri TEXT,
        code_challenge TEXT, code_challenge_method TEXT, mxcp_scopes TEXT NOT NULL, expires_at REAL NOT NULL,
        created_at REAL NOT NULL);
    CREATE TABLE sessions (access_token_hash TEXT PRIMARY KEY, access_token_encrypted TEXT NOT NULL,
        refresh_token_hash TEXT, refresh_token_encrypted TEXT, session_id TEXT NOT NULL UNIQUE, provider TEXT NOT NULL,
        user_info TEXT NOT NULL, provider_access_token TEXT, provider_refresh_token TEXT, provider_expires_at REAL,
        access_expires_at REAL, refresh_expires_at REAL, created_at REAL NOT NULL);
    CREATE TABLE oauth_clients (client_id TEXT PRIMARY KEY, client_secret TEXT, token_endpoint_auth_method TEXT,
        redirect_uris TEXT NOT NULL, grant_types TEXT NOT NULL, response_types TEXT NOT NULL, scope TEXT,
        client_name TEXT, created_at REAL NOT NULL);";

const STATE: &str = "abcdefghijklmnopqrstuv";
const CODE: &str = "mcp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const ACCESS: &str = "mcp_1111111111111111111111111111111111111111111111111111111111111111";
const REFRESH: &str = "mcp_refresh_2222222222222222222222222222222222222222222222222222222222222222";
/// Digests of the two tokens, as the reference made them.
const ACCESS_DIGEST: &str = "aad2fd3e3b66598044ebf6a312e2306f14f46831cfe4391cf8af92cdb11676d6";
const REFRESH_DIGEST: &str = "457bd3edb40c402f6569f8953fa0180e2abd13611aa5db35a9fec0d9dba8c252";
/// `gho_up`, `ghr_up` and `sekret` as the reference sealed them with the key.
const SEALED_ACCESS: &str =
    "gAAAAABrA67-0o3URpVqDGHbaDZR1vwLTxoy6Ti4XdYxOvrIeZrmXW_urBVH9dI4gorrzKuwkHaYArv87rZtQ0l6yoj0u0OCkA==";
const SEALED_REFRESH: &str =
    "gAAAAABrA67-_U4DZ2YtJbgDwvEwWJ2EGOwe_pAUsuaSlg4gpeyxd1-FaQ9V5jKY5caqGjHQ_9Uwj25KjTb9ZcfBgNnewfIgUw==";
const SEALED_SECRET: &str =
    "gAAAAABrA67-yNnLGBNvB1eiugga8gF7LpDiEc2fd0cXBwA90vtN_nkAPJgW9AMYeZHMfXG6h99gpAO9PGmSoTRXqWKYOm0WgA==";

/// A database of the reference with one row in every table.
async fn database(access: &str, refresh: &str, secret: &str) -> Place {
    let place = Place::file();
    let mut connection = place.connect().await;
    sqlx::raw_sql(TABLES).execute(&mut connection).await.unwrap();
    let info = r#"{"provider":"github","user_id":"1","username":"ada","email":"a@b","name":null,"avatar_url":null,
        "raw_profile":{"id":1,"login":"ada"},"provider_scopes_granted":["user"],"capabilities":[]}"#;
    for (insert, values) in [
        (
            "INSERT INTO states VALUES ($1, 'c1', 'http://localhost:9/cb', 'chal', 'S256', 'pkce-v3rifier', 'cs', '[\"openid\"]', \
             1000300.75, 1000000.75)",
            vec![STATE],
        ),
        (
            "INSERT INTO auth_codes VALUES ($1, 'ffff', 'c1', 'http://localhost:9/cb', 'chal', 'S256', '[]', 1000300.75, \
             1000000.75)",
            vec![CODE],
        ),
        (
            "INSERT INTO sessions VALUES ($1, '', $2, '', 'ffff', 'github', $3, $4, $5, 1003600.5, 1003600.5, NULL, \
             1000000.75)",
            vec![ACCESS_DIGEST, REFRESH_DIGEST, info, access, refresh],
        ),
        (
            "INSERT INTO oauth_clients VALUES ('c1', $1, 'client_secret_post', '[\"http://localhost:9/cb\"]', \
             '[\"authorization_code\", \"refresh_token\"]', '[\"code\"]', NULL, 'N', 1000000.75)",
            vec![secret],
        ),
    ] {
        let query = values.into_iter().fold(sqlx::query(insert), |query, value| query.bind(value));
        query.execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    place
}

async fn check(store: &dyn Store) {
    let client = store.client("c1").await.unwrap().unwrap();
    assert_eq!(client.secret, Some(Secret::new("sekret")));
    assert_eq!(
        (client.authentication, client.scopes, client.created_at),
        (ClientAuthentication::Post, None, NOW)
    );

    let session = store.session_by_access(Digest::of(ACCESS), NOW).await.unwrap().unwrap();
    assert_eq!(
        (session.id.as_str(), session.client_id.as_str(), session.resource.as_str()),
        ("ffff", "c1", "")
    );
    assert_eq!((session.user.user_id.as_str(), session.user.profile.len()), ("1", 2));
    assert_eq!(session.access_expires_at, Some(NOW + 3600));
    assert_eq!(
        session.upstream,
        UpstreamTokens {
            access: Secret::new("gho_up"),
            refresh: Some(Secret::new("ghr_up")),
            expires_at: Some(NOW + 3600),
            scopes: vec!["user".to_owned()],
        }
    );
    assert_eq!(store.session_by_access(Digest::of(ACCESS), NOW + 3600).await.unwrap(), None);
    let (_, state) = store.session_by_refresh(Digest::of(REFRESH), NOW + 3600).await.unwrap().unwrap();
    assert_eq!(state, RefreshState::Current);

    let code = store.code(Digest::of(CODE), NOW).await.unwrap().unwrap();
    assert_eq!((code.session_id.as_str(), code.client_id.as_str(), code.used), ("ffff", "c1", false));
    assert_eq!((code.code_challenge.as_str(), code.expires_at), ("chal", NOW + 300));
    assert!(store.redeem_code(Digest::of(CODE), tokens(1), NOW).await.unwrap());
    assert!(store.rotate(refresh(1), tokens(2), NOW).await.unwrap());

    let login = store.take_login(Digest::of(STATE), NOW).await.unwrap().unwrap();
    assert_eq!((login.client_id.as_str(), login.client_state.as_deref()), ("c1", Some("cs")));
    assert_eq!(login.upstream_verifier, Some(Secret::new("pkce-v3rifier")));
    assert_eq!((login.upstream_scopes, login.base.as_str()), (vec!["openid".to_owned()], ""));
}

#[tokio::test]
async fn its_rows_are_read() {
    check(&*database("gho_up", "ghr_up", "sekret").await.open(None).await).await;
}

#[tokio::test]
async fn its_sealed_rows_are_read_with_its_key() {
    check(&*database(SEALED_ACCESS, SEALED_REFRESH, SEALED_SECRET).await.open(Some(KEY)).await).await;
}

#[tokio::test]
async fn its_clear_rows_are_sealed_with_a_key() {
    let place = database("gho_up", "ghr_up", "sekret").await;
    let store = place.open(Some(KEY)).await;
    let file = fs::read(place.path()).unwrap();
    for secret in [STATE, CODE, "gho_up", "ghr_up", "sekret", "pkce-v3rifier", "\"login\":\"ada\""] {
        assert!(!file.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
    }
    check(&*store).await;
}

#[tokio::test]
async fn what_was_ended_does_not_come_back() {
    let place = database("gho_up", "ghr_up", "sekret").await;
    place.open(None).await.end_session("ffff").await.unwrap();
    let store = place.open(None).await;
    assert_eq!(store.session_by_access(Digest::of(ACCESS), NOW).await.unwrap(), None);
    assert_eq!(store.session_by_refresh(Digest::of(REFRESH), NOW).await.unwrap(), None);
    assert_eq!(store.code(Digest::of(CODE), NOW).await.unwrap(), None);
}

#[tokio::test]
async fn another_key_does_it_no_harm() {
    let place = database(SEALED_ACCESS, SEALED_REFRESH, SEALED_SECRET).await;
    for key in [Some(OTHER_KEY), None] {
        let store = place.open(key).await;
        assert_eq!(store.session_by_access(Digest::of(ACCESS), NOW).await.unwrap(), None);
        assert_eq!(store.client("c1").await.unwrap(), None);
    }
    let store = place.open(Some(KEY)).await;
    assert!(store.session_by_access(Digest::of(ACCESS), NOW).await.unwrap().is_some());
    assert!(store.client("c1").await.unwrap().is_some());
}

#[tokio::test]
async fn codes_and_states_past_their_time_are_not_taken_over() {
    let place = database("gho_up", "ghr_up", "sekret").await;
    let store = crate::store::open(&place.settings(None), |_| place.path(), NOW + 300).await.unwrap().store();
    assert_eq!(store.code(Digest::of(CODE), NOW).await.unwrap(), None);
    assert_eq!(store.take_login(Digest::of(STATE), NOW).await.unwrap(), None);
}

#[tokio::test]
async fn its_tables_stay_for_it() {
    let place = database("gho_up", "ghr_up", "sekret").await;
    let store = place.open(None).await;
    store.put_client(Client { scopes: None, ..client("c2") }).await.unwrap();
    let mut connection = place.connect().await;
    let rows = sqlx::query(
        "SELECT client_id, client_secret, redirect_uris, created_at FROM oauth_clients ORDER BY client_id",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let ids: Vec<String> = rows.iter().map(|row| row.get("client_id")).collect();
    assert_eq!(ids, ["c1", "c2"]);
    for table in [
        "SELECT COUNT(*) AS n FROM states",
        "SELECT COUNT(*) AS n FROM auth_codes",
        "SELECT COUNT(*) AS n FROM sessions",
    ] {
        let row = sqlx::query(table).fetch_one(&mut connection).await.unwrap();
        assert_eq!(row.get::<i64, _>("n"), 0);
    }
}
