use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use mxcp_core::call::Principal;
use mxcp_core::definition::Kind;
use mxcp_core::delivery::{Complete, KeptRows, Outline};
use mxcp_core::load::{self, Content, DefinitionFile};
use mxcp_core::value::Value;
use mxcp_runtime::ports::ExportTable;

use super::*;

/// Gives the rows as they come, with a line of the columns before.
#[derive(Debug)]
struct Plain;

impl Exporter for Plain {
    fn export(&self, table: ExportTable) -> BoxFuture<'_, Result<(), Box<dyn StdError + Send + Sync>>> {
        Box::pin(async move {
            let names: Vec<_> = table.columns.into_iter().map(|column| column.name).collect();
            fs::write(&table.to, format!("{}\n{}", names.join(","), fs::read_to_string(&table.rows)?))?;
            Ok(())
        })
    }
}

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn store(folder: &Path, key: Option<&[u8]>, most_bytes: u64, now: fn() -> DateTime<Utc>) -> Results {
    let options = Options { folder: folder.join("kept"), key: key.map(<[u8]>::to_vec), most_bytes };
    Results::at(options, Arc::new(Plain), now).unwrap()
}

fn owner(tool: &str, user: Option<&str>) -> Owner {
    let text = format!("tool: {{name: {tool}, source: {{code: SELECT 1}}}}");
    let content = Content::Bytes(text.into_bytes());
    let file = DefinitionFile { path: "tools/a.yml".to_owned(), kind: Kind::Tool, content };
    let registry = load::parse(vec![file]).load(&BTreeMap::new()).registry;
    let user =
        user.map(|user| Arc::new(Principal::from_context(Value::parse_json(user).unwrap(), "test").unwrap()));
    Owner::of_reader(registry.get(Kind::Tool, tool).unwrap(), user.as_ref())
}

fn result(value: &str, export: Export) -> NewResult {
    let value = Value::parse_json(value).unwrap();
    let rows = match &value {
        Value::Array(rows) => Some(rows.len() as u64),
        _ => None,
    };
    let outline = Outline { rows, bytes: value.to_json_text().len() as u64, blocks: false, strict: false };
    let complete = Complete { value, outline };
    NewResult { complete, tool: "t".to_owned(), export, expires: Duration::from_secs(60) }
}

const MOST: Most = Most { rows: 2, bytes: 1000 };

async fn rows(store: &Results, cursor: &str, owner: &Owner) -> Option<KeptRows> {
    match store.rows(cursor, owner, MOST).await {
        Ok(reading) => Some(reading.rows),
        Err(ResultError::Unknown) => None,
        Err(error) => panic!("{error:?}"),
    }
}

fn token(told: &Told) -> String {
    let uri = &told.export.as_ref().unwrap().uri;
    uri.strip_prefix(RESULTS).unwrap().split_once('/').unwrap().0.to_owned()
}

async fn exported(store: &Results, told: &Told, format: Export, owner: &Owner) -> Option<String> {
    match store.export(&token(told), format, owner).await {
        Ok(mut exported) => {
            let mut text = String::new();
            exported.file.read_to_string(&mut text).unwrap();
            assert_eq!(text.len() as u64, exported.bytes);
            Some(text)
        }
        Err(ResultError::Unknown) => None,
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn rows_follow_a_cursor_with_all_their_digits() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), None, 10_000, start);
    let owner = owner("t", None);
    let ticket = store
        .keep(result(r#"[1, {"é": "x\ny"}, null, [12345678901234567890.50], 5]"#, Export::None))
        .await
        .unwrap();
    let cursor = |row| store.tell(&ticket, &owner, Some(row)).next.unwrap();
    let KeptRows { before, rows: found, outline } = rows(&store, &cursor(1), &owner).await.unwrap();
    assert_eq!((before, outline.rows), (1, Some(5)));
    // One more than may be shown tells whether there is one.
    assert_eq!(Value::Array(found).to_json_text(), r#"[{"é":"x\ny"},null,[12345678901234567890.50]]"#);
    let last = rows(&store, &cursor(4), &owner).await.unwrap();
    assert_eq!(last.rows, [Value::Int(5)]);
    let few = store.rows(&cursor(0), &owner, Most { rows: 9, bytes: 1 }).await.unwrap();
    assert_eq!(few.rows.rows.len(), 1);
    assert_eq!(store.tell(&ticket, &owner, None).next, None);
    assert_eq!(store.tell(&ticket, &owner, None).export, None);
}

#[tokio::test]
async fn nobody_else_gets_anywhere_with_a_cursor_or_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), None, 10_000, start);
    let (ada, bob) = (owner("t", Some(r#"{"user_id": "ada"}"#)), owner("t", Some(r#"{"user_id": "bob"}"#)));
    let promoted = owner("t", Some(r#"{"user_id": "ada", "role": "admin"}"#));
    let others = [bob, promoted, owner("t", None), owner("u", Some(r#"{"user_id": "ada"}"#))];
    let ticket = store.keep(result("[1,2,3]", Export::Csv)).await.unwrap();
    let told = store.tell(&ticket, &ada, Some(1));
    let cursor = told.next.clone().unwrap();
    assert!(rows(&store, &cursor, &ada).await.is_some());
    assert!(exported(&store, &told, Export::Csv, &ada).await.is_some());
    for other in &others {
        assert_eq!(rows(&store, &cursor, other).await, None);
        assert_eq!(exported(&store, &told, Export::Csv, other).await, None);
    }
    // Any change of any character.
    for index in 0..cursor.len() {
        let mut altered = cursor.clone().into_bytes();
        altered[index] = if altered[index] == b'A' { b'B' } else { b'A' };
        assert_eq!(rows(&store, &String::from_utf8(altered).unwrap(), &ada).await, None, "{index}");
    }
    for other in ["", "AAAA", &cursor[..cursor.len() - 4], &token(&told)] {
        assert_eq!(rows(&store, other, &ada).await, None, "{other}");
    }
    // A link to one kind of file is none to another, and none at another server.
    assert_eq!(exported(&store, &told, Export::Json, &ada).await, None);
    let elsewhere = self::store(folder.path(), None, 10_000, start);
    assert_eq!(exported(&elsewhere, &told, Export::Csv, &ada).await, None);
}

#[tokio::test]
async fn servers_that_share_folder_and_key_continue_each_others_results() {
    let folder = tempfile::tempdir().unwrap();
    let new = || store(folder.path(), Some(b"a key of them all"), 10_000, start);
    let owner = owner("t", None);
    let one = new();
    let ticket = one.keep(result(r#"[{"a":1},{"a":2}]"#, Export::Csv)).await.unwrap();
    let told = one.tell(&ticket, &owner, Some(1));
    drop(one);
    let other = new();
    assert_eq!(rows(&other, told.next.as_ref().unwrap(), &owner).await.unwrap().rows.len(), 1);
    let text = exported(&other, &told, Export::Csv, &owner).await.unwrap();
    assert_eq!(text, "a\n{\"c0\":\"1\"}\n{\"c0\":\"2\"}\n");
}

static LATER: AtomicI64 = AtomicI64::new(0);

#[tokio::test]
async fn what_has_expired_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let now = || start() + chrono::Duration::seconds(LATER.load(Ordering::SeqCst));
    let store = store(folder.path(), None, 10_000, now);
    let owner = owner("t", None);
    let ticket = store.keep(result("[1,2]", Export::Json)).await.unwrap();
    let told = store.tell(&ticket, &owner, Some(1));
    assert_eq!(told.expires_at, start() + chrono::Duration::seconds(60));
    LATER.store(59, Ordering::SeqCst);
    assert!(rows(&store, told.next.as_ref().unwrap(), &owner).await.is_some());
    assert_eq!(exported(&store, &told, Export::Json, &owner).await.unwrap(), "[\n1,\n2\n]\n");
    LATER.store(60, Ordering::SeqCst);
    assert_eq!(rows(&store, told.next.as_ref().unwrap(), &owner).await, None);
    assert_eq!(exported(&store, &told, Export::Json, &owner).await, None);
    let files = || fs::read_dir(folder.path().join("kept")).unwrap().count();
    assert_eq!(files(), 3);
    store.keep(result("[1,2]", Export::None)).await.unwrap();
    assert_eq!(files(), 2, "keeping the next one removes what has expired");
}

#[tokio::test]
async fn files_are_the_users_alone_and_not_too_many() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), None, 3000, start);
    let owner = owner("t", None);
    let large = format!("[{:?}, 2]", "x".repeat(1000));
    let first = store.keep(result(&large, Export::Json)).await.unwrap();
    let first = store.tell(&first, &owner, Some(1));
    assert!(exported(&store, &first, Export::Json, &owner).await.is_some());
    for entry in fs::read_dir(folder.path().join("kept")).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let second = store.keep(result(&large, Export::None)).await.unwrap();
    let second = store.tell(&second, &owner, Some(1));
    // There is room for one of them.
    let kept =
        [rows(&store, &first.next.unwrap(), &owner).await, rows(&store, &second.next.unwrap(), &owner).await];
    assert_eq!(kept.map(|rows| rows.is_some()), [false, true]);
    let larger = format!("[{:?}]", "x".repeat(2000));
    assert!(matches!(store.keep(result(&larger, Export::None)).await, Err(ResultError::TooLarge { .. })));
}

#[tokio::test]
async fn what_is_no_list_is_exported_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), None, 10_000, start);
    let owner = owner("t", None);
    let ticket = store.keep(result(r#"{"a": [1]}"#, Export::Json)).await.unwrap();
    let told = store.tell(&ticket, &owner, None);
    let export = told.export.clone().unwrap();
    assert_eq!((export.name.as_str(), export.mime_type), ("t.json", "application/json"));
    assert_eq!(exported(&store, &told, Export::Json, &owner).await.unwrap(), "{\"a\":[1]}\n");
    let ticket = store.keep(result(r#"{"a": [1]}"#, Export::Csv)).await.unwrap();
    let told = store.tell(&ticket, &owner, None);
    assert_eq!(exported(&store, &told, Export::Csv, &owner).await.unwrap(), "a\n{\"c0\":\"[1]\"}\n");
}
