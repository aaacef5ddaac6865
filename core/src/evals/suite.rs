//! Suites, from files to what they say.

use super::duplicates;
use crate::definition::Kind;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::load::{Content, text};
use crate::registry::Registry;
use crate::schema::EvalFile;
use crate::source::{SourceFile, Span};
use crate::yaml::{DocPath, Document, Report, Shape};

/// What came of one file.
#[derive(Debug)]
pub struct LoadedSuite {
    /// Path relative to the project root.
    pub path: String,
    /// Name of the suite, if the file says one.
    pub name: Option<String>,
    /// What it is.
    pub state: SuiteState,
    /// What there is to say about it, warnings included.
    pub findings: Diagnostics,
}

/// What a file in the folder of evaluations is.
#[derive(Debug)]
pub enum SuiteState {
    /// A suite.
    Suite(Box<EvalFile>),
    /// It has errors.
    Broken,
    /// It has no key `mxcp` and is passed over.
    Foreign,
}

/// Reads the files of suites, paths relative to the project root, and gives them by path. Tools that expectations name are
/// looked up in `registry`.
#[must_use]
pub fn load(files: impl IntoIterator<Item = (String, Content)>, registry: &Registry) -> Vec<LoadedSuite> {
    let mut suites: Vec<_> =
        files.into_iter().map(|(path, content)| load_file(path, content, registry)).collect();
    suites.sort_by(|one, other| one.path.cmp(&other.path));
    duplicates::report(&mut suites);
    suites
}

fn load_file(path: String, content: Content, registry: &Registry) -> LoadedSuite {
    let mut findings = Diagnostics::new();
    let document = match text(content) {
        Ok(text) => Document::parse(&SourceFile::new(path.clone(), text), &mut findings),
        Err(problem) => {
            findings.push(problem.label(Span::new(&SourceFile::new(path.clone(), ""), 0..0), ""));
            None
        }
    };
    let name = document.as_ref().and_then(|document| document.node(&DocPath::root().key("suite"))?.as_str());
    let name = name.map(str::to_owned);
    let state = document.map_or(SuiteState::Broken, |document| read(&document, registry, &mut findings));
    LoadedSuite { path, name, state, findings }
}

fn read(document: &Document, registry: &Registry, findings: &mut Diagnostics) -> SuiteState {
    let mut report = Report::new(document, findings);
    if document.node(&DocPath::root().key("mxcp")).is_none() {
        let problem = "file has no key `mxcp` and is no suite of evaluations";
        let problem = Diagnostic::warning(Code::IgnoredFile, problem).help("begin it with `mxcp: 1`");
        report.add(&DocPath::root(), problem);
        return SuiteState::Foreign;
    }
    let unknown = Shape::of::<EvalFile>().check(&mut report);
    // What else is wrong is found in what remains without the keys nobody knows.
    let suite: EvalFile = match document.deserialize_without(&unknown) {
        Ok(suite) => suite,
        Err(problem) => {
            if !report.has_errors() {
                report.error(Code::WrongType, &DocPath::root(), problem.to_string());
            }
            return SuiteState::Broken;
        }
    };
    check_names(&suite, &mut report);
    check_tools(&suite, registry, &mut report);
    if report.has_errors() { SuiteState::Broken } else { SuiteState::Suite(Box::new(suite)) }
}

fn check_names(suite: &EvalFile, report: &mut Report<'_>) {
    let tests = DocPath::root().key("tests");
    let places = suite.tests.iter().enumerate().map(|(index, test)| {
        let place = tests.index(index).key("name");
        (place, &test.name)
    });
    for (place, name) in std::iter::once((DocPath::root().key("suite"), &suite.suite)).chain(places) {
        if !is_name(name) {
            let problem = format!("`{name}` is no name");
            let problem = Diagnostic::error(Code::InvalidValue, problem);
            report.add(&place, problem.help("a name is a letter or `_`, then letters, digits and `_`"));
        }
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && name.chars().all(|character| character.is_alphanumeric() || character == '_')
}

/// Warns of tools that don't exist: no model can call them.
fn check_tools(suite: &EvalFile, registry: &Registry, report: &mut Report<'_>) {
    let exists =
        |name: &str| [Kind::Tool, Kind::Resource].iter().any(|kind| registry.get(*kind, name).is_some());
    for (index, test) in suite.tests.iter().enumerate() {
        let place = DocPath::root().key("tests").index(index).key("assertions");
        let called = test.assertions.must_call.iter().flatten().enumerate().map(|(index, call)| {
            let place = place.key("must_call").index(index).key("tool");
            (place, &call.tool)
        });
        let spared = test.assertions.must_not_call.iter().flatten().enumerate().map(|(index, tool)| {
            let place = place.key("must_not_call").index(index);
            (place, tool)
        });
        for (place, name) in called.chain(spared).filter(|(_, name)| !exists(name)) {
            let problem = format!("there is no tool or resource `{name}`");
            report.warning(Code::InvalidValue, &place, problem);
        }
    }
}
