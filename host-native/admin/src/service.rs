//! Answers requests.

use std::sync::Arc;

use chrono::Utc;
use hyper::{Method, Request, StatusCode};
use serde::Serialize;
use serde_json::json;

use crate::administered::Administered;
use crate::answers::{EndpointListResponse, HealthResponse, ReloadResponse, moment};
use crate::identity::uuid;
use crate::problem::{Problem, Reply, json_reply, reply};
use crate::query::Parameters;
use crate::routes::Route;
use crate::{openapi, page, system};

/// Answers a request. What goes wrong without anybody having foreseen it is answered, too.
pub(crate) async fn answer<B>(server: Arc<dyn Administered>, request: Request<B>) -> Reply {
    let debug = server.debug();
    let (head, _body) = request.into_parts();
    let query = head.uri.query().unwrap_or_default().to_owned();
    let route = match route(&head.method, head.uri.path(), &query) {
        Ok(route) => route,
        Err(problem) => return problem.into_reply(),
    };
    // A task of its own: should it panic, the connection lives on.
    let answered = tokio::spawn(async move { handle(&*server, route, &query).await }).await;
    match answered {
        Ok(Ok(reply)) => reply,
        Ok(Err(problem)) => problem.into_reply(),
        Err(panic) => {
            tracing::error!(path = route.path(), "a request to the admin socket ended abnormally");
            Problem::Internal(debug.then(|| panic.to_string())).into_reply()
        }
    }
}

/// The route that is asked for.
fn route(method: &Method, path: &str, query: &str) -> Result<Route, Problem> {
    let plain = path.strip_suffix('/').filter(|plain| !plain.is_empty());
    if let Some(route) = plain.and_then(Route::at) {
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        return Err(Problem::MovedTo(format!("{}{query}", route.path())));
    }
    let route = Route::at(path).ok_or(Problem::NotFound)?;
    if method.as_str() == route.method() { Ok(route) } else { Err(Problem::MethodNotAllowed(route.method())) }
}

async fn handle(server: &dyn Administered, route: Route, query: &str) -> Result<Reply, Problem> {
    let failed = |what: &'static str| move |why: String| Problem::Failed(format!("{what}: {why}"));
    Ok(match route {
        Route::Root => ok(&json!({
            "service": "mxcp-admin", "version": server.version(), "docs": Route::Docs.path(),
            "openapi": Route::Description.path(),
        })),
        Route::Health => {
            let (status, code) = if server.healthy() {
                ("ok", StatusCode::OK)
            } else {
                ("error", StatusCode::SERVICE_UNAVAILABLE)
            };
            json_reply(code, &HealthResponse { status, timestamp: moment(Utc::now()) })
        }
        Route::Status => ok(&server.status().map_err(failed("Failed to retrieve status"))?),
        Route::Config => ok(&server.config().map_err(failed("Config query failed"))?),
        Route::Reload => {
            let id = uuid().map_err(|error| Problem::Failed(format!("Reload failed: {error}")))?;
            server.reload(&id).map_err(failed("Reload failed"))?;
            ok(&ReloadResponse {
                status: "reload_initiated",
                timestamp: moment(Utc::now()),
                reload_request_id: id,
                message: "Reload request queued. Use GET /status to check progress.",
            })
        }
        Route::Endpoints => {
            let endpoints = server.endpoints().await.map_err(failed("Failed to list endpoints"))?;
            ok(&EndpointListResponse { endpoints })
        }
        Route::AuditQuery => {
            let filter = Parameters::of(query).filter()?;
            let found = server.audit().query(filter).await;
            ok(&found.map_err(failed("Failed to query audit logs"))?)
        }
        Route::AuditStats => {
            let (start, end) = Parameters::of(query).period()?;
            let counted = server.audit().stats(start, end).await;
            ok(&counted.map_err(failed("Failed to query audit logs"))?)
        }
        Route::Description => ok(openapi::document()),
        Route::Docs | Route::Redoc => reply(StatusCode::OK, "text/html; charset=utf-8", page::html()),
        Route::SystemInfo => ok(&figures(system::info().await)?),
        Route::SystemCpu => ok(&figures(system::cpu().await)?),
        Route::SystemMemory => ok(&figures(system::memory().await)?),
        Route::SystemDisk => ok(&figures(system::disk().await)?),
        Route::SystemNetwork => ok(&figures(system::network().await)?),
        Route::SystemProcess => ok(&figures(system::process().await)?),
    })
}

fn figures<T>(read: std::io::Result<T>) -> Result<T, Problem> {
    read.map_err(|error| Problem::Failed(format!("Failed to read system figures: {error}")))
}

fn ok(body: &impl Serialize) -> Reply {
    json_reply(StatusCode::OK, body)
}

#[cfg(test)]
mod tests;
