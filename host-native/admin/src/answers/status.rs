//! How a server is.

use schemars::JsonSchema;
use serde::Serialize;

/// How the server is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StatusResponse {
    /// Always `ok`.
    pub status: &'static str,
    /// Version of the server.
    pub version: String,
    /// How long it has been running, as in `2h12m35s`.
    pub uptime: String,
    /// How long it has been running, in seconds.
    pub uptime_seconds: u64,
    /// Its process id.
    pub pid: u32,
    /// Name of the active profile.
    pub profile: String,
    /// `readonly` if it was told to open the database for reading only, else `readwrite`.
    pub mode: &'static str,
    /// Whether details are logged.
    pub debug: bool,
    /// How its reloads stand.
    pub reload: ReloadInfo,
    /// Where this is answered.
    pub admin_socket: AdminSocketInfo,
}

/// How reloads stand.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct ReloadInfo {
    /// Whether one is being done.
    pub in_progress: bool,
    /// Whether calls are held back for it.
    pub draining: bool,
    /// How many calls run; those that are held back are not counted.
    pub active_requests: usize,
    /// How many reloads wait for their turn.
    pub queued: usize,
    /// How often what is served was replaced since the start.
    pub generation: u64,
    /// When the last reload ended, well or not.
    pub last_reload: Option<String>,
    /// How it ended.
    pub last_reload_status: Option<LastStatus>,
    /// Why it failed.
    pub last_reload_error: Option<String>,
    /// What wanted it: `signal`, `admin`, `files` or `python`.
    pub last_reload_trigger: Option<String>,
    /// What it was known by, if it was asked for over this socket.
    pub last_reload_request_id: Option<String>,
    /// How long it took, in milliseconds.
    pub last_reload_duration_ms: Option<u64>,
}

/// How a reload ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LastStatus {
    /// It did what it was asked.
    Success,
    /// It did not; the error says what that leaves behind.
    Error,
}

/// Where the API is served.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AdminSocketInfo {
    /// Path of the socket.
    pub path: String,
}
