//! What the routes answer. The names of the types are those of the API's description.

mod audit;
mod config;
mod endpoints;
mod health;
mod reload;
mod status;
mod system;

pub use audit::{AuditQueryResponse, AuditStatsResponse};
pub use config::{ConfigResponse, EndpointCounts, Features};
pub use endpoints::{EndpointEntry, EndpointListResponse, EndpointStatus};
pub(crate) use health::HealthResponse;
pub(crate) use reload::ReloadResponse;
pub use status::{AdminSocketInfo, LastStatus, ReloadInfo, StatusResponse};
pub(crate) use system::{
    CPUStatsResponse, DiskStatsResponse, MemoryStatsResponse, NetworkStatsResponse, ProcessStatsResponse,
    SystemInfoResponse,
};

use chrono::{DateTime, SecondsFormat, Utc};

/// A moment as the API writes it: in UTC, to the microsecond.
pub(crate) fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
