//! The facts of a call that only a host knows.

use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};

use super::{Principal, TraceContext};

/// Facts about a call.
#[derive(Clone, Debug)]
pub struct CallContext {
    /// Unique id of the call, for logs and audit.
    pub request_id: String,
    /// When the call began; `now()` in policies.
    pub now: DateTime<Utc>,
    /// Through which door it came.
    pub caller: Caller,
    /// Who calls; none without authentication.
    pub principal: Option<Arc<Principal>>,
    /// HTTP headers of the request, or those of `--request-headers`.
    pub headers: Headers,
    /// MCP session, if there is one.
    pub session_id: Option<String>,
    /// The trace that the call is part of, if the host traces it or the caller named one.
    pub trace: Option<TraceContext>,
}

impl CallContext {
    /// When the call began, as it is recorded: RFC 3339 in UTC.
    pub(crate) fn timestamp(&self) -> String {
        self.now.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
    }

    /// The trace, as it is recorded.
    pub(crate) fn trace_id(&self) -> Option<String> {
        self.trace.as_ref().map(|trace| trace.trace_id.clone())
    }

    /// Who calls, as it is recorded.
    pub(crate) fn user_id(&self) -> Option<String> {
        self.principal.as_ref().map(|principal| principal.user_id.clone())
    }
}

/// Through which door a call came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Caller {
    /// `mxcp run`.
    Cli,
    /// MCP over standard input and output.
    Stdio,
    /// MCP over HTTP.
    Http,
    /// `mxcp test`.
    Test,
}

impl Caller {
    /// What code that runs within the call knows the door as.
    #[must_use]
    pub fn transport(self) -> &'static str {
        match self {
            Caller::Cli | Caller::Test => "cli",
            Caller::Stdio => "stdio",
            Caller::Http => "streamable-http",
        }
    }
}

/// Request headers; names are compared without regard to case (RFC 9110 section 5.1).
///
/// `Debug` shows the names only: values hold tokens.
#[derive(Clone, Default)]
pub struct Headers {
    entries: Option<Arc<Entries>>,
}

/// Names and values, made when somebody asks for any: most calls never do.
type Entries =
    LazyLock<Vec<(String, serde_json::Value)>, Box<dyn FnOnce() -> Vec<(String, serde_json::Value)> + Send>>;

impl Headers {
    /// Headers in order; values are texts, or any JSON where they come from `--request-headers`.
    #[must_use]
    pub fn new(entries: impl IntoIterator<Item = (String, serde_json::Value)>) -> Self {
        let entries: Vec<_> = entries.into_iter().collect();
        Self::deferred(|| entries)
    }

    /// The same, made by a function once somebody asks for any.
    #[must_use]
    pub fn deferred(entries: impl FnOnce() -> Vec<(String, serde_json::Value)> + Send + 'static) -> Self {
        Self { entries: Some(Arc::new(LazyLock::new(Box::new(entries)))) }
    }

    fn entries(&self) -> Option<&[(String, serde_json::Value)]> {
        self.entries.as_ref().map(|entries| entries.as_slice())
    }

    /// No request, so no headers: different from a request without any.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// A header as text.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        let entries = self.entries()?;
        let (_, value) = entries.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        match value {
            serde_json::Value::Null => None,
            serde_json::Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }

    /// All headers as a JSON object; none if there are none.
    #[must_use]
    pub fn to_json(&self) -> Option<serde_json::Map<String, serde_json::Value>> {
        let entries = self.entries().filter(|entries| !entries.is_empty())?;
        Some(entries.iter().cloned().collect())
    }

    /// All headers as the text of a JSON object; none if there are none.
    #[must_use]
    pub fn to_json_text(&self) -> Option<String> {
        Some(serde_json::Value::Object(self.to_json()?).to_string())
    }
}

impl std::fmt::Debug for Headers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.entries().unwrap_or_default().iter().map(|(name, _)| name);
        formatter.debug_set().entries(names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_in_any_case_and_are_no_text_when_there_are_none() {
        let headers = Headers::new([("X-Depot".to_owned(), 5.into())]);
        assert_eq!(headers.get("x-depot").as_deref(), Some("5"));
        assert_eq!(headers.to_json_text().as_deref(), Some(r#"{"X-Depot":5}"#));
        assert_eq!(Headers::new([]).to_json_text(), None);
        assert_eq!(Headers::none().to_json_text(), None);
    }
}
