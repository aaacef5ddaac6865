//! Stands in for the adapters until they are merged, with their interfaces and no function.
//! To be removed together with its two mentions in `compose.rs`.

pub(super) mod mxcp_duckdb {
    use std::path::PathBuf;
    use std::sync::Arc;

    use mxcp_core::definition::SqlText;
    use mxcp_core::registry::Rows;
    use mxcp_core::site::Extension;
    use mxcp_runtime::ports::{BoxFuture, SqlCheck, SqlEngine, SqlError, SqlRequest};

    #[derive(Debug, Default)]
    pub(crate) struct Options {
        pub(crate) path: PathBuf,
        pub(crate) readonly: bool,
        pub(crate) extensions: Vec<Extension>,
    }

    #[derive(Debug)]
    pub(crate) struct Engine {
        options: Options,
    }

    impl Engine {
        pub(crate) fn new(options: Options) -> Self {
            Self { options }
        }

        pub(crate) async fn open(&self) -> Result<(), SqlError> {
            tracing::debug!(options = ?self.options, "no database in this build");
            std::future::ready(Ok(())).await
        }
    }

    impl SqlEngine for Engine {
        fn execute(&self, _: SqlRequest) -> BoxFuture<'_, Result<Rows, SqlError>> {
            Box::pin(std::future::ready(Err(SqlError::Rejected(
                "no database in this build".to_owned(),
            ))))
        }

        fn check(&self, _: Arc<SqlText>) -> BoxFuture<'_, Result<SqlCheck, SqlError>> {
            Box::pin(std::future::ready(Ok(SqlCheck {
                statements: 1,
                ..SqlCheck::default()
            })))
        }
    }
}

