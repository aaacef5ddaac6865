use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use hyper::body::Bytes;
use serde_json::Value as Json;

use super::*;
use crate::administered::BoxFuture;
use crate::answers::{
    AdminSocketInfo, ConfigResponse, EndpointCounts, EndpointEntry, EndpointStatus, Features, ReloadInfo,
    StatusResponse,
};
use crate::audit::{AuditQueries, NoQueries};
use crate::{AdminSocket, Client};

/// A server that can be broken.
#[derive(Debug, Default)]
struct Fake {
    broken: AtomicBool,
    reloads: Mutex<Vec<String>>,
}

impl Fake {
    fn unless_broken<T>(&self, value: T) -> Result<T, String> {
        if self.broken.load(Ordering::SeqCst) { Err("it is broken".to_owned()) } else { Ok(value) }
    }
}

impl Administered for Fake {
    fn version(&self) -> &str {
        "1.2.3"
    }

    fn debug(&self) -> bool {
        true
    }

    fn healthy(&self) -> bool {
        !self.broken.load(Ordering::SeqCst)
    }

    fn status(&self) -> Result<StatusResponse, String> {
        self.unless_broken(StatusResponse {
            status: "ok",
            version: "1.2.3".to_owned(),
            uptime: "0h0m3s".to_owned(),
            uptime_seconds: 3,
            pid: 7,
            profile: "default".to_owned(),
            mode: "readwrite",
            debug: false,
            reload: ReloadInfo::default(),
            admin_socket: AdminSocketInfo { path: "/s".to_owned() },
        })
    }

    fn config(&self) -> Result<ConfigResponse, String> {
        assert!(!self.broken.load(Ordering::SeqCst), "nobody foresaw this");
        Ok(ConfigResponse {
            status: "ok",
            project: "p".to_owned(),
            profile: "default".to_owned(),
            repository_path: "/p".to_owned(),
            duckdb_path: None,
            readonly: false,
            debug: false,
            endpoints: EndpointCounts::default(),
            features: Features { sql_tools: false, audit_logging: false, telemetry: false },
            transport: "stdio",
        })
    }

    fn endpoints(&self) -> BoxFuture<'_, Result<Vec<EndpointEntry>, String>> {
        Box::pin(async {
            self.unless_broken(vec![EndpointEntry {
                path: "/p/tools/a.yml".to_owned(),
                kind: Some("tool"),
                name: Some("a".to_owned()),
                description: None,
                language: Some("sql"),
                enabled: true,
                status: EndpointStatus::Ok,
                error: None,
            }])
        })
    }

    fn reload(&self, id: &str) -> Result<(), String> {
        self.reloads.lock().unwrap().push(id.to_owned());
        self.unless_broken(())
    }

    fn audit(&self) -> &dyn AuditQueries {
        &NoQueries
    }
}

async fn ask(server: &Arc<Fake>, method: &str, path: &str) -> (u16, hyper::HeaderMap, Bytes) {
    use http_body_util::BodyExt as _;
    let request = Request::builder().method(method).uri(path).body(()).unwrap();
    let server: Arc<dyn Administered> = Arc::<Fake>::clone(server);
    let (head, body) = answer(server, request).await.into_parts();
    (head.status.as_u16(), head.headers, body.collect().await.unwrap().to_bytes())
}

async fn json(server: &Arc<Fake>, method: &str, path: &str) -> (u16, Json) {
    let (status, _, body) = ask(server, method, path).await;
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn every_described_answer_is_as_it_is_described() {
    let server = Arc::new(Fake::default());
    let document = openapi::document();
    for broken in [false, true] {
        server.broken.store(broken, Ordering::SeqCst);
        for route in Route::ALL.into_iter().take(13) {
            let (status, body) = json(&server, route.method(), route.path()).await;
            let method = route.method().to_lowercase();
            let described = &document["paths"][route.path()][method]["responses"][status.to_string()];
            let schema = &described["content"]["application/json"]["schema"];
            assert!(schema.is_object(), "{route:?} {status}");
            let whole = json!({ "components": document["components"], "allOf": [schema] });
            let validator = jsonschema::validator_for(&whole).unwrap();
            let problems: Vec<_> = validator.iter_errors(&body).map(|error| error.to_string()).collect();
            assert!(problems.is_empty(), "{route:?} {status}: {problems:?} {body}");
        }
    }
}

#[tokio::test]
async fn errors_have_the_forms_of_the_contract() {
    let server = Arc::new(Fake::default());
    assert_eq!(json(&server, "GET", "/nope").await, (404, json!({ "detail": "Not Found" })));
    let not_allowed = json!({ "detail": "Method Not Allowed" });
    let (status, headers, body) = ask(&server, "GET", "/reload").await;
    assert_eq!((status, serde_json::from_slice::<Json>(&body).unwrap()), (405, not_allowed));
    assert_eq!(headers["allow"], "POST");
    assert_eq!(ask(&server, "HEAD", "/health").await.1["allow"], "GET");
    let (status, headers, _) = ask(&server, "GET", "/audit/query/?limit=1").await;
    assert_eq!((status, &headers["location"]), (307, &"/audit/query?limit=1".parse().unwrap()));
    let problem = json!({ "detail": [{
        "type": "greater_than_equal", "loc": ["query", "limit"],
        "msg": "Input should be greater than or equal to 1", "input": "0", "ctx": { "ge": 1 },
    }] });
    assert_eq!(json(&server, "GET", "/audit/query?limit=0").await, (422, problem));
    server.broken.store(true, Ordering::SeqCst);
    let failed = json!({ "detail": "Failed to retrieve status: it is broken" });
    assert_eq!(json(&server, "GET", "/status").await, (500, failed));
    assert_eq!(
        json(&server, "POST", "/reload").await,
        (500, json!({ "detail": "Reload failed: it is broken" }))
    );
    let (status, body) = json(&server, "GET", "/config").await;
    assert_eq!((status, &body["error"]), (500, &json!("internal_error")));
    assert!(body["detail"].as_str().unwrap().contains("panic"), "{body}");
    assert_eq!(json(&server, "GET", "/health").await.0, 503);
}

#[tokio::test]
async fn a_reload_is_known_by_the_name_that_is_told() {
    let server = Arc::new(Fake::default());
    let (_, body) = json(&server, "POST", "/reload?x=1").await;
    assert_eq!(body["status"], "reload_initiated");
    assert_eq!(*server.reloads.lock().unwrap(), [body["reload_request_id"].as_str().unwrap()]);
}

#[tokio::test]
async fn without_records_there_are_none() {
    let server = Arc::new(Fake::default());
    assert_eq!(json(&server, "GET", "/audit/query").await, (200, json!({ "records": [], "count": 0 })));
    let none = json!({
        "total_records": 0, "by_type": {}, "by_status": {}, "by_policy": {},
        "earliest_timestamp": null, "latest_timestamp": null,
    });
    assert_eq!(json(&server, "GET", "/audit/stats?start_time=2026-01-01").await, (200, none));
}

#[tokio::test]
async fn a_client_asks_through_the_socket_until_it_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("s");
    let server: Arc<dyn Administered> = Arc::new(Fake::default());
    let socket = AdminSocket::open(&path, server).await.unwrap();
    let client = Client::new(socket.path());
    let asking = client.clone();
    let answer = tokio::task::spawn_blocking(move || asking.get("/")).await.unwrap().unwrap();
    assert_eq!((answer.status, &answer.body["version"]), (200, &json!("1.2.3")));
    socket.close().await;
    assert!(!path.exists());
    assert!(client.get("/").is_err());
}
