//! What came of the tests.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// What came of all of them.
#[derive(Debug)]
pub(crate) struct Report {
    /// By file: tools, resources, prompts.
    pub(crate) endpoints: Vec<EndpointReport>,
    /// How long it took, loading included.
    pub(crate) time: Duration,
}

/// What came of the tests of one endpoint.
#[derive(Debug, Serialize)]
pub(crate) struct EndpointReport {
    /// `tool/NAME`, `resource/URI` or `prompt/NAME`; the absolute path of a file that is broken.
    pub(crate) endpoint: String,
    /// The file, relative to the project root.
    pub(crate) path: String,
    #[serde(rename = "test_results")]
    pub(crate) results: TestResults,
}

/// The results of one endpoint's tests.
#[derive(Debug, Serialize)]
pub(crate) struct TestResults {
    pub(crate) status: Status,
    pub(crate) tests_run: usize,
    pub(crate) no_tests: bool,
    pub(crate) tests: Vec<TestResult>,
    /// Why there are none, of an endpoint that can't be tested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
}

/// The result of one test.
#[derive(Debug, Serialize)]
pub(crate) struct TestResult {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) status: Verdict,
    /// What is not as expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    /// What is behind the error, if something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error_cause: Option<String>,
    #[serde(serialize_with = "seconds")]
    pub(crate) time: Duration,
}

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// Everything is as expected.
    Passed,
    /// Something is not as expected.
    Failed,
    /// The call failed.
    Error,
}

/// How several tests ended; the worst counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Ok,
    Failed,
    Error,
}

/// A report as programs read it.
#[derive(Debug, Serialize)]
pub(crate) struct ReportJson<'a> {
    status: Status,
    tests_run: usize,
    endpoints: &'a [EndpointReport],
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

impl Report {
    /// The worst of all endpoints.
    pub(crate) fn status(&self) -> Status {
        self.endpoints.iter().map(|endpoint| endpoint.results.status).max().unwrap_or(Status::Ok)
    }

    /// Whether every test has passed and every file could be tested.
    pub(crate) fn is_ok(&self) -> bool {
        self.status() == Status::Ok
    }

    /// As programs read it.
    pub(crate) fn as_json(&self) -> ReportJson<'_> {
        let tests_run = self.endpoints.iter().map(|endpoint| endpoint.results.tests_run).sum();
        ReportJson { status: self.status(), tests_run, endpoints: &self.endpoints }
    }
}

impl EndpointReport {
    /// Whether nothing is wrong with it.
    pub(crate) fn is_ok(&self) -> bool {
        self.results.status == Status::Ok
    }
}

impl TestResults {
    /// Of tests that ran.
    pub(crate) fn of(tests: Vec<TestResult>) -> Self {
        let status = tests.iter().map(|test| Status::from(test.status)).max().unwrap_or(Status::Ok);
        Self { status, tests_run: tests.len(), no_tests: tests.is_empty(), tests, message: None }
    }

    /// Of an endpoint that can't be tested.
    pub(crate) fn broken(message: String) -> Self {
        Self {
            status: Status::Error,
            tests_run: 0,
            no_tests: false,
            tests: Vec::new(),
            message: Some(message),
        }
    }
}

impl From<Verdict> for Status {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Passed => Self::Ok,
            Verdict::Failed => Self::Failed,
            Verdict::Error => Self::Error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(status: Verdict) -> TestResult {
        TestResult {
            name: "a".to_owned(),
            description: String::new(),
            status,
            error: None,
            error_cause: None,
            time: Duration::from_millis(500),
        }
    }

    fn report(results: TestResults) -> EndpointReport {
        EndpointReport { endpoint: "tool/t".to_owned(), path: "tools/t.yml".to_owned(), results }
    }

    #[test]
    fn an_error_is_worse_than_a_failure() {
        let of = |verdicts: &[Verdict]| TestResults::of(verdicts.iter().copied().map(test).collect()).status;
        assert_eq!(of(&[]), Status::Ok);
        assert_eq!(of(&[Verdict::Passed]), Status::Ok);
        assert_eq!(of(&[Verdict::Passed, Verdict::Failed]), Status::Failed);
        assert_eq!(of(&[Verdict::Error, Verdict::Failed]), Status::Error);
    }

    #[test]
    fn json_leaves_out_what_is_empty() {
        let endpoints = vec![report(TestResults::of(vec![test(Verdict::Passed)]))];
        let report = Report { endpoints, time: Duration::ZERO };
        let expected = serde_json::json!({ "status": "ok", "tests_run": 1, "endpoints": [{
            "endpoint": "tool/t", "path": "tools/t.yml", "test_results": {
                "status": "ok", "tests_run": 1, "no_tests": false,
                "tests": [{ "name": "a", "description": "", "status": "passed", "time": 0.5 }],
            },
        }] });
        assert_eq!(serde_json::to_value(report.as_json()).unwrap(), expected);
    }

    #[test]
    fn a_broken_file_has_tests_that_nobody_knows() {
        let expected = serde_json::json!({
            "status": "error", "tests_run": 0, "no_tests": false, "tests": [], "message": "odd",
        });
        assert_eq!(serde_json::to_value(TestResults::broken("odd".to_owned())).unwrap(), expected);
    }
}
