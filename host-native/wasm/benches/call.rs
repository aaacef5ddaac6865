//! What a call of a component costs: `cargo bench -p mxcp-wasm`.
//!
//! `call` is a trivial function of a Rust component through the engine, in a fresh instance; `reused` the same in an
//! instance that is kept; `text` passes a text of 100 bytes; `host` asks the host who calls; `native` is the same
//! addition without any component.

#![allow(clippy::unwrap_used, missing_docs, reason = "what goes wrong ends the run")]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use mxcp_core::definition::{ComponentSource, SqlText};
use mxcp_core::registry::Rows;
use mxcp_core::schema::{ComponentLimits, Permissions};
use mxcp_core::secret::Secrets;
use mxcp_core::source::{SourceFile, Span};
use mxcp_core::wit::Value;
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{
    BoxFuture, ComponentEngine as _, ComponentRequest, SqlCheck, SqlEngine, SqlError, SqlFunction,
    SqlRequest, SqlSession,
};
use mxcp_wasm::{Engine, Options, describe};

/// A project without a database.
#[derive(Debug)]
struct NoDatabase;

fn none<T>() -> BoxFuture<'static, Result<T, SqlError>> {
    Box::pin(async { Err(SqlError::Cancelled) })
}

impl SqlEngine for NoDatabase {
    fn execute(&self, _: SqlRequest) -> BoxFuture<'_, Result<Rows, SqlError>> {
        none()
    }

    fn check(&self, _: Arc<SqlText>) -> BoxFuture<'_, Result<SqlCheck, SqlError>> {
        none()
    }

    fn replace_secrets(&self, _: Secrets) -> BoxFuture<'_, Result<(), SqlError>> {
        none()
    }

    fn define(&self, _: Vec<Arc<dyn SqlFunction>>) -> BoxFuture<'_, Result<(), SqlError>> {
        none()
    }

    fn session(&self, _: Arc<CallScope>) -> Arc<dyn SqlSession> {
        unreachable!("nothing here has a grant for SQL")
    }

    fn release(&self) -> BoxFuture<'_, Result<(), SqlError>> {
        none()
    }
}

fn calls(criterion: &mut Criterion) {
    let file = mxcp_test_support::test_guest::build().unwrap();
    let component = describe(&std::fs::read(&file).unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let engine = Engine::new(Options {
        root: file.parent().unwrap().to_owned(),
        sql: Arc::new(NoDatabase),
        secrets: Secrets::default(),
        cache: Some(file.with_file_name("component-cache")),
    });
    let request = |export: &str, arguments: Vec<Value>, reuse: bool| ComponentRequest {
        source: Arc::new(ComponentSource {
            file: file.file_name().unwrap().to_string_lossy().into_owned(),
            digest: component.digest.clone(),
            export: export.to_owned(),
            function: component.world.functions.get(export).unwrap().clone(),
            permissions: Permissions::default(),
            limits: ComponentLimits { reuse: Some(reuse), ..ComponentLimits::default() },
            place: Span::new(&SourceFile::new("bench", ""), 0..0),
        }),
        arguments: arguments.into(),
        scope: Arc::new(CallScope::of_host("bench", "cli")),
        timeout: None,
    };
    let sum = vec![Value::S64(2), Value::S64(3)];
    let text = vec![Value::Option(Some(Box::new(Value::String("x".repeat(100)))))];
    let contenders = [
        ("call", request("test:guest/work@1.0.0.add", sum.clone(), false)),
        ("reused", request("test:guest/work@1.0.0.add", sum, true)),
        ("text", request("test:guest/work@1.0.0.shout", text, false)),
        ("host", request("test:guest/work@1.0.0.who", Vec::new(), false)),
    ];
    for (name, request) in contenders {
        runtime.block_on(engine.prepare(vec![Arc::clone(&request.source)])).unwrap();
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| runtime.block_on(engine.call(black_box(request.clone()))).unwrap());
        });
    }
    criterion.bench_function("native", |bencher| {
        bencher.iter(|| runtime.block_on(async { black_box(2_i64).wrapping_add(black_box(3)) }));
    });
}

criterion_group!(benches, calls);
criterion_main!(benches);
