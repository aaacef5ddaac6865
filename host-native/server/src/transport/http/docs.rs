//! The documentation of the project, and the inspector, for browsers.
//!
//! What exists is a fixed list of paths, so nothing else can be reached. Nobody says who they are here, so everybody
//! sees the same: also what a policy would refuse them, but nothing of endpoints that hide.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::any;
use mxcp_docs::Site;

use super::guard::Guard;
use super::public_url::PublicUrl;
use super::{HttpOptions, security};
use crate::server::Server;

/// The path of the documentation.
pub(super) const PATH: &str = "/docs";

/// What a page may do: show what comes from this server, and talk to it. Nothing inline, nothing from elsewhere, and no
/// other page may frame it.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; \
     media-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The documentation of a server's current generation.
#[derive(Debug)]
pub(super) struct Docs {
    public: PublicUrl,
    guard: Guard,
    server: Server,
    options: mxcp_docs::Options,
    generation: RwLock<Option<Arc<Generation>>>,
}

/// A site, and those of its pages that somebody has asked for.
#[derive(Debug)]
struct Generation {
    site: Site,
    pages: RwLock<BTreeMap<String, Arc<Rendered>>>,
}

#[derive(Debug)]
struct Rendered {
    body: Bytes,
    content_type: HeaderValue,
    tag: HeaderValue,
}

/// The routes of the documentation, if it is to be served.
pub(super) fn router(options: &HttpOptions, public: &PublicUrl, server: &Server) -> Router {
    let Some(docs) = options.docs.clone() else { return Router::new() };
    let docs = Docs {
        public: public.clone(),
        guard: Guard::new(options, public),
        server: server.clone(),
        options: docs,
        generation: RwLock::new(None),
    };
    Router::new()
        .route(PATH, any(serve))
        .route(&format!("{PATH}/"), any(serve))
        .route(&format!("{PATH}/{{*path}}"), any(serve))
        .with_state(Arc::new(docs))
}

async fn serve(State(docs): State<Arc<Docs>>, request: Request) -> Response {
    secured(respond(docs, request).await)
}

async fn respond(docs: Arc<Docs>, request: Request) -> Response {
    if let Err(refusal) = docs.guard.check(&request, &docs.public.reached(&request)) {
        return refusal.into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")], "Method Not Allowed")
            .into_response();
    }
    let path = request.uri().path().strip_prefix(PATH).unwrap_or_default();
    let path = match path.strip_prefix('/') {
        // Links are relative to the folder, so the folder must be in the address. Relative, it is right behind a proxy
        // that serves this under another path too.
        None => return Redirect::temporary("docs/").into_response(),
        Some("") => "index.html".to_owned(),
        Some(path) => path.to_owned(),
    };
    let found = tokio::task::spawn_blocking(move || docs.current().page(&path)).await;
    match found {
        Ok(Some(Ok(page))) => answer(&page, request.headers()),
        Ok(None) => (StatusCode::NOT_FOUND, "Not Found").into_response(),
        Ok(Some(Err(error))) => {
            tracing::error!(%error, cause = error.source.to_string(), "documentation failed");
            (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response()
        }
        Err(error) => {
            tracing::error!(%error, "documentation failed");
            (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response()
        }
    }
}

impl Docs {
    /// The site of the registry that calls go to now.
    fn current(&self) -> Arc<Generation> {
        let registry = self.server.pipeline().registry();
        let known = self.generation.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|known| Arc::ptr_eq(known.site.registry(), &registry)) {
            return known;
        }
        let site = Site::new(registry, self.options.clone());
        let fresh = Arc::new(Generation { site, pages: RwLock::default() });
        *self.generation.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&fresh));
        fresh
    }
}

impl Generation {
    /// A page, rendered when it is first asked for.
    fn page(&self, path: &str) -> Option<Result<Arc<Rendered>, mxcp_docs::Error>> {
        if let Some(page) = self.pages.read().unwrap_or_else(PoisonError::into_inner).get(path) {
            return Some(Ok(Arc::clone(page)));
        }
        let page = match self.site.page(path)? {
            Ok(page) => Arc::new(Rendered::new(page)),
            Err(error) => return Some(Err(error)),
        };
        self.pages.write().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), Arc::clone(&page));
        Some(Ok(page))
    }
}

impl Rendered {
    fn new(page: mxcp_docs::Page) -> Self {
        let mut hasher = DefaultHasher::new();
        page.body.hash(&mut hasher);
        // Sixteen digits in quotes are a valid header.
        let tag = HeaderValue::try_from(format!("\"{:016x}\"", hasher.finish()));
        Self {
            body: Bytes::from(page.body),
            content_type: HeaderValue::from_static(page.content_type),
            tag: tag.unwrap_or(HeaderValue::from_static("\"\"")),
        }
    }
}

/// A page, or that the browser has it already. For `HEAD`, hyper leaves the body out.
fn answer(page: &Rendered, headers: &HeaderMap) -> Response {
    let known = headers.get(IF_NONE_MATCH).is_some_and(|tags| has_tag(tags, &page.tag));
    let mut response =
        if known { StatusCode::NOT_MODIFIED.into_response() } else { page.body.clone().into_response() };
    let headers = response.headers_mut();
    headers.insert(ETAG, page.tag.clone());
    if !known {
        headers.insert(CONTENT_TYPE, page.content_type.clone());
    }
    response
}

fn has_tag(tags: &HeaderValue, tag: &HeaderValue) -> bool {
    let tags = tags.to_str().unwrap_or_default();
    tags.split(',')
        .map(|one| one.trim().trim_start_matches("W/"))
        .any(|one| one == "*" || one.as_bytes() == tag.as_bytes())
}

fn secured(mut response: Response) -> Response {
    let headers = response.headers_mut();
    // The next generation may say something else: browsers ask whether what they have is still right.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let own = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(own, HeaderValue::from_static("same-origin"));
    security::protect(&mut response, POLICY);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_in_a_list_weak_or_not() {
        let tag = HeaderValue::from_static("\"ab\"");
        for known in ["\"ab\"", "W/\"ab\"", "\"x\", \"ab\"", "*"] {
            assert!(has_tag(&HeaderValue::from_static(known), &tag), "{known}");
        }
        for other in ["ab", "\"a\"", ""] {
            assert!(!has_tag(&HeaderValue::from_static(other), &tag), "{other}");
        }
    }
}
