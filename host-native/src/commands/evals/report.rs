//! What came of the suites.

use std::time::Duration;

use mxcp_core::evals::MadeCall;
use mxcp_core::schema::EvalTest;
use mxcp_core::value::Object;
use mxcp_evals::{Conclusion, Usage};
use serde::{Serialize, Serializer};

/// What came of all of them.
#[derive(Debug)]
pub(super) struct Report {
    /// By path.
    pub(super) suites: Vec<SuiteReport>,
    /// How long it took.
    pub(super) time: Duration,
}

/// What came of one suite.
#[derive(Debug)]
pub(super) struct SuiteReport {
    /// Its name; the absolute path of a file that does not load.
    pub(super) suite: String,
    /// The file, relative to the project root.
    pub(super) path: String,
    pub(super) result: SuiteResult,
}

/// How a suite ended.
#[derive(Debug)]
pub(super) enum SuiteResult {
    /// Its tests were run.
    Run { description: Option<String>, model: String, tests: Vec<TestReport> },
    /// It can't be run: why.
    NotRun(String),
}

/// What came of one test.
#[derive(Debug, Serialize)]
pub(super) struct TestReport {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) passed: bool,
    /// What does not hold, of a test that came to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) failures: Option<Vec<String>>,
    /// Why it broke.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    #[serde(serialize_with = "seconds")]
    pub(super) time: Duration,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) details: Option<Details>,
    #[serde(skip_serializing_if = "is_unused")]
    pub(super) usage: Usage,
}

/// What a model said and did.
#[derive(Debug, Serialize)]
pub(super) struct Details {
    response: String,
    tool_calls: Vec<CallReport>,
}

#[derive(Debug, Serialize)]
struct CallReport {
    tool: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<Object>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// One suite as programs read it.
#[derive(Debug, Serialize)]
pub(super) struct SingleJson<'a> {
    suite: &'a str,
    description: Option<&'a str>,
    model: &'a str,
    tests: &'a [TestReport],
    all_passed: bool,
    #[serde(serialize_with = "seconds")]
    elapsed_time: Duration,
    #[serde(skip_serializing_if = "is_unused")]
    usage: Usage,
}

/// All suites as programs read them.
#[derive(Debug, Serialize)]
pub(super) struct ReportJson<'a> {
    suites: Vec<EntryJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    no_evals: Option<bool>,
    #[serde(serialize_with = "seconds")]
    elapsed_time: Duration,
    #[serde(skip_serializing_if = "is_unused")]
    usage: Usage,
}

#[derive(Debug, Serialize)]
struct EntryJson<'a> {
    suite: &'a str,
    path: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tests: Option<&'a [TestReport]>,
    error: &'a str,
}

/// That the one suite that is asked for can't be run.
#[derive(Debug, Serialize)]
pub(super) struct RefusalJson<'a> {
    error: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    suite: Option<&'a str>,
}

/// That a suite, if there is one, can't be run.
pub(super) fn refusal<'a>(error: &'a str, suite: Option<&'a str>) -> RefusalJson<'a> {
    RefusalJson { error, suite }
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

fn is_unused(usage: &Usage) -> bool {
    usage.requests == 0
}

impl Report {
    /// Whether every test has passed and every suite could be run.
    pub(super) fn is_ok(&self) -> bool {
        self.suites.iter().all(SuiteReport::is_ok)
    }

    /// What all requests used.
    pub(super) fn usage(&self) -> Usage {
        sum(self.suites.iter().map(SuiteReport::usage))
    }

    /// As programs read it.
    pub(super) fn as_json(&self) -> ReportJson<'_> {
        ReportJson {
            suites: self.suites.iter().map(SuiteReport::as_entry).collect(),
            no_evals: self.suites.is_empty().then_some(true),
            elapsed_time: self.time,
            usage: self.usage(),
        }
    }
}

impl SuiteReport {
    /// Whether it was run and every test has passed.
    pub(super) fn is_ok(&self) -> bool {
        match &self.result {
            SuiteResult::Run { tests, .. } => tests.iter().all(|test| test.passed),
            SuiteResult::NotRun(_) => false,
        }
    }

    /// The tests that were run.
    pub(super) fn tests(&self) -> &[TestReport] {
        match &self.result {
            SuiteResult::Run { tests, .. } => tests,
            SuiteResult::NotRun(_) => &[],
        }
    }

    fn usage(&self) -> Usage {
        sum(self.tests().iter().map(|test| test.usage))
    }

    fn as_entry(&self) -> EntryJson<'_> {
        let (status, tests, error) = match &self.result {
            SuiteResult::Run { tests, .. } if self.is_ok() => ("passed", Some(tests.as_slice()), ""),
            SuiteResult::Run { tests, .. } => ("failed", Some(tests.as_slice()), ""),
            SuiteResult::NotRun(problem) => ("error", None, problem.as_str()),
        };
        EntryJson { suite: &self.suite, path: &self.path, status, tests, error }
    }

    /// As programs read it where it is the only one; `time` is how long it took.
    pub(super) fn as_single(&self, time: Duration) -> SingleJson<'_> {
        let (description, model) = match &self.result {
            SuiteResult::Run { description, model, .. } => (description.as_deref(), model.as_str()),
            SuiteResult::NotRun(_) => (None, ""),
        };
        SingleJson {
            suite: &self.suite,
            description,
            model,
            tests: self.tests(),
            all_passed: self.is_ok(),
            elapsed_time: time,
            usage: self.usage(),
        }
    }
}

impl TestReport {
    /// What came of a test that took so long.
    pub(super) fn new(test: &EvalTest, conclusion: Conclusion, time: Duration) -> Self {
        let Conclusion { outcome, usage } = conclusion;
        let (passed, failures, error, details) = match outcome {
            Ok(finished) => {
                let tool_calls = finished.calls.into_iter().map(CallReport::from).collect();
                let details = Details { response: finished.response, tool_calls };
                (finished.failures.is_empty(), Some(finished.failures), None, Some(details))
            }
            Err(problem) => (false, None, Some(problem), None),
        };
        Self {
            name: test.name.clone(),
            description: test.description.clone(),
            passed,
            failures,
            error,
            time,
            details,
            usage,
        }
    }
}

impl From<MadeCall> for CallReport {
    fn from(call: MadeCall) -> Self {
        Self { tool: call.tool, arguments: call.arguments, error: call.error }
    }
}

fn sum(usages: impl Iterator<Item = Usage>) -> Usage {
    usages.fold(Usage::default(), |mut sum, usage| {
        sum += usage;
        sum
    })
}
