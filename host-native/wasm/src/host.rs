//! What a tool may ask of its host: `mxcp:tool/host`.

mod convert;

use std::sync::Arc;

use mxcp_core::schema::SqlAccess;
use mxcp_core::value::Value as CoreValue;
use mxcp_runtime::ports::{LogLevel, LogMessage, Progress, SqlError, SqlParameters, SqlSession, Table};
use mxcp_runtime::{CallScope, Known};
use serde_json::Value as Json;
use wasmtime::component::HasData;

use crate::permissions::Grants;
use crate::services::Services;
use crate::speech::Speech;

#[allow(missing_debug_implementations, unreachable_pub, reason = "generated code")]
mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit/tool",
        world: "tool",
        imports: { "mxcp:tool/host.query": async },
    });
}

pub(crate) use bindings::mxcp::tool::host as wit;

/// Marks that the interface is implemented by a [`HostCall`] that is borrowed.
#[derive(Debug)]
pub(crate) struct Tool;

impl HasData for Tool {
    type Data<'a> = &'a mut HostCall;
}

/// The call that an instance answers.
#[derive(Debug)]
pub(crate) struct HostCall {
    services: Arc<Services>,
    grants: Arc<Grants>,
    speech: Speech,
    /// None before the first call, while the instance starts.
    scope: Option<Arc<CallScope>>,
    session: Option<Arc<dyn SqlSession>>,
    /// Whether the call may query at all: functions of SQL may not.
    queries: bool,
}

impl HostCall {
    /// Of an instance without a call.
    pub(crate) fn new(services: Arc<Services>, grants: Arc<Grants>, speech: Speech) -> Self {
        Self { services, grants, speech, scope: None, session: None, queries: true }
    }

    /// A call begins.
    pub(crate) fn begin(&mut self, scope: &Arc<CallScope>, queries: bool) {
        self.speech.begin(&scope.request_id);
        self.scope = Some(Arc::clone(scope));
        self.queries = queries;
    }

    /// The call is over: what it left in the database's session is taken back.
    pub(crate) fn end(&mut self) {
        self.speech.end();
        self.scope = None;
        if let Some(session) = self.session.take() {
            session.interrupt();
        }
    }

    fn session(&mut self) -> Option<Arc<dyn SqlSession>> {
        let scope = self.scope.as_ref()?;
        let session = self.session.get_or_insert_with(|| self.services.sql.session(Arc::clone(scope)));
        Some(Arc::clone(session))
    }
}

impl Drop for HostCall {
    fn drop(&mut self) {
        if self.scope.is_some() {
            self.end();
        }
    }
}

impl wit::Host for HostCall {
    fn current_call(&mut self) -> wit::Call {
        let Some(scope) = &self.scope else {
            return wit::Call { request_id: String::new(), transport: String::new(), user: None };
        };
        scope.knowledge.learn(Known::Caller);
        wit::Call {
            request_id: scope.request_id.clone(),
            transport: scope.transport.to_owned(),
            user: scope.principal.as_deref().map(|principal| wit::User {
                id: principal.user_id.clone(),
                provider: principal.provider.clone(),
                name: principal.name.clone(),
                email: principal.email.clone(),
                claims: CoreValue::Object(principal.profile.clone()).to_json_text(),
            }),
        }
    }

    async fn query(&mut self, sql: String, parameters: Vec<wit::Parameter>) -> Result<wit::Rows, wit::Error> {
        let access = match self.grants.sql() {
            Some(access) if self.queries => access,
            Some(_) => return Err(denied("functions of SQL can't query the database")),
            None => return Err(denied("the definition would need `permissions: { sql: read }`")),
        };
        let parameters = parameters
            .into_iter()
            .map(|parameter| Ok((parameter.name, convert::bound(parameter.value)?)))
            .collect::<Result<_, String>>()
            .map_err(wit::Error::Invalid)?;
        let parameters = SqlParameters::Named(parameters);
        let Some(session) = self.session() else { return Err(wit::Error::Cancelled) };
        let run = tokio::task::spawn_blocking(move || match access {
            SqlAccess::Read => session.read(&sql, &parameters),
            SqlAccess::Write => session.execute(&sql, &parameters),
        });
        match run.await {
            Ok(result) => result.map(|table: Table| convert::rows(table)).map_err(sql_error),
            Err(_panic) => Err(wit::Error::Failed("the database failed".to_owned())),
        }
    }

    fn secret(&mut self, name: String) -> Result<Vec<wit::SecretEntry>, wit::Error> {
        if !self.grants.allows_secret(&name) {
            let problem = format!("the definition would need `permissions: {{ secrets: [{name}] }}`");
            return Err(wit::Error::Denied(problem));
        }
        let secrets = self.services.secrets();
        let Some(secret) = secrets.get(&name) else {
            return Err(wit::Error::Failed(format!("the active profile has no secret `{name}`")));
        };
        let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let entries = secret.parameters.iter();
        Ok(entries.map(|(name, value)| wit::SecretEntry { name: name.clone(), value: text(value) }).collect())
    }

    fn log(&mut self, level: wit::Level, message: String) {
        let Some(scope) = &self.scope else { return };
        let Some(said) = self.speech.message(&message) else { return };
        let level = match level {
            wit::Level::Debug => LogLevel::Debug,
            wit::Level::Info => LogLevel::Info,
            wit::Level::Warning => LogLevel::Warning,
            wit::Level::Error => LogLevel::Error,
        };
        scope.notify.log(LogMessage { level, logger: None, data: CoreValue::string(said) });
    }

    fn progress(&mut self, done: f64, total: Option<f64>, message: Option<String>) {
        let Some(scope) = &self.scope else { return };
        if self.speech.message(message.as_deref().unwrap_or_default()).is_none() || !done.is_finite() {
            return;
        }
        let message = message.map(|message| convert::short(&message));
        scope.notify.progress(Progress { done, total: total.filter(|total| total.is_finite()), message });
    }

    fn cancelled(&mut self) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.cancel.is_cancelled())
    }
}

fn denied(what: &str) -> wit::Error {
    wit::Error::Denied(what.to_owned())
}

fn sql_error(error: SqlError) -> wit::Error {
    match error {
        SqlError::Rejected(text) => wit::Error::Failed(text),
        SqlError::Cancelled => wit::Error::Cancelled,
        SqlError::Unavailable { message } => wit::Error::Failed(message),
        SqlError::TimedOut(_) => wit::Error::Failed("query timed out".to_owned()),
        SqlError::Internal(source) => {
            tracing::error!(error = %source, "SQL engine failed");
            wit::Error::Failed("the database failed".to_owned())
        }
    }
}
