use std::sync::Arc;
use std::time::Instant;

use mxcp_core::definition::SqlOrigin;
use mxcp_core::source::SourceFile;
use mxcp_core::value::{Object, Value};
use tempfile::TempDir;

use super::*;
use crate::control::Control;
use crate::ffi::{Config, Connection, Database, Parameter};

fn options() -> (TempDir, Options) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::new(folder.path().join("test.duckdb"));
    (folder, options)
}

fn sql(text: &str) -> Arc<SqlText> {
    let origin = SqlOrigin::File(SourceFile::new("sql/test.sql", text));
    Arc::new(SqlText { text: text.to_owned(), origin, parameters_declared: true })
}

fn request(source: &Arc<SqlText>, arguments: Object) -> SqlRequest {
    SqlRequest {
        source: Arc::clone(source),
        arguments: arguments.into(),
        principal: None,
        headers: mxcp_core::call::Headers::none(),
        timeout: None,
        cancel: CancellationToken::new(),
    }
}

#[test]
fn kept_statements_are_bounded_and_go_with_their_texts() {
    let (_folder, options) = options();
    let mut session = Arc::new(Store::new(options)).connect().unwrap();
    let mut execute = |source: &Arc<SqlText>| {
        session.execute(source, &Object::new(), Caller::default(), &Control::default()).unwrap();
        session.cached()
    };
    for number in 0..1_000 {
        let kept = execute(&sql(&format!("SELECT {number}")));
        assert!(kept <= 1, "the text of {number} is gone, {kept} are kept");
    }
    let texts: Vec<_> = (0..300).map(|number| sql(&format!("SELECT {number}"))).collect();
    let kept = texts.iter().map(execute).max();
    assert_eq!(kept, Some(256));
}

#[tokio::test]
async fn a_broken_database_is_opened_anew() {
    let (_folder, options) = options();
    let engine = Engine::new(options);
    let source = sql("SELECT count(*) AS n FROM range($n)");
    let run = || engine.execute(request(&source, [("n", Value::Int(3))].into_iter().collect()));
    for _ in 0..20 {
        // Several connections: some idle by the time it happens, some about to be.
        let (one, two, three) = tokio::join!(run(), run(), run());
        assert!(one.is_ok() && two.is_ok() && three.is_ok());
        engine.pool.store().broken(engine.pool.store().generation());
    }
}

#[tokio::test]
async fn an_error_in_a_later_statement_shows_its_line() {
    let (_folder, options) = options();
    let engine = Engine::new(options);
    let failure = async |text| {
        let error = engine.execute(request(&sql(text), Object::new())).await.unwrap_err();
        error.to_string()
    };
    let bound = failure("SELECT 'é;'; SELECT nope").await;
    assert!(
        bound.ends_with("\n\nLINE 1:              SELECT nope\n                            ^"),
        "{bound}"
    );
    let run = failure("SELECT 1;\n\nSELECT i::INT FROM (VALUES ('x')) t(i);\nSELECT 2").await;
    assert!(run.contains("Could not convert string 'x'") && run.contains("LINE 3: SELECT i::INT"), "{run}");
}

/// How the engine compares to statements that two threads run without it. Run it alone, optimised:
/// `cargo test --release -p mxcp-duckdb -- --ignored --nocapture floor`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn floor() {
    let short = "SELECT $n + 1 AS v";
    let long = "SELECT i % 20 AS k, count(*) AS n, sum(i) AS s, avg(i + $n) AS a FROM range(20000) t(i) GROUP BY k ORDER BY k";
    for threads in [1, 2] {
        for (name, text, rounds) in [("short", short, 4_000), ("long", long, 800)] {
            for tasks in [1, 16] {
                let mut figures = [0.0_f64; 2];
                for _ in 0..3 {
                    figures[0] = figures[0].max(bare(text, threads, tasks, rounds).await);
                    figures[1] = figures[1].max(whole(text, threads, tasks, rounds).await);
                }
                let [bare, whole] = figures;
                println!(
                    "threads={threads} {name:5} in flight={tasks:2}: bare {bare:6.0}/s, engine {whole:6.0}/s, {:.2}",
                    whole / bare
                );
            }
        }
    }
}

/// Requests per second of the engine.
async fn whole(text: &str, threads: usize, tasks: usize, rounds: usize) -> f64 {
    let (_folder, mut options) = options();
    options.threads = Some(threads);
    let (engine, source) = (Arc::new(Engine::new(options)), sql(text));
    measure(tasks, rounds, move |number| {
        let (engine, source) = (Arc::clone(&engine), Arc::clone(&source));
        async move {
            let arguments = [("n", Value::Int(number))].into_iter().collect();
            engine.execute(request(&source, arguments)).await.unwrap().rows.len()
        }
    })
    .await
}

/// Requests per second of two threads with a prepared statement each.
async fn bare(text: &str, threads: usize, tasks: usize, rounds: usize) -> f64 {
    let (_folder, options) = options();
    let mut config = Config::new().unwrap();
    config.set("threads", &threads.to_string()).unwrap();
    let database = Database::open(options.path.to_str().unwrap(), &config).unwrap();
    let (send, receive) = std::sync::mpsc::channel::<(i64, oneshot::Sender<usize>)>();
    let receive = Arc::new(std::sync::Mutex::new(receive));
    for _ in 0..2 {
        let (database, receive, text) = (Arc::clone(&database), Arc::clone(&receive), text.to_owned());
        std::thread::spawn(move || {
            let connection = Connection::open(&database).unwrap();
            let mut prepared = connection.extract(&text).unwrap().prepare_next().unwrap().unwrap();
            while let Ok((number, reply)) = { receive.lock().unwrap().recv() } {
                prepared.bind(0, &Parameter::integer(i32::try_from(number).unwrap())).unwrap();
                let result = prepared.start().unwrap().finish().unwrap();
                let rows = crate::rows::collect(result, None, &Control::default()).unwrap().rows;
                reply.send(rows.len()).unwrap();
            }
        });
    }
    measure(tasks, rounds, move |number| {
        let send = send.clone();
        async move {
            let (reply, answer) = oneshot::channel();
            send.send((number, reply)).unwrap();
            answer.await.unwrap()
        }
    })
    .await
}

async fn measure<F>(tasks: usize, rounds: usize, call: impl Fn(i64) -> F + Clone + Send + 'static) -> f64
where
    F: Future<Output = usize> + Send,
{
    assert!(call(1).await > 0);
    let start = Instant::now();
    let tasks: Vec<_> = (0..tasks)
        .map(|_| {
            let (call, rounds) = (call.clone(), rounds / tasks);
            tokio::spawn(async move {
                for number in 0..rounds {
                    call(i64::try_from(number).unwrap()).await;
                }
                rounds
            })
        })
        .collect();
    let mut calls = 0;
    for task in tasks {
        calls += task.await.unwrap();
    }
    f64::from(u32::try_from(calls).unwrap()) / start.elapsed().as_secs_f64()
}
