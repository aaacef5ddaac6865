//! How a running server is looked after: by its operator over a local socket, and by machines over a port.
//!
//! [`AdminSocket`] answers the REST API of the spec's page `admin.md` for whatever is [`Administered`]; [`Client`] asks it.
//! [`Monitor`] answers health checks and collectors of metrics. The crate knows nothing of MCP, and nothing of how a project
//! is served.

mod administered;
mod answers;
mod audit;
mod client;
mod connections;
mod error;
mod identity;
mod monitor;
mod openapi;
mod page;
mod problem;
mod query;
mod routes;
mod service;
mod socket;
mod system;

pub use administered::{Administered, BoxFuture};
pub use answers::{
    AdminSocketInfo, AuditQueryResponse, AuditStatsResponse, ConfigResponse, EndpointCounts, EndpointEntry,
    EndpointListResponse, EndpointStatus, Features, LastStatus, ReloadInfo, StatusResponse,
};
pub use audit::{AuditFilter, AuditQueries, NoQueries};
pub use client::{Answer, Client};
pub use error::{ClientError, Error};
pub use monitor::{Metrics, Monitor, Readiness, Ready};
pub use socket::AdminSocket;
