//! How often something may be done that anybody can ask for: by all servers together, where they share a database.

use std::sync::Arc;

use mxcp_core::limits::{Limit, Rate};
use mxcp_runtime::ports::{Demand, Exceeded, Limiter, Place, Scope};

/// So many at once, and one more each second.
const BURST: u64 = 1000;

/// Most documents of clients that this server fetches at once.
const FETCHED_AT_ONCE: u32 = 8;

/// An allowance that is used up, and comes back over time.
#[derive(Debug)]
pub(super) struct Allowance {
    limiter: Arc<dyn Limiter>,
    scope: Scope<'static>,
    limit: Limit,
}

impl Allowance {
    /// For clients that register.
    pub(super) fn registrations(limiter: Arc<dyn Limiter>) -> Self {
        let limit = Limit { rate: Some(Rate::new(BURST, BURST)), concurrency: None };
        Self { limiter, scope: Scope::Registrations, limit }
    }

    /// For documents of clients that are fetched.
    pub(super) fn documents(limiter: Arc<dyn Limiter>) -> Self {
        let limit = Limit { rate: Some(Rate::new(BURST, BURST)), concurrency: Some(FETCHED_AT_ONCE) };
        Self { limiter, scope: Scope::Documents, limit }
    }

    /// Uses it; what is done has ended when the place is dropped.
    ///
    /// # Errors
    /// It is used up, or nobody can tell whether it is.
    pub(super) async fn take(&self) -> Result<Place, Exceeded> {
        self.limiter.enter(&[Demand { scope: self.scope, party: None, limit: &self.limit }]).await
    }
}

#[cfg(test)]
mod tests {
    use mxcp_core::call::ExceededLimit;
    use mxcp_runtime::ProcessLimiter;

    use super::*;

    #[tokio::test]
    async fn what_is_used_up_is_refused_and_each_thing_counts_for_itself() {
        let limiter: Arc<dyn Limiter> = Arc::new(ProcessLimiter::new());
        let hour = Limit { rate: Some(Rate::new(3, 3600)), concurrency: None };
        let registrations =
            Allowance { limit: hour.clone(), ..Allowance::registrations(Arc::clone(&limiter)) };
        let documents = Allowance { limit: hour, ..Allowance::documents(limiter) };
        for _ in 0..3 {
            assert!(registrations.take().await.is_ok());
        }
        let refused = registrations.take().await.unwrap_err();
        assert_eq!(refused.limit, ExceededLimit::Rate);
        assert!((1..=1200).contains(&refused.retry_after_seconds()), "{refused:?}");
        assert!(documents.take().await.is_ok());
    }

    #[tokio::test]
    async fn few_documents_are_fetched_at_once() {
        let documents = Allowance::documents(Arc::new(ProcessLimiter::new()));
        let mut places = Vec::new();
        for _ in 0..8 {
            places.push(documents.take().await.unwrap());
        }
        assert_eq!(documents.take().await.unwrap_err().limit, ExceededLimit::Concurrency);
        places.pop();
        assert!(documents.take().await.is_ok());
    }
}
