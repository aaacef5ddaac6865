//! Running tests, one after another: what one writes to the database, the next one finds.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use mxcp_core::call::{
    Call, CallContext, CallError, Caller, Headers, OutputValidation, Principal, UnknownArguments,
};
use mxcp_core::definition::Endpoint;
use mxcp_core::expectation::{Expectation, Unmet};
use mxcp_core::schema::TestCase;
use mxcp_core::value::{Object, Value};
use mxcp_runtime::ports::{Approve, ApprovedBeforehand};
use mxcp_runtime::{Link, Pipeline};
use tokio_util::sync::CancellationToken;

use super::report::{EndpointReport, TestResult, TestResults, Verdict};
use super::selection::Entry;
use crate::failure::Failure;
use crate::signals;
use crate::ui::Progress;

/// Who calls in tests.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    /// The user of every test; whom each test names itself if absent.
    pub(crate) principal: Option<Arc<Principal>>,
    /// Headers of every request.
    pub(crate) headers: Headers,
}

/// Tests on their way.
#[derive(Debug)]
pub(crate) struct Session<'a> {
    pipeline: &'a Pipeline,
    callers: &'a Callers,
    cancel: &'a CancellationToken,
    progress: Progress,
    /// How many calls were made.
    calls: usize,
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        pipeline: &'a Pipeline,
        callers: &'a Callers,
        cancel: &'a CancellationToken,
        progress: Progress,
    ) -> Self {
        Self { pipeline, callers, cancel, progress, calls: 0 }
    }

    /// Whether the user has stopped it.
    pub(crate) fn is_over(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// Runs the tests of an endpoint.
    ///
    /// # Errors
    /// The terminal can't be written to.
    pub(crate) async fn test(&mut self, entry: Entry) -> Result<EndpointReport, Failure> {
        let Ok(endpoint) = &entry.endpoint else { return Ok(entry.untested()) };
        let mut results = Vec::with_capacity(endpoint.tests.len());
        for test in &endpoint.tests {
            self.progress.begin(&format!("{}: {}", entry.name(), test.name))?;
            results.push(self.run(endpoint, test).await);
            if self.is_over() {
                break;
            }
        }
        Ok(entry.tested(TestResults::of(results)))
    }

    /// Says that all tests have run.
    ///
    /// # Errors
    /// The terminal can't be written to.
    pub(crate) fn end(self) -> Result<(), Failure> {
        Ok(self.progress.end()?)
    }

    async fn run(&mut self, endpoint: &Endpoint, test: &TestCase) -> TestResult {
        let started = Instant::now();
        let principal = match &self.callers.principal {
            Some(principal) => Ok(Some(Arc::clone(principal))),
            None => caller(test),
        };
        let unmet = match principal {
            Ok(principal) => self.call(endpoint, test, principal).await,
            Err(problem) => Some((Verdict::Error, problem, None)),
        };
        result(test, unmet, started.elapsed())
    }

    async fn call(
        &mut self,
        endpoint: &Endpoint,
        test: &TestCase,
        principal: Option<Arc<Principal>>,
    ) -> Option<(Verdict, String, Option<String>)> {
        self.calls += 1;
        let call = Call {
            kind: endpoint.kind,
            name: endpoint.name.clone(),
            arguments: test.call_arguments(),
            unknown_arguments: UnknownArguments::Refuse,
            output_validation: OutputValidation::Check,
        };
        let context = CallContext {
            request_id: format!("test-{}-{}", std::process::id(), self.calls),
            now: SystemTime::now().into(),
            caller: Caller::Test,
            principal,
            headers: self.callers.headers.clone(),
            session_id: None,
            trace: None,
        };
        let approve = (test.approve == Some(true)).then(|| Arc::new(ApprovedBeforehand) as Arc<dyn Approve>);
        let link = Link { cancel: self.cancel.clone(), approve, ..Link::default() };
        let reply = self.pipeline.call(call, context, link).await;
        match Expectation::of(test, endpoint.kind).evaluate(reply.undisguised()) {
            Ok(()) => None,
            Err(Unmet::Different(message)) => Some((Verdict::Failed, message, None)),
            Err(Unmet::Failed(CallError::Cancelled)) => {
                Some((Verdict::Error, signals::CANCELLED.to_owned(), None))
            }
            Err(Unmet::Failed(error)) => Some((Verdict::Error, error.to_string(), cause(&error))),
        }
    }
}

/// Who calls in a test, as it says itself.
fn caller(test: &TestCase) -> Result<Option<Arc<Principal>>, String> {
    let Some(context) = &test.user_context else { return Ok(None) };
    let context = Value::Object(Object::from_json(context.clone()));
    Principal::from_context(context, "test")
        .map(|principal| Some(Arc::new(principal)))
        .map_err(|error| error.to_string())
}

/// What is behind a failure: the reason of a policy, or the database's own words. What other code says of itself has nothing behind
/// it.
fn cause(error: &CallError) -> Option<String> {
    match error {
        CallError::InputDenied { reason } | CallError::OutputDenied { reason } => Some(reason.clone()),
        CallError::Execution(message) => message.strip_prefix("Failed to execute SQL: ").map(str::to_owned),
        _ => None,
    }
}

fn result(test: &TestCase, unmet: Option<(Verdict, String, Option<String>)>, time: Duration) -> TestResult {
    let (status, error, error_cause) = match unmet {
        Some((verdict, error, cause)) => (verdict, Some(error), cause),
        None => (Verdict::Passed, None, None),
    };
    TestResult {
        name: test.name.clone(),
        description: test.description.clone().unwrap_or_default(),
        status,
        error,
        error_cause,
        time,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_behind_a_failure_is_its_cause() {
        let of = |message: &str| cause(&CallError::Execution(message.to_owned()));
        assert_eq!(of("Failed to execute SQL: Binder Error: x").as_deref(), Some("Binder Error: x"));
        assert_eq!(of("bad value: x is 5"), None);
        let denied = CallError::OutputDenied { reason: "not: you".to_owned() };
        assert_eq!(cause(&denied).as_deref(), Some("not: you"));
    }
}
