//! The floor of a SQL tool: an HTTP handler, a statement prepared once, its rows as JSON, and nothing else.
//!
//! `floor-sql PORT [THREADS]` answers `POST /answer {"n": 41}`, `POST /guarded {"n": 41}` and `POST /buckets {"factor": 3}`. Two threads own a
//! connection each; THREADS is what DuckDB may use for one query, by its own choice if absent.

mod database;

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use tokio::sync::oneshot;

use crate::database::{Connection, Database, Statement};

const WORKERS: usize = 2;

/// The same text as in `tests/bench/project`, by the name of the tool.
const STATEMENTS: &[(&str, &str)] = &[
    ("answer", "SELECT $n + 1 AS answer"),
    ("guarded", "SELECT $n + 1 AS answer, 7 AS note"),
    (
        "buckets",
        "SELECT i % 20 AS bucket, count(*) AS amount, sum(i * $factor)::BIGINT AS total, avg(i) AS mean \
         FROM range(20000) AS numbers(i) GROUP BY bucket ORDER BY bucket",
    ),
];

/// One call, on its way to the thread that makes it.
struct Job {
    statement: String,
    number: i32,
    reply: oneshot::Sender<Result<String, String>>,
}

type Jobs = mpsc::Sender<Job>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let port: u16 = words.next().ok_or("usage: floor-sql PORT [THREADS]")?.parse()?;
    let threads = words.next().map(|text| text.parse::<u32>()).transpose()?;
    let jobs = start_workers(threads)?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let routes = Router::new().route("/{statement}", axum::routing::post(call)).with_state(jobs);
    axum::serve(listener, routes).await?;
    Ok(())
}

async fn call(
    State(jobs): State<Jobs>,
    Path(statement): Path<String>,
    axum::Json(arguments): axum::Json<BTreeMap<String, i32>>,
) -> Response {
    let Some(&number) = arguments.values().next() else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let (reply, outcome) = oneshot::channel();
    if jobs.send(Job { statement, number, reply }).is_err() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    match outcome.await {
        Ok(Ok(rows)) => ([(header::CONTENT_TYPE, "application/json")], rows).into_response(),
        Ok(Err(message)) => (StatusCode::UNPROCESSABLE_ENTITY, message).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn start_workers(threads: Option<u32>) -> Result<Jobs, Box<dyn Error>> {
    let database = Arc::new(Database::open(threads)?);
    let (jobs, queue) = mpsc::channel::<Job>();
    let queue = Arc::new(Mutex::new(queue));
    let (report, reports) = mpsc::channel();
    for _ in 0..WORKERS {
        let (database, queue, report) = (Arc::clone(&database), Arc::clone(&queue), report.clone());
        std::thread::spawn(move || work(&database, &queue, &report));
    }
    for report in reports.iter().take(WORKERS) {
        report?;
    }
    Ok(jobs)
}

/// Makes calls until nobody can ask for more; reports first whether it can.
fn work(database: &Database, queue: &Mutex<mpsc::Receiver<Job>>, report: &mpsc::Sender<Result<(), String>>) {
    let connection = Connection::open(database);
    let statements = connection.as_ref().map_err(Clone::clone).and_then(prepare);
    let (state, mut statements) = match statements {
        Ok(statements) => (Ok(()), statements),
        Err(message) => (Err(message), BTreeMap::new()),
    };
    let _ = report.send(state);
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { statement, number, reply }) = job else {
            return;
        };
        let outcome = match statements.get_mut(statement.as_str()) {
            Some(statement) => statement.rows(number),
            None => Err(format!("no statement `{statement}`")),
        };
        // Whoever asked may be gone.
        let _ = reply.send(outcome);
    }
}

fn prepare<'connection>(
    connection: &'connection Connection<'_>,
) -> Result<BTreeMap<&'static str, Statement<'connection>>, String> {
    STATEMENTS.iter().map(|(name, text)| Ok((*name, connection.prepare(text)?))).collect()
}
