//! A web with one document.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mxcp_runtime::ports::BoxFuture;
use url::Url;

use crate::issuer::document::{FetchError, Fetched, Source};

/// Has a document at one URL, and counts who asks. Clones are one.
#[derive(Clone, Debug)]
pub(crate) struct Web {
    url: String,
    body: String,
    lifetime: i64,
    fetched: Arc<AtomicUsize>,
}

impl Web {
    pub(crate) fn with(url: &str, body: &str, lifetime: i64) -> Self {
        Self { url: url.to_owned(), body: body.to_owned(), lifetime, fetched: Arc::default() }
    }

    /// How often something was asked for.
    pub(crate) fn fetched(&self) -> usize {
        self.fetched.load(Ordering::SeqCst)
    }
}

impl Source for Web {
    fn get<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<Fetched, FetchError>> {
        self.fetched.fetch_add(1, Ordering::SeqCst);
        let found = (url.as_str() == self.url)
            .then(|| Fetched { body: self.body.clone().into_bytes(), lifetime: self.lifetime });
        Box::pin(async move { found.ok_or_else(|| FetchError::Unavailable("status 404".to_owned())) })
    }
}
