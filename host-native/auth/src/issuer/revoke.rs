//! Where clients give tokens back (RFC 7009).

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::problem::Problem;
use super::{Issuer, answer, body, secret};
use crate::store::Session;

/// Answers `POST /revoke`. A token that is unknown, over or another client's is left alone, and nobody learns which.
pub(super) async fn serve(State(issuer): State<Issuer>, request: Request) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let form = body::form(request).await?;
    let client = issuer.authenticate(&headers, &form).await?;
    let session = issuer.session_of(form.required("token")?).await?;
    if let Some(session) = session.filter(|session| session.client_id == client.id) {
        tracing::info!(client = client.id, "a client ended a session");
        issuer.end_session(&session.id).await?;
    }
    Ok(answer::empty(StatusCode::OK))
}

impl Issuer {
    /// The session of a token of either kind.
    async fn session_of(&self, token: &str) -> Result<Option<Session>, Problem> {
        let (store, now, digest) = (&self.options().store, self.now(), secret::digest(token));
        if secret::is_token(token, secret::ACCESS) {
            return Ok(store.session_by_access(digest, now).await?);
        }
        if secret::is_token(token, secret::REFRESH) {
            let found = store.session_by_refresh(digest, now).await?;
            return Ok(found.map(|(session, _)| session));
        }
        Ok(None)
    }
}
