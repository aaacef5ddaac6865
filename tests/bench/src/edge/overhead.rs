//! What a call of a component costs beside its work: the least of its functions, with a text of two sentences.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
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

use super::figures::Figures;

/// The function.
const EXPORT: &str = "acme:text/analysis@1.0.0.readability";

/// Calls that are measured, and those before them that are not.
const CALLS: usize = 20_000;
const WARM_UP: usize = 1_000;

/// Measures calls in fresh instances, and in one that is kept, which shows what the instance costs.
pub(super) fn measure(figures: &mut Figures, file: &Path) -> Result<()> {
    let component = describe(&std::fs::read(file)?)?;
    let function = component.world.functions.get(EXPORT).context("the example has no such function")?;
    let scratch = tempfile::tempdir()?;
    let engine = Engine::new(Options {
        root: file.parent().context("it is in a folder")?.to_owned(),
        sql: Arc::new(NoDatabase),
        secrets: Secrets::default(),
        cache: Some(scratch.path().join("cache")),
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for (name, reuse) in
        [("a call of a component, instance and all", false), ("the same in a kept instance", true)]
    {
        let request = ComponentRequest {
            source: Arc::new(ComponentSource {
                file: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                digest: component.digest.clone(),
                export: EXPORT.to_owned(),
                function: function.clone(),
                permissions: Permissions::default(),
                limits: ComponentLimits { reuse: Some(reuse), ..ComponentLimits::default() },
                place: Span::new(&SourceFile::new("bench", ""), 0..0),
            }),
            arguments: vec![Value::String("The cat sat on the mat. It was happy!".to_owned())].into(),
            scope: Arc::new(CallScope::of_host("bench", "cli")),
            timeout: None,
        };
        let times: Vec<f64> = runtime.block_on(async {
            engine.prepare(vec![Arc::clone(&request.source)]).await?;
            let mut times = Vec::with_capacity(CALLS);
            for _ in 0..WARM_UP + CALLS {
                let begin = Instant::now();
                let answer = engine.call(request.clone()).await?;
                times.push(begin.elapsed().as_secs_f64());
                ensure!(matches!(answer, Some(Value::Result(Ok(_)))), "wrong answer: {answer:?}");
            }
            anyhow::Ok(times)
        })?;
        figures.times(name, times.get(WARM_UP..).unwrap_or_default());
    }
    Ok(())
}

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

    #[expect(clippy::unreachable, reason = "nothing here has a grant for SQL")]
    fn session(&self, _: Arc<CallScope>) -> Arc<dyn SqlSession> {
        unreachable!("nothing here has a grant for SQL")
    }

    fn release(&self) -> BoxFuture<'_, Result<(), SqlError>> {
        none()
    }
}
