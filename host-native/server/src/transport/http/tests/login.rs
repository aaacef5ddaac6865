//! The routes of an authenticator, behind what every request passes.

use axum::Extension;
use axum::response::Html;
use axum::routing::{get, post};
use mxcp_core::call::Principal;
use mxcp_core::limits::{Limit, Limits as RequestLimits, Rate};
use mxcp_runtime::ProcessLimiter;
use mxcp_runtime::ports::BoxFuture;

use super::*;
use crate::authentication::{BaseUrl, Credentials, Guidance, Refusal};

/// Lets nobody in, and has a page, a form and an endpoint that says by which URL it is reached.
#[derive(Debug)]
struct Closed;

impl Authenticator for Closed {
    fn needs_body(&self, _token: &str) -> bool {
        false
    }

    fn authenticate<'a>(
        &'a self,
        credentials: Credentials<'a>,
    ) -> BoxFuture<'a, Result<Option<Arc<Principal>>, Refusal>> {
        let base = credentials.base.to_owned();
        Box::pin(async move { Err(Refusal::Unauthenticated(base)) })
    }

    fn guidance<'a>(&'a self, base: &'a str) -> Option<BoxFuture<'a, Result<Guidance, Refusal>>> {
        Some(Box::pin(async move { Ok(Guidance { issuers: vec![base.to_owned()] }) }))
    }

    fn required_scopes(&self) -> &[String] {
        &[]
    }

    fn routes(&self) -> Router {
        Router::new()
            .route("/base", get(async |Extension(BaseUrl(base)): Extension<BaseUrl>| base.to_string()))
            .route("/page", get(async || Html("<p>")))
            .route("/form", post(async |body: String| body.len().to_string()))
    }
}

async fn start_closed(limits: Option<RequestLimits>) -> Running {
    let mut options = HttpOptions::new("127.0.0.1", 0);
    options.authenticator = Some(Arc::new(Closed));
    options.trust_proxy = TrustProxy::Nearest(true);
    let (server, engine) = testing::limited_server(Arc::new(ProcessLimiter::new()), limits);
    serve(options, (server, engine)).await
}

#[tokio::test]
async fn they_know_the_url_by_which_each_request_came() {
    let running = start_closed(None).await;
    let forwarded = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "mcp.example")];
    assert_eq!(running.request("GET", "/base", &forwarded, "").await.body, "https://mcp.example");
    let own = format!("http://127.0.0.1:{}", running.address.port());
    assert_eq!(running.request("GET", "/base", &[], "").await.body, own);
    running.stop().await;
}

#[tokio::test]
async fn they_are_not_reached_by_a_foreign_name() {
    let running = start_closed(None).await;
    assert_eq!(running.request("GET", "/base", &[("Host", "evil.example")], "").await.status, 421);
    // People come from everywhere to log in.
    let from_elsewhere = [("Origin", "https://id.example")];
    assert_eq!(running.request("GET", "/page", &from_elsewhere, "").await.status, 200);
    running.stop().await;
}

#[tokio::test]
async fn their_pages_can_not_be_framed_or_kept() {
    let running = start_closed(None).await;
    let page = running.request("GET", "/page", &[], "").await;
    assert!(page.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
    assert_eq!(
        (page.header("x-frame-options"), page.header("cache-control")),
        (Some("DENY"), Some("no-store"))
    );
    running.stop().await;
}

#[tokio::test]
async fn what_is_sent_to_them_is_small() {
    let running = start_closed(None).await;
    assert_eq!(running.request("POST", "/form", &[], &"x".repeat(65_536)).await.body, "65536");
    assert_eq!(running.request("POST", "/form", &[], &"x".repeat(65_537)).await.status, 413);
    running.stop().await;
}

#[tokio::test]
async fn they_count_the_requests_of_an_address() {
    let each = Limit { rate: Rate::parse("2/day").ok(), concurrency: None };
    let running = start_closed(Some(RequestLimits { each, ..RequestLimits::default() })).await;
    let from = |address: &'static str| [("X-Forwarded-For", address)];
    for status in [200, 200, 429] {
        let answer = running.request("POST", "/form", &from("1.2.3.4"), "x").await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("retry-after").is_some(), status == 429);
    }
    assert_eq!(running.request("POST", "/form", &from("1.2.3.5"), "x").await.status, 200);
    running.stop().await;
}
