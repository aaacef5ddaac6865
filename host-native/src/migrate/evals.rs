//! Suites of evaluations.

use mxcp_core::evals::SuiteState;

use super::found::Found;
use super::rule::{Rule, rules};
use super::subject::Subject;

rules! { Otherwise:
    PIPELINE = "eval-pipeline",
        "calls of models went past validation, defaults and policies, lists stayed lists, and only inline SQL worked",
        "calls run exactly as the server runs them",
        "see that the tests' `user_context` lets the model do what it should";
    PROTOCOL = "eval-protocol",
        "tools were described in the text of the question, calls were JSON in the text of the answer, and the question was gone from the second request on",
        "tools are sent as the provider's own; calls in texts are understood as well; the question stays",
        "run the suite again: models may answer otherwise, and cost otherwise";
    OUTCOME = "eval-outcome",
        "several suites never ended well, an unknown suite or a missing model did, and one failing model stopped them all",
        "exit code 0 if every test passes, else 1; suites fail by themselves",
        "adapt scripts that looked at the exit code";
}

pub(super) const RULES: &[&Rule] = &[&PIPELINE, &PROTOCOL, &OUTCOME];

pub(super) fn find(subject: &Subject, found: &mut Found) {
    for suite in subject.suites.iter().filter(|suite| !matches!(suite.state, SuiteState::Foreign)) {
        for rule in [&PIPELINE, &PROTOCOL, &OUTCOME] {
            found.file(rule, suite.path.as_str(), "");
        }
    }
}
