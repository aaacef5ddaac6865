//! The endpoints, with what the checks and tests say of them.

use mxcp_core::definition::{Endpoint, Implementation, SqlOrigin};
use mxcp_core::diagnostic::Code;
use mxcp_core::drift::{
    Definition, Resource, TestResult, TestResults, TestsStatus, Validation, ValidationStatus, Verdict,
};
use mxcp_core::load::{FileState, LoadedFile};
use mxcp_core::registry::Registry;

use crate::commands::test::report::{self, EndpointReport};
use crate::lock::{self, Inventory};
use crate::project::source_of_broken;
use crate::report::FileReport;

/// How DuckDB refuses to write to a database that is opened for reading only.
const REFUSAL: &str = "read-only mode";

/// What is added to that.
const READ_ONLY: &str = "drift commands open the database for reading only";

/// What was found out about the definition files.
#[derive(Debug)]
pub(super) struct Findings<'a> {
    pub(super) files: &'a [LoadedFile],
    pub(super) registry: &'a Registry,
    /// What the checks found, for each file that counts.
    pub(super) reports: Vec<FileReport>,
    /// What came of the tests, for each file that counts.
    pub(super) tests: Vec<EndpointReport>,
    pub(super) inventory: &'a Inventory,
}

impl Findings<'_> {
    /// A resource for each file that counts, in their order.
    pub(super) fn into_resources(self) -> Vec<Resource> {
        self.reports.iter().filter_map(|report| self.resource(report)).collect()
    }

    fn resource(&self, report: &FileReport) -> Option<Resource> {
        let file = self.files.iter().find(|file| file.path == report.path)?;
        let message = report.message();
        let status = if message.is_some() { ValidationStatus::Error } else { ValidationStatus::Ok };
        let validation = Validation { status, path: report.path.clone(), message };
        let endpoint = match &file.state {
            FileState::Endpoint { kind, name } => self.registry.get(*kind, name),
            _ => None,
        };
        let definition = match endpoint {
            Some(endpoint) => Definition::of(&endpoint.file),
            // Of endpoints that have one name, none is known to be meant.
            None if file.findings.iter().any(|finding| finding.code == Code::DuplicateEndpoint) => None,
            None => source_of_broken(file).and_then(Definition::of),
        };
        let test_results = match (endpoint, &definition) {
            (Some(_), _) => self.tests.iter().find(|tested| tested.path == report.path).map(tested),
            (None, Some(definition)) => Some(untestable(definition, validation.message.as_deref())),
            (None, None) => None,
        };
        let policies = definition.as_ref().and_then(Definition::policies);
        Some(Resource {
            test_results,
            metadata: definition.as_ref().and_then(Definition::metadata).cloned(),
            source_file: endpoint.and_then(|endpoint| self.source_file(endpoint)),
            policies_digest: policies.map(|policies| lock::digest(policies.as_bytes()).to_string()),
            definition,
            validation_results: validation,
        })
    }

    /// The file that an endpoint is implemented in, if that is one of its own.
    fn source_file(&self, endpoint: &Endpoint) -> Option<String> {
        let path = match &endpoint.implementation {
            Implementation::Sql(sql) => match &sql.origin {
                SqlOrigin::File(file) => file.path(),
                SqlOrigin::Inline(_) => return None,
            },
            Implementation::Python(source) => &source.file,
            Implementation::Component(source) => &source.file,
            _ => return None,
        };
        self.inventory.name(path).filter(|name| self.inventory.files().contains_key(name))
    }
}

/// What came of tests that ran.
fn tested(tested: &EndpointReport) -> TestResults {
    let results = &tested.results;
    TestResults {
        status: match results.status {
            report::Status::Ok => TestsStatus::Ok,
            report::Status::Failed => TestsStatus::Failed,
            report::Status::Error => TestsStatus::Error,
        },
        tests_run: results.tests_run as u64,
        tests: Some(results.tests.iter().map(test).collect()),
        message: results.message.clone(),
        no_tests: results.no_tests.then_some(true),
    }
}

fn test(test: &report::TestResult) -> TestResult {
    let explained = |error: &String| match error.contains(REFUSAL) {
        true => format!("{error}\n{READ_ONLY}"),
        false => error.clone(),
    };
    TestResult {
        name: test.name.clone(),
        description: Some(test.description.clone()).filter(|text| !text.is_empty()),
        status: match test.status {
            report::Verdict::Passed => Verdict::Passed,
            report::Verdict::Failed => Verdict::Failed,
            report::Verdict::Error => Verdict::Error,
        },
        error: test.error.as_ref().map(explained),
        time: test.time.as_secs_f64(),
    }
}

/// What comes of the tests of an endpoint that can't be called: each is an error.
fn untestable(definition: &Definition, problem: Option<&str>) -> TestResults {
    let tests: Vec<_> = definition
        .tests()
        .map(|(name, description)| TestResult {
            name: name.to_owned(),
            description: description.map(str::to_owned),
            status: Verdict::Error,
            error: problem.map(str::to_owned),
            time: 0.0,
        })
        .collect();
    TestResults {
        status: if tests.is_empty() { TestsStatus::Ok } else { TestsStatus::Error },
        tests_run: tests.len() as u64,
        no_tests: tests.is_empty().then_some(true),
        tests: Some(tests),
        message: None,
    }
}
