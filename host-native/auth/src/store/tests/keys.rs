//! Encryption keys: none, another, one that came later; and who may read the database.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use mxcp_core::schema::{Hidden, OneOrMany, Persistence, PersistenceKind};
use sqlx::{Connection as _, Row as _};

use super::place::{Place, everywhere};
use super::*;
use crate::store::{Store, open};

/// What nobody may find in a database with a key.
const SECRETS: [&str; 9] = [
    "cl1ent-s3cret",
    "client-chall3nge",
    "cl1ent-state",
    "upstream-ver1fier",
    "upstream-acc3ss",
    "upstream-r3fresh",
    "s3cret.example",
    "the-st4te",
    "the-c0de",
];

async fn fill(store: &dyn Store) {
    store.put_client(client("client")).await.unwrap();
    store.put_login(Digest::of("the-st4te"), login()).await.unwrap();
    store.put_code(Digest::of("the-c0de"), grant("s"), session("s")).await.unwrap();
    store.redeem_code(Digest::of("the-c0de"), tokens(1), NOW).await.unwrap();
    store.put_code(Digest::of("the-c0de 2"), grant("t"), session("t")).await.unwrap();
}

/// Everything in the tables as text.
async fn contents(place: &Place) -> String {
    let mut connection = place.connect().await;
    let mut contents = String::new();
    for select in [
        "SELECT client_secret AS a, client_id AS b FROM oauth_clients",
        "SELECT login AS a, state AS b FROM mxcp_logins",
        "SELECT terms AS a, code AS b FROM mxcp_codes",
        "SELECT person AS a, upstream AS b FROM mxcp_sessions",
        "SELECT upstream_digest AS a, access AS b FROM mxcp_sessions",
        "SELECT shared AS a, purpose AS b FROM mxcp_keys",
    ] {
        for row in sqlx::query(select).fetch_all(&mut connection).await.unwrap() {
            for column in ["a", "b"] {
                contents += &row.try_get::<Option<String>, _>(column).unwrap().unwrap_or_default();
                contents += "\n";
            }
        }
    }
    connection.close().await.unwrap();
    contents
}

/// The bytes of the file and of what SQLite puts beside it.
fn bytes(place: &Place) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(place.path().parent().unwrap()).unwrap() {
        bytes.extend(fs::read(entry.unwrap().path()).unwrap());
    }
    bytes
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn with_a_key_nothing_secret_is_in_the_tables() {
    everywhere(async |place| {
        let store = place.open(Some(KEY)).await;
        fill(&*store).await;
        store.shared_key("cookies").await.unwrap();
        let contents = contents(place).await;
        assert!(contents.contains("gAAAA"));
        for secret in SECRETS {
            assert!(!contents.contains(secret), "{secret}");
        }
    })
    .await;
}

#[tokio::test]
async fn with_a_key_nothing_secret_is_in_the_file() {
    let place = Place::file();
    fill(&*place.open(Some(KEY)).await).await;
    let bytes = bytes(&place);
    assert!(holds(&bytes, "gAAAA"));
    for secret in SECRETS {
        assert!(!holds(&bytes, secret), "{secret}");
    }
}

#[tokio::test]
async fn without_a_key_states_codes_and_tokens_are_digests_still() {
    everywhere(async |place| {
        let store = place.open(None).await;
        fill(&*store).await;
        let contents = contents(place).await;
        assert!(contents.contains("upstream-acc3ss"));
        for secret in ["the-st4te", "the-c0de", "access1", "refresh1"] {
            assert!(!contents.contains(secret), "{secret}");
        }
    })
    .await;
}

#[tokio::test]
async fn another_key_or_none_makes_everything_unknown_and_nothing_an_error() {
    everywhere(async |place| {
        fill(&*place.open(Some(KEY)).await).await;
        let shared = place.open(Some(KEY)).await.shared_key("cookies").await.unwrap();
        for key in [Some(OTHER_KEY), None] {
            let store = place.open(key).await;
            assert_eq!(store.client("client").await.unwrap(), None);
            assert_eq!(store.session_by_access(access(1), NOW).await.unwrap(), None);
            assert_eq!(store.session_by_refresh(refresh(1), NOW).await.unwrap(), None);
            assert_eq!(store.code(Digest::of("the-c0de 2"), NOW).await.unwrap(), None);
            store.sweep(NOW).await.unwrap();
        }
        // It was not lost by that.
        let store = place.open(Some(KEY)).await;
        assert_eq!(store.client("client").await.unwrap(), Some(client("client")));
        assert!(store.session_by_access(access(1), NOW).await.unwrap().is_some());
        assert_eq!(store.shared_key("cookies").await.unwrap(), shared);
        // A shared key can be made again, and a login begun again.
        let store = place.open(Some(OTHER_KEY)).await;
        assert_ne!(store.shared_key("cookies").await.unwrap(), shared);
        assert_eq!(store.take_login(Digest::of("the-st4te"), NOW).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_comes_later_seals_what_is_there() {
    everywhere(async |place| {
        let store = place.open(None).await;
        fill(&*store).await;
        let shared = store.shared_key("cookies").await.unwrap();
        drop(store);

        let store = place.open(Some(KEY)).await;
        let contents = contents(place).await;
        for secret in SECRETS {
            assert!(!contents.contains(secret), "{secret}");
        }
        assert_eq!(store.client("client").await.unwrap(), Some(client("client")));
        assert_eq!(store.take_login(Digest::of("the-st4te"), NOW).await.unwrap(), Some(login()));
        assert_eq!(store.code(Digest::of("the-c0de 2"), NOW).await.unwrap(), Some(grant("t")));
        assert_eq!(
            store.session_by_access(access(1), NOW).await.unwrap().map(|s| s.upstream),
            Some(session("s").upstream)
        );
        assert_eq!(store.shared_key("cookies").await.unwrap(), shared);
    })
    .await;
}

#[tokio::test]
async fn keys_are_exchanged_without_losing_anything() {
    everywhere(async |place| {
        let store = place.open([OTHER_KEY]).await;
        fill(&*store).await;
        let shared = store.shared_key("cookies").await.unwrap();
        // First every server learns the new key, then it seals.
        drop(place.open([OTHER_KEY, KEY]).await);
        assert!(store.session_by_access(access(1), NOW).await.unwrap().is_some());
        let both = place.open([KEY, OTHER_KEY]).await;
        assert_eq!(both.client("client").await.unwrap(), Some(client("client")));
        // The old key has nothing left to open.
        let new = place.open([KEY]).await;
        assert_eq!(new.client("client").await.unwrap(), Some(client("client")));
        assert_eq!(new.take_login(Digest::of("the-st4te"), NOW).await.unwrap(), Some(login()));
        assert_eq!(new.code(Digest::of("the-c0de 2"), NOW).await.unwrap(), Some(grant("t")));
        assert!(new.session_by_access(access(1), NOW).await.unwrap().is_some());
        assert_eq!(new.shared_key("cookies").await.unwrap(), shared);
        assert_eq!(store.session_by_access(access(1), NOW).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_comes_later_leaves_nothing_secret_in_the_file() {
    let place = Place::file();
    fill(&*place.open(None).await).await;
    assert!(holds(&bytes(&place), "upstream-acc3ss"));
    let mut connection = place.connect().await;
    // As a server does that ends: what it wrote is in the file.
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    drop(place.open(Some(KEY)).await);
    let bytes = bytes(&place);
    for secret in SECRETS {
        assert!(!holds(&bytes, secret), "{secret}");
    }
}

#[tokio::test]
async fn nobody_else_may_read_what_the_database_is_kept_in() {
    let place = Place::file();
    let store = place.open(Some(KEY)).await;
    fill(&*store).await;
    let folder = place.path().parent().unwrap().to_owned();
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
    }
}

#[tokio::test]
async fn debug_shows_nothing_of_a_store() {
    everywhere(async |place| {
        let shown = format!("{:?}", place.open(Some(KEY)).await);
        assert!(
            shown.starts_with("SqlStore") && !shown.contains("AAEC") && !shown.contains("search_path"),
            "{shown}"
        );
    })
    .await;
}

async fn problem(settings: Persistence) -> String {
    let nowhere = |_: &str| panic!("nobody asked for a file");
    open(&settings, nowhere, NOW).await.unwrap_err().to_string()
}

#[tokio::test]
async fn settings_that_do_not_fit_are_refused_without_showing_secrets() {
    let hidden = |text: &str| Some(Hidden::new(text.to_owned()));
    let kind = PersistenceKind::Postgresql;
    for settings in [
        Persistence { auth_encryption_key: hidden("s3cret").map(OneOrMany::One), ..Persistence::default() },
        Persistence { auth_encryption_key: Some(OneOrMany::Many(Vec::new())), ..Persistence::default() },
        Persistence { url: hidden("postgres://a:s3cret@h/d"), ..Persistence::default() },
        Persistence { kind, ..Persistence::default() },
        Persistence {
            kind,
            url: hidden("postgres://a:s3cret@h/d"),
            path: Some("p".to_owned()),
            ..Persistence::default()
        },
        Persistence { kind, url: hidden("mysql://a:s3cret@h/d"), ..Persistence::default() },
    ] {
        let problem = problem(settings).await;
        assert!(problem.starts_with("`auth.persistence.") && !problem.contains("s3cret"), "{problem}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_at_the_start() {
    // Nobody listens at the port of a listener that is gone.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let url = Some(Hidden::new(format!("postgres://a:s3cret@127.0.0.1:{port}/d")));
    let problem =
        problem(Persistence { kind: PersistenceKind::Postgresql, url, ..Persistence::default() }).await;
    assert!(
        problem.starts_with("the store of logins can't be used: ") && !problem.contains("s3cret"),
        "{problem}"
    );
}

#[tokio::test]
async fn a_file_that_is_no_database_is_an_error_at_the_start() {
    let place = Place::file();
    fs::create_dir(place.path().parent().unwrap()).unwrap();
    fs::write(place.path(), "this is a text and no database, whatever its name says".repeat(100)).unwrap();
    let error = open(&place.settings(None), |_| place.path(), NOW).await.unwrap_err().to_string();
    assert_eq!(error, "the store of logins can't be used: file is not a database");
}

#[tokio::test]
async fn tables_of_a_newer_program_are_left_alone() {
    everywhere(async |place| {
        place.open(None).await;
        let mut connection = place.connect().await;
        sqlx::query("UPDATE mxcp_schema SET version = 2").execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        let error = open(&place.settings(None), |_| place.path(), NOW).await.unwrap_err().to_string();
        assert_eq!(
            error,
            "the tables of logins have version 2, and this program knows version 1: they belong to a newer one"
        );
    })
    .await;
}
