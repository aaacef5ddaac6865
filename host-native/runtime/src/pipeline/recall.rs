//! Calls that have the result of another call.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mxcp_core::definition::Endpoint;
use mxcp_core::delivery::Cache;
use mxcp_core::registry::{ExecutionError, Output, Plan, Prepared};

use super::Pipeline;
use super::engines::timed_out;
use crate::freshness::{Freshness, Lasts};
use crate::knowledge::{Knowledge, Known};
use crate::link::Link;
use crate::observer;
use crate::ports::{Ask, AskError, BoxFuture, Question};
use crate::result_cache::{Flight, Kept, Keys, Landing, ResultCache, Turn};

impl Pipeline {
    /// Gives the result of another call that asked the same, if there is one, or makes the call.
    pub(super) async fn recall_or_work(
        &self,
        prepared: &Prepared,
        link: Link,
    ) -> Result<Output, ExecutionError> {
        let (Some(results), Some(cache)) = (&self.cache, &prepared.endpoint().delivery.cache) else {
            return self.work(prepared, link).await;
        };
        match Keys::new(prepared, cache) {
            Some(keys) => self.recall(results, cache, &keys, prepared, link).await,
            None => self.work(prepared, link).await,
        }
    }

    async fn recall(
        &self,
        results: &Arc<ResultCache>,
        cache: &Cache,
        keys: &Keys<'_>,
        prepared: &Prepared,
        mut link: Link,
    ) -> Result<Output, ExecutionError> {
        let endpoint = prepared.endpoint();
        let Some(epoch) = results.epoch() else { return self.work(prepared, link).await };
        // Asked after the epoch: a call that began on definitions of before neither finds nor leaves anything.
        if !self.is_current(endpoint) {
            return self.work(prepared, link).await;
        }
        let knowledge = Knowledge::default();
        link.knowledge = knowledge.clone();
        link.ask = link.ask.map(|ask| Arc::new(Heard { ask, knowledge: knowledge.clone() }) as Arc<dyn Ask>);
        let telemetry = link.telemetry.clone();
        let freshness = link.freshness.clone();
        loop {
            let known = results.known(endpoint).max(expected(prepared.plan()));
            let changes = self.sql.changes();
            let leader = match results.enter(epoch, keys.at(known), changes, Instant::now()) {
                Turn::Hit(kept) => {
                    observer::looked_up(telemetry.as_ref(), true);
                    return Ok(recalled(&kept, &freshness, is_public(results, prepared, cache, known)));
                }
                Turn::Follow(flight) => match self.wait(flight, prepared.endpoint(), &link).await? {
                    Some(Landing::Shared(kept)) => {
                        observer::looked_up(telemetry.as_ref(), true);
                        return Ok(recalled(&kept, &freshness, is_public(results, prepared, cache, known)));
                    }
                    Some(Landing::Personal) | None => continue,
                    Some(Landing::Nothing) => None,
                },
                Turn::Lead(leader) => Some(leader),
                Turn::Alone => None,
            };
            observer::looked_up(telemetry.as_ref(), false);
            let begun = Instant::now();
            let outcome = self.work(prepared, link).await;
            let Some(leader) = leader else { return outcome };
            let output = match outcome {
                Ok(output) => output,
                // Nobody else took it back: one of those who wait makes the call.
                Err(ExecutionError::Cancelled) => return Err(ExecutionError::Cancelled),
                Err(error) => {
                    leader.fails();
                    return Err(error);
                }
            };
            let learnt = knowledge.known();
            // What changes data is not to be left out, and what it gave is outdated already.
            if learnt == Known::Answers || self.sql.changes() != changes {
                leader.fails();
                return Ok(output);
            }
            let expires = begun.checked_add(cache.ttl).unwrap_or(begun);
            let kept = Arc::new(Kept { output: output.clone(), expires, changes });
            let left = expires.saturating_duration_since(Instant::now());
            freshness.set(false, Lasts { left, public: is_public(results, prepared, cache, learnt) });
            if learnt > known {
                leader.keeps(&kept, keys.at(learnt), endpoint, learnt);
            } else {
                leader.shares(&kept);
            }
            return Ok(output);
        }
    }

    /// Waits for a call that somebody else makes, for as long as the call itself could take.
    async fn wait(
        &self,
        flight: Flight,
        endpoint: &Endpoint,
        link: &Link,
    ) -> Result<Option<Landing>, ExecutionError> {
        let limit = endpoint.time.or(self.limits.call_timeout).unwrap_or(Duration::MAX);
        tokio::select! {
            biased;
            landing = flight.landed() => Ok(landing),
            () = link.cancel.cancelled() => Err(ExecutionError::Cancelled),
            () = tokio::time::sleep(limit) => Err(timed_out(limit)),
        }
    }

    /// Whether an endpoint is of the current generation.
    fn is_current(&self, endpoint: &Endpoint) -> bool {
        let generation = self.generation.borrow();
        let current = generation.registry().get(endpoint.kind, &endpoint.name);
        current.is_some_and(|current| std::ptr::eq(&raw const **current, endpoint))
    }
}

/// The result of another call.
fn recalled(kept: &Kept, freshness: &Freshness, public: bool) -> Output {
    let left = kept.expires.saturating_duration_since(Instant::now());
    freshness.set(true, Lasts { left, public });
    kept.output.clone()
}

/// How much the code of a plan knows in any case.
fn expected(plan: &Plan) -> Known {
    match plan {
        Plan::Python { .. } => Known::Request,
        _ => Known::Nothing,
    }
}

/// Whether a result is the same for everybody, whoever they are: nothing of a caller made it, decides who gets it, or changes it.
fn is_public(results: &ResultCache, prepared: &Prepared, cache: &Cache, known: Known) -> bool {
    results.is_public()
        && known == Known::Nothing
        && cache.key.as_ref().is_some_and(Vec::is_empty)
        && prepared.context().principal.is_none()
        && !prepared.endpoint().policies.is_declared()
        && !prepared.endpoint().parameters.iter().any(|parameter| parameter.claim.is_some())
}

/// Passes questions on, and notes that there were any: what depends on an answer is nobody else's.
#[derive(Debug)]
struct Heard {
    ask: Arc<dyn Ask>,
    knowledge: Knowledge,
}

impl Ask for Heard {
    fn ask(&self, question: Question) -> BoxFuture<'static, Result<serde_json::Value, AskError>> {
        self.knowledge.learn(Known::Answers);
        self.ask.ask(question)
    }
}

#[cfg(test)]
mod tests;
