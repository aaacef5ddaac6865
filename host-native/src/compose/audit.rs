//! The audit log of a project: written by a server, read by commands.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use mxcp_audit::{AuditLog, AuditReader, Options, SigningKey, Sync, Table, WhenFull};
use mxcp_core::definition::{SqlOrigin, SqlText};
use mxcp_core::schema::{AuditFsync, AuditWhenFull};
use mxcp_core::source::SourceFile;
use mxcp_core::value::{Object, Value};
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{SqlEngine as _, SqlRequest};

use crate::failure::Failure;
use crate::project::Project;

/// Longest time that the end of a server waits for a disk that takes no records.
const PATIENCE: Duration = Duration::from_secs(5);

/// Largest record that is exported, in bytes.
const LARGEST: u64 = 1 << 30;

/// The log of the active profile, open; none if calls are not to be recorded.
///
/// # Errors
/// It can't be written.
pub(crate) fn audit_log(project: &Project) -> Result<Option<Arc<AuditLog>>, Failure> {
    if !project.audit() {
        return Ok(None);
    }
    let profile = project.site.profile(&project.profile);
    let mut options = Options::new(project.path(&profile.audit_log));
    options.max_file_size = profile.audit_max_file_size;
    options.queue = usize::try_from(profile.audit_queue).unwrap_or(usize::MAX);
    options.when_full = match profile.audit_when_full {
        AuditWhenFull::Block => WhenFull::Block,
        AuditWhenFull::Drop => WhenFull::Drop,
    };
    options.sync = match profile.audit_fsync {
        AuditFsync::Never => Sync::Never,
        AuditFsync::Second => Sync::EverySecond,
        AuditFsync::Write => Sync::EveryWrite,
    };
    options.key = audit_key(project)?;
    options.table = audit_table(project)?;
    Ok(Some(Arc::new(AuditLog::open(&options)?)))
}

/// The key that signs the log, unless it is the one in its folder.
///
/// # Errors
/// It is no key.
pub(crate) fn audit_key(project: &Project) -> Result<Option<SigningKey>, Failure> {
    let key = project.audit_key().map(|key| SigningKey::parse(key.reveal()));
    Ok(key.transpose().context("MXCP_AUDIT_KEY")?)
}

/// The table that records go into in place of files, if the profile has one.
///
/// # Errors
/// Its address is none.
fn audit_table(project: &Project) -> Result<Option<Table>, Failure> {
    let profile = project.site.profile(&project.profile);
    let Some(url) = &profile.audit_url else { return Ok(None) };
    let log = format!("{}/{}", project.site.project, project.profile);
    Ok(Some(Table::new(url.expose(), &log, &project.path(&profile.audit_log))?))
}

/// Writes what waits, and ends the log.
pub(crate) async fn close_audit_log(log: Arc<AuditLog>) {
    // The runtime may be going down, and then the log has to be closed all the same.
    if tokio::task::spawn_blocking(move || log.close(PATIENCE)).await.is_err() {
        tracing::error!("the audit log was not closed in order");
    }
}

/// Reads the log of the active profile; none if calls are not recorded.
///
/// # Errors
/// The address of its database is none.
pub(crate) fn audit_reader(project: &Project) -> Result<Option<AuditReader>, Failure> {
    if !project.audit() {
        return Ok(None);
    }
    let path = project.path(&project.site.profile(&project.profile).audit_log);
    Ok(Some(match audit_table(project)? {
        Some(table) => AuditReader::of_table(table),
        None => AuditReader::new(&path),
    }))
}

/// How records are exported by DuckDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordFile {
    /// The table `audit_logs` of a database, which is replaced.
    Database,
    /// A file, which is replaced.
    Parquet,
}

/// Makes a file of records of the lines of JSON in `lines`.
///
/// # Errors
/// DuckDB refuses.
pub(crate) fn export_records(lines: &Path, to: &Path, format: RecordFile) -> Result<(), Failure> {
    let scratch = tempfile::tempdir()?;
    let rows = format!(
        "SELECT * FROM read_json($lines, format = 'newline_delimited', maximum_object_size = {LARGEST}, \
         columns = {{{COLUMNS}}})"
    );
    let (database, sql) = match format {
        RecordFile::Database => (to.to_owned(), format!("CREATE OR REPLACE TABLE audit_logs AS {rows}")),
        RecordFile::Parquet => {
            let file = to.to_string_lossy().replace('\'', "''");
            (scratch.path().join("export.duckdb"), format!("COPY ({rows}) TO '{file}' (FORMAT parquet)"))
        }
    };
    let lines = Value::string(lines.to_string_lossy());
    let arguments: Object = [("lines", lines)].into_iter().collect();
    super::block_on(async {
        let engine = mxcp_duckdb::Engine::new(mxcp_duckdb::Options::new(database));
        let request = SqlRequest {
            source: Arc::new(SqlText {
                origin: SqlOrigin::File(SourceFile::new("<export>", sql.as_str())),
                text: sql,
                parameters_declared: true,
            }),
            arguments: Arc::new(arguments),
            row_tests: Vec::new(),
            scope: Arc::new(CallScope::of_host("export", "cli")),
            timeout: None,
        };
        let done = engine.execute(request).await;
        engine.close().await;
        done.context("The records can't be exported")?;
        Ok(())
    })
}

/// Their types don't depend on the records: what may be anything is JSON.
const COLUMNS: &str = "record_id: 'VARCHAR', timestamp: 'VARCHAR', caller_type: 'VARCHAR', operation_type: 'VARCHAR', \
    operation_name: 'VARCHAR', duration_ms: 'INTEGER', user_id: 'VARCHAR', session_id: 'VARCHAR', trace_id: 'VARCHAR', \
    operation_status: 'VARCHAR', error: 'VARCHAR', policy_decision: 'VARCHAR', policy_reason: 'VARCHAR', \
    business_context: 'JSON', execution_events: 'JSON', schema_name: 'VARCHAR', schema_version: 'INTEGER', \
    input_data: 'JSON', output_data: 'JSON', policies_evaluated: 'JSON', prev_hash: 'VARCHAR', record_hash: 'VARCHAR', \
    signature: 'VARCHAR'";
