//! The one way a call takes.

mod abandoned;
mod engines;
mod judgement;
mod pressed;
mod recall;

use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::Instant;

use mxcp_core::audit::AuditRecord;
use mxcp_core::call::{Call, CallContext, CallError};
use mxcp_core::limits::Limits as RequestLimits;
use mxcp_core::registry::{ExecutionError, Output, Prepared, Registry, Reply, Rows};
use tokio::sync::{Semaphore, watch};

use self::abandoned::Abandoned;
use self::pressed::Pressed;
use crate::apart::{apart, is_much};
use crate::approval;
use crate::gate::{Gate, StaysShut};
use crate::generation::Generation;
use crate::limits::Limits;
use crate::link::Link;
use crate::notes::Notes;
use crate::observer::{self, Observer};
use crate::ports::{
    Ahead, AuditSink, CallFacts, ComponentEngine, Demand, Exceeded, Limiter, Party, Place, PythonEngine,
    Reading, ResultStore, Scope, SqlEngine, Subject, Telemetry,
};
use crate::query::Query;
use crate::result_cache::ResultCache;
use crate::showing::Showing;

/// Runs calls against the current generation of a project.
#[derive(Debug)]
pub struct Pipeline {
    generation: watch::Sender<Generation>,
    /// Those who make something of each generation ahead. Held while the next one is made ready, which calls need not wait for.
    ahead: Mutex<Vec<Weak<dyn Ahead>>>,
    sql: Arc<dyn SqlEngine>,
    /// None for a project without any Python.
    python: Option<Arc<dyn PythonEngine>>,
    /// None for a project without components.
    components: Option<Arc<dyn ComponentEngine>>,
    audit: Arc<dyn AuditSink>,
    /// None where nobody counts.
    limiter: Option<Arc<dyn Limiter>>,
    /// None where nobody traces or counts calls.
    telemetry: Option<Arc<dyn Telemetry>>,
    /// None where every call is made.
    cache: Option<Arc<ResultCache>>,
    /// None where nothing is kept of what is not shown.
    results: Option<Arc<dyn ResultStore>>,
    /// How many requests there may be.
    request_limits: RwLock<Arc<RequestLimits>>,
    limits: Limits,
    permits: Arc<Semaphore>,
    gate: Arc<Gate>,
}

impl Pipeline {
    /// A pipeline over a registry and the engines its endpoints need.
    #[must_use]
    pub fn new(
        registry: Registry,
        sql: Arc<dyn SqlEngine>,
        audit: Arc<dyn AuditSink>,
        limits: Limits,
    ) -> Self {
        let permits = Arc::new(Semaphore::new(limits.concurrent_calls.min(Semaphore::MAX_PERMITS)));
        Self {
            generation: watch::Sender::new(Generation::new(registry)),
            ahead: Mutex::default(),
            sql,
            python: None,
            components: None,
            audit,
            limiter: None,
            telemetry: None,
            cache: None,
            results: None,
            request_limits: RwLock::default(),
            limits,
            permits,
            gate: Arc::default(),
        }
    }

    /// The same pipeline with somebody who keeps records.
    #[must_use]
    pub fn with_audit(self, audit: Arc<dyn AuditSink>) -> Self {
        Self { audit, ..self }
    }

    /// The same pipeline with an engine for Python.
    #[must_use]
    pub fn with_python(self, python: Arc<dyn PythonEngine>) -> Self {
        Self { python: Some(python), ..self }
    }

    /// The same pipeline with an engine for WebAssembly components.
    #[must_use]
    pub fn with_components(self, components: Arc<dyn ComponentEngine>) -> Self {
        Self { components: Some(components), ..self }
    }

    /// The same pipeline with somebody who counts: from now on the limits that endpoints declare are kept.
    #[must_use]
    pub fn with_limiter(self, limiter: Arc<dyn Limiter>) -> Self {
        Self { limiter: Some(limiter), ..self }
    }

    /// The same pipeline with somebody who traces and counts calls.
    #[must_use]
    pub fn with_telemetry(self, telemetry: Arc<dyn Telemetry>) -> Self {
        Self { telemetry: Some(telemetry), ..self }
    }

    /// The same pipeline with room for the results of endpoints that may answer further calls.
    #[must_use]
    pub fn with_cache(self, cache: ResultCache) -> Self {
        Self { cache: Some(Arc::new(cache)), ..self }
    }

    /// The results that answer further calls, if any do.
    #[must_use]
    pub fn cache(&self) -> Option<&ResultCache> {
        self.cache.as_deref()
    }

    /// The same pipeline with somebody who keeps complete results of which a part is shown.
    #[must_use]
    pub fn with_results(self, results: Arc<dyn ResultStore>) -> Self {
        Self { results: Some(results), ..self }
    }

    /// Who keeps complete results, if anybody does.
    #[must_use]
    pub fn results(&self) -> Option<&Arc<dyn ResultStore>> {
        self.results.as_ref()
    }

    /// Who traces and counts calls, if anybody does: for what else there is to count.
    #[must_use]
    pub fn telemetry(&self) -> Option<&Arc<dyn Telemetry>> {
        self.telemetry.as_ref()
    }

    /// Says how many requests there may be from now on.
    pub fn limit_requests(&self, limits: RequestLimits) {
        *self.request_limits.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(limits);
    }

    /// Counts a request, of which a call may come.
    ///
    /// # Errors
    /// It is one too many.
    pub async fn enter(&self, party: &Party) -> Result<Place, Exceeded> {
        let limits = Arc::clone(&self.request_limits.read().unwrap_or_else(PoisonError::into_inner));
        self.place(Scope::Server, &limits, party).await
    }

    /// The endpoints of the current generation. A call keeps those it began with.
    #[must_use]
    pub fn registry(&self) -> Arc<Registry> {
        Arc::clone(self.generation.borrow().registry())
    }

    /// The current generation, and the news of each that follows.
    #[must_use]
    pub fn generations(&self) -> watch::Receiver<Generation> {
        self.generation.subscribe()
    }

    /// Has somebody make something of each generation that follows, for as long as they live.
    pub fn tell_ahead(&self, who: Weak<dyn Ahead>) {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner).push(who);
    }

    /// Begins another generation: calls from now on are made against it, those in flight finish on theirs. Gives whether
    /// clients can see a difference. Comparing many endpoints takes its time: not for a thread that answers clients.
    pub fn replace(&self, registry: Registry) -> bool {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        ahead.retain(|who| who.strong_count() > 0);
        let told: Vec<_> = ahead.iter().filter_map(Weak::upgrade).collect();
        let current = self.generation.borrow().clone();
        let next = current.followed_by(registry);
        let differs = next.differs_since(current.number());
        told.iter().for_each(|who| who.comes(next.registry()));
        self.generation.send_replace(next);
        // After it, so that what is kept from now on is of this generation.
        if let Some(cache) = &self.cache {
            cache.clear();
        }
        told.iter().for_each(|who| who.came());
        differs
    }

    /// What every call goes through to be executed. While it is shut, the engines can be replaced by others.
    #[must_use]
    pub fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// Where calls are recorded, and what else happens.
    #[must_use]
    pub fn audit(&self) -> &Arc<dyn AuditSink> {
        &self.audit
    }

    /// How long and how many calls may be.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Makes one call: prepare, have it approved if a policy asks for that, execute, finish, audit. `link` takes it back, and hears how it goes.
    pub async fn call(&self, call: Call, mut context: CallContext, link: impl Into<Link>) -> Reply {
        let begun = Instant::now();
        let subject = Subject::Endpoint(call.kind, &call.name);
        let observer = Observer::begin(self.telemetry.as_ref(), subject, &mut context);
        let link = Link { telemetry: observer.of_call(), ..link.into() };
        let (notes, freshness) = (link.notes.clone(), link.freshness.clone());
        let prepared = self.registry().prepare(call, context);
        observer.prepared();
        let prepared = match prepared {
            Ok(prepared) => Ok(prepared),
            Err(refusal) => match refusal.into_pending() {
                Ok(pending) => approval::decide(pending, link.approve.as_deref(), &link.cancel).await,
                Err(reply) => Err(reply),
            },
        };
        let reply = match prepared {
            Err(reply) => *reply,
            Ok(prepared) => {
                if !prepared.dropped_arguments().is_empty() {
                    let dropped = prepared.dropped_arguments().join(", ");
                    tracing::warn!(
                        request_id = prepared.context().request_id,
                        dropped,
                        "undeclared arguments left out"
                    );
                }
                let showing = Showing::of(self.results.as_deref(), &prepared, &link);
                let record = || prepared.abandoned();
                let abandoned = Abandoned { record, audit: &*self.audit, begun, notes: &notes };
                let inspection = link.inspection.clone();
                match showing {
                    Some(showing) if showing.goes_on() => {
                        let reading = self.read_on(&prepared, &showing, link).await;
                        abandoned.was_not();
                        showing.follow(prepared, reading, &notes)
                    }
                    Some(showing) => {
                        let outcome = self.run(&prepared, link).await;
                        abandoned.was_not();
                        let cancelled = prepared.abandoned();
                        let record = || cancelled.clone();
                        let abandoned = Abandoned { record, audit: &*self.audit, begun, notes: &notes };
                        let mut reply = if is_much(&outcome) {
                            apart(move || prepared.finish(outcome)).await
                        } else {
                            prepared.finish(outcome)
                        };
                        showing.cut(&mut reply, &notes).await;
                        abandoned.was_not();
                        reply
                    }
                    None => {
                        let outcome = self.run(&prepared, link).await;
                        abandoned.was_not();
                        if let (Some(inspection), Ok(output)) = (inspection, &outcome) {
                            inspection.see(&prepared, output);
                        }
                        if is_much(&outcome) {
                            Box::pin(self.finish_apart(prepared, outcome, begun, &notes)).await
                        } else {
                            prepared.finish(outcome)
                        }
                    }
                }
            }
        };
        judgement::tell(&reply);
        if self.audit.enabled() {
            let recalled = freshness.is_recalled();
            let facts = CallFacts { duration: begun.elapsed(), events: notes.take(), recalled };
            self.audit.record(reply.audit(), facts).await;
        }
        observer.replied(&reply);
        reply
    }

    /// Finishes a call with a large result, of which there is a record even if nobody waits for it any more.
    async fn finish_apart(
        &self,
        prepared: Prepared,
        outcome: Result<Output, ExecutionError>,
        begun: Instant,
        notes: &Notes,
    ) -> Reply {
        let cancelled = prepared.abandoned();
        let abandoned = Abandoned { record: || cancelled.clone(), audit: &*self.audit, begun, notes };
        let reply = apart(move || prepared.finish(outcome)).await;
        abandoned.was_not();
        reply
    }

    /// Runs SQL that belongs to no endpoint, with the limits, the errors and the audit of a call. `link` takes it back,
    /// and hears how it goes.
    ///
    /// # Errors
    /// The arguments are refused, or the database refuses.
    pub async fn query(
        &self,
        query: Query,
        mut context: CallContext,
        link: impl Into<Link>,
    ) -> Result<Rows, CallError> {
        let begun = Instant::now();
        let Query { name, arguments, statement } = query;
        let observer = Observer::begin(self.telemetry.as_ref(), Subject::BuiltIn(name), &mut context);
        let telemetry = observer.of_call();
        let link = Link { telemetry: telemetry.clone(), ..link.into() };
        let record =
            |error: Option<&CallError>| AuditRecord::of_built_in(name, arguments.clone(), error, &context);
        let notes = Notes::default();
        let cancelled = || record(Some(&CallError::Cancelled));
        let abandoned = Abandoned { record: cancelled, audit: &*self.audit, begun, notes: &notes };
        let outcome = match statement {
            Err(problem) => Err(CallError::InvalidArguments(vec![problem])),
            Ok((source, bindings)) => match self.gate.enter().await {
                Ok(_inside) => {
                    observer::executes_sql(telemetry.as_ref(), &source.text, bindings.len());
                    let outcome = {
                        let context = (&context, self.limits.call_timeout);
                        self.run_sql(&source, (&bindings, Vec::new()), context, link).await
                    };
                    observer::executed_sql(telemetry.as_ref(), &outcome);
                    outcome
                }
                Err(StaysShut) => Err(reloading()),
            }
            .map_err(|error| error.into_call_error(&context.request_id)),
        };
        abandoned.was_not();
        if self.audit.enabled() {
            let facts = CallFacts { duration: begun.elapsed(), ..CallFacts::default() };
            self.audit.record(record(outcome.as_ref().err()), facts).await;
        }
        observer.queried(&outcome);
        outcome
    }

    /// Executes a call if there is a place for it. What was refused before takes none.
    async fn run(&self, prepared: &Prepared, link: Link) -> Result<Output, ExecutionError> {
        let place = self.place_of(prepared, &link).await?;
        link.admitted.tell();
        let outcome = self.execute(prepared, link).await;
        drop(place);
        outcome
    }

    /// Reads on in a result that is kept: a call like any other, of which nothing is executed.
    async fn read_on(
        &self,
        prepared: &Prepared,
        showing: &Showing<'_>,
        link: Link,
    ) -> Result<Reading, CallError> {
        let place = self.place_of(prepared, &link).await;
        let _place = place.map_err(|error| error.into_call_error(&prepared.context().request_id))?;
        showing.rows().await
    }

    /// A place for a call among those that there may be of its endpoint.
    async fn place_of(&self, prepared: &Prepared, link: &Link) -> Result<Place, ExecutionError> {
        let (endpoint, context) = (prepared.endpoint(), prepared.context());
        if endpoint.limits.are_none() {
            return Ok(Place::unlimited());
        }
        let scope = Scope::Endpoint(endpoint.kind, &endpoint.name);
        let place =
            self.place(scope, &endpoint.limits, &Party::of(context.principal.as_deref(), link.address)).await;
        place.map_err(|exceeded| ExecutionError::LimitExceeded {
            limit: exceeded.limit,
            retry_after_seconds: exceeded.retry_after_seconds(),
        })
    }

    async fn place(
        &self,
        scope: Scope<'_>,
        limits: &RequestLimits,
        party: &Party,
    ) -> Result<Place, Exceeded> {
        let Some(limiter) = &self.limiter else { return Ok(Place::unlimited()) };
        let demands = [
            Demand { scope, party: None, limit: &limits.everybody },
            Demand { scope, party: Some(party), limit: &limits.each },
        ];
        let demands: Vec<_> = demands.into_iter().filter(|demand| !demand.limit.is_none()).collect();
        if demands.is_empty() {
            return Ok(Place::unlimited());
        }
        limiter.enter(&demands).await
    }

    async fn execute(&self, prepared: &Prepared, mut link: Link) -> Result<Output, ExecutionError> {
        let Ok(_inside) = self.gate.enter().await else { return Err(reloading()) };
        link.ask = link.ask.map(|ask| Pressed::over(ask, Arc::clone(&self.gate)));
        self.recall_or_work(prepared, link).await
    }
}

/// What a call hears that waited for a reload in vain.
fn reloading() -> ExecutionError {
    let message = "Service is reloading and taking longer than expected. Please retry in a few seconds.";
    ExecutionError::Failed(message.to_owned())
}
