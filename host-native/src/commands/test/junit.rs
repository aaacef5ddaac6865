//! The report as JUnit's XML, which continuous integration reads.

use std::fmt::Write as _;
use std::time::Duration;

use super::report::{EndpointReport, Report, TestResult, Verdict};

/// The document: one `testsuite` per endpoint.
pub(super) fn document(report: &Report) -> String {
    let suites: Vec<Suite<'_>> = report.endpoints.iter().map(Suite::of).collect();
    let sum = |count: fn(&Suite<'_>) -> usize| suites.iter().map(count).sum();
    let counts = Counts {
        tests: sum(|suite| suite.counts.tests),
        failures: sum(|suite| suite.counts.failures),
        errors: sum(|suite| suite.counts.errors),
    };
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let attributes = counts.attributes(report.time);
    push(&mut xml, format_args!("<testsuites name=\"mxcp\"{attributes}>\n"));
    for suite in suites {
        suite.write(&mut xml);
    }
    xml.push_str("</testsuites>\n");
    xml
}

/// What there is of an endpoint.
struct Suite<'a> {
    endpoint: &'a EndpointReport,
    counts: Counts,
}

struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
}

impl Counts {
    fn attributes(&self, time: Duration) -> String {
        let Self { tests, failures, errors } = self;
        let time = time.as_secs_f64();
        format!(" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{time:.3}\"")
    }
}

impl<'a> Suite<'a> {
    fn of(endpoint: &'a EndpointReport) -> Self {
        let results = &endpoint.results;
        let count = |verdict| results.tests.iter().filter(|test| test.status == verdict).count();
        // A file that can't be tested is one error: a suite without tests would pass unnoticed.
        let untestable = usize::from(results.message.is_some());
        let counts = Counts {
            tests: results.tests.len() + untestable,
            failures: count(Verdict::Failed),
            errors: count(Verdict::Error) + untestable,
        };
        Self { endpoint, counts }
    }

    fn write(&self, xml: &mut String) {
        let EndpointReport { endpoint, path, results } = self.endpoint;
        let (name, file) = (attribute(endpoint), attribute(path));
        let time = results.tests.iter().map(|test| test.time).sum();
        let attributes = self.counts.attributes(time);
        push(xml, format_args!("  <testsuite name=\"{name}\" file=\"{file}\"{attributes}>\n"));
        if let Some(message) = &results.message {
            push(xml, format_args!("    <testcase name=\"load\" classname=\"{name}\" time=\"0.000\">\n"));
            problem("error", message, None, xml);
            xml.push_str("    </testcase>\n");
        }
        for test in &results.tests {
            case(test, &name, xml);
        }
        xml.push_str("  </testsuite>\n");
    }
}

fn case(test: &TestResult, class: &str, xml: &mut String) {
    let (name, time) = (attribute(&test.name), test.time.as_secs_f64());
    push(xml, format_args!("    <testcase name=\"{name}\" classname=\"{class}\" time=\"{time:.3}\""));
    let element = match test.status {
        Verdict::Passed => return xml.push_str("/>\n"),
        Verdict::Failed => "failure",
        Verdict::Error => "error",
    };
    xml.push_str(">\n");
    problem(element, test.error.as_deref().unwrap_or_default(), test.error_cause.as_deref(), xml);
    xml.push_str("    </testcase>\n");
}

/// The first line is the message, for overviews.
fn problem(element: &str, text: &str, cause: Option<&str>, xml: &mut String) {
    let message = attribute(text.lines().next().unwrap_or_default());
    let cause = cause.map(|cause| format!("\nCause: {cause}")).unwrap_or_default();
    let text = escaped(&format!("{text}{cause}"), false);
    push(xml, format_args!("      <{element} message=\"{message}\">{text}</{element}>\n"));
}

fn push(xml: &mut String, text: std::fmt::Arguments<'_>) {
    // A `String` takes everything.
    let _ = xml.write_fmt(text);
}

fn attribute(text: &str) -> String {
    escaped(text, true)
}

/// A text with its markup escaped, and without what no XML may hold (XML 1.0 section 2.2). An attribute would lose
/// its line ends.
fn escaped(text: &str, attribute: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\r' => escaped.push_str("&#13;"),
            '\n' if attribute => escaped.push_str("&#10;"),
            '\t' if attribute => escaped.push_str("&#9;"),
            '\n' | '\t' => escaped.push(character),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {}
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::report::TestResults;
    use super::*;

    fn test(name: &str, status: Verdict, error: Option<&str>) -> TestResult {
        TestResult {
            name: name.to_owned(),
            description: String::new(),
            status,
            error: error.map(str::to_owned),
            error_cause: None,
            time: Duration::from_millis(1500),
        }
    }

    #[test]
    fn every_endpoint_is_a_suite() {
        let tests = vec![
            test("good", Verdict::Passed, None),
            test("<\"bad\"> & \u{1b}[31m\n", Verdict::Failed, Some("Got: <b>\u{0}\nmore")),
        ];
        let endpoints = vec![
            EndpointReport {
                endpoint: "resource/a://{id}?x&y".to_owned(),
                path: "resources/a.yml".to_owned(),
                results: TestResults::of(tests),
            },
            EndpointReport {
                endpoint: "/p/tools/b.yml".to_owned(),
                path: "tools/b.yml".to_owned(),
                results: TestResults::broken("tool.name: Field required".to_owned()),
            },
        ];
        let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="mxcp" tests="3" failures="1" errors="1" time="2.000">
  <testsuite name="resource/a://{id}?x&amp;y" file="resources/a.yml" tests="2" failures="1" errors="0" time="3.000">
    <testcase name="good" classname="resource/a://{id}?x&amp;y" time="1.500"/>
    <testcase name="&lt;&quot;bad&quot;&gt; &amp; [31m&#10;" classname="resource/a://{id}?x&amp;y" time="1.500">
      <failure message="Got: &lt;b&gt;">Got: &lt;b&gt;
more</failure>
    </testcase>
  </testsuite>
  <testsuite name="/p/tools/b.yml" file="tools/b.yml" tests="1" failures="0" errors="1" time="0.000">
    <testcase name="load" classname="/p/tools/b.yml" time="0.000">
      <error message="tool.name: Field required">tool.name: Field required</error>
    </testcase>
  </testsuite>
</testsuites>
"#;
        assert_eq!(document(&Report { endpoints, time: Duration::from_secs(2) }), expected);
    }
}
