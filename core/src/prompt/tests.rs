use super::*;
use crate::diagnostic::Diagnostics;
use crate::source::SourceFile;
use crate::types::testing::{object, parameters};
use crate::yaml::Document;

/// The types of the arguments in the table.
const PARAMETERS: &str = "[{name: n, type: integer}, {name: f, type: number}, {name: s, type: string}, \
    {name: t, type: boolean}, {name: none, type: string, default: null}, {name: xs, type: array}, \
    {name: names, type: array}, {name: o, type: object}, {name: people, type: array}, {name: html, type: string}, \
    {name: uni, type: string}, {name: lines, type: string}, {name: day, type: string, format: date}, \
    {name: when, type: string, format: date-time}, {name: long, type: string}]";

fn compile(template: &str, parameters: &Parameters) -> Result<PromptTemplates, Vec<String>> {
    let mut findings = Diagnostics::new();
    let file = SourceFile::new("p.yml", serde_json::json!([{ "prompt": template }]).to_string());
    let document = Document::parse(&file, &mut findings).unwrap();
    let messages: Vec<schema::Message> = document.deserialize().unwrap();
    let mut report = Report::new(&document, &mut findings);
    let templates = PromptTemplates::compile(&messages, parameters, &DocPath::root(), &mut report);
    if findings.is_empty() {
        return Ok(templates);
    }
    let place = |finding: &Diagnostic| finding.labels[0].span.text().to_owned();
    Err(findings.iter().map(|finding| format!("{} [{}]", finding.message, place(finding))).collect())
}

fn render_with(template: &str, definitions: &str, arguments: &str) -> Result<String, String> {
    let (parameters, _) = parameters(definitions);
    let templates = compile(template, &parameters).map_err(|findings| findings.join("; "))?;
    let bound = parameters.bind(object(arguments), crate::call::UnknownArguments::Refuse).unwrap();
    let messages = templates.render(&bound.values).map_err(|error| error.to_string())?;
    let Value::Array(messages) = messages else { panic!("no list") };
    Ok(messages[0].as_object().unwrap().get("prompt").unwrap().as_str().unwrap().to_owned())
}

fn render(template: &str) -> Result<String, String> {
    render_with(template, "[]", "{}")
}

fn findings(template: &str) -> Vec<String> {
    compile(template, &parameters("[{name: a, type: string}]").0).err().unwrap_or_default()
}

#[test]
fn renders_what_jinja2_renders() {
    let table: serde_json::Value = serde_json::from_str(include_str!("jinja2.json")).unwrap();
    let arguments = table["arguments"].to_string();
    let mut differences = Vec::new();
    let rows = table["rows"].as_array().unwrap();
    assert!(rows.len() > 150);
    for row in rows {
        let template = row["template"].as_str().unwrap();
        let rendered = render_with(template, PARAMETERS, &arguments);
        let expected = row["text"].as_str();
        if rendered.as_deref().ok() != expected {
            differences.push(format!("{template:?}\n  expected {expected:?}\n  got      {rendered:?}"));
        }
    }
    assert!(differences.is_empty(), "{} differ\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn endless_templates_are_refused_fast() {
    let work = "the template asks for more work than a prompt may";
    let cases = [
        ("{% for i in range(10**9) %}{{ i }}{% endfor %}", "range has too many elements"),
        ("{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", work),
        ("{{ 'x' * 10**9 }}", work),
        ("{{ [0] * 10**9 }}", "repeated sequence is too large"),
        ("{{ 'x'|center(10**9) }}", work),
        ("{{ 'x'.center(10**9) }}", work),
        ("{{ 'x'.ljust(10**9) }}", work),
        ("{{ '1'.zfill(10**9) }}", work),
        ("{{ 'x\ny'|indent(10**9) }}", work),
        ("{{ '\t'.expandtabs(10**9) }}", work),
        ("{{ '%1000000000d' % 1 }}", "a field can't be wider than 10000"),
        ("{{ '%*d' % (10**9, 1) }}", "a field can't be wider than 10000"),
        ("{{ '{:>1000000000}'.format('x') }}", "a field of the format is too wide"),
        ("{{ '{:>{w}}'.format('x', w=10**9) }}", "a field of the format is too wide"),
        ("{{ lipsum(10**9) }}", work),
        ("{{ lipsum(min=10**15) }}", work),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "recursion limit exceeded"),
        ("{% set a = 'xxxxxxxxxx' * 9999 %}{{ a.replace('x', a) }}", "the text is longer than 4194304 bytes"),
        ("{% set a = 'xxxxxxxxxx' * 9999 %}{{ a|replace('x', a) }}", work),
        (
            "{% set a = ['x'] * 1000 %}{% set b = [a] * 1000 %}{{ [b] * 1000 }}",
            "the text is longer than 4194304 bytes",
        ),
        ("{% set a = ['x'] * 1000 %}{% set b = [a] * 1000 %}{{ b|tojson }}", "the text is longer"),
        ("{% set a = ['x'] * 1000 %}{% set b = [a] * 1000 %}{{ b|pprint }}", "the text is longer"),
    ];
    for (template, expected) in cases {
        let problem = render(template).unwrap_err();
        assert!(problem.contains(expected), "{template}: {problem}");
    }
}

#[test]
fn templates_too_deep_to_be_walked_are_refused() {
    for (before, repeated, after) in [
        ("{{ 1", " + 1", " }}"),
        ("{{ 1", "|string", " }}"),
        ("{{ a", ".a", " }}"),
        ("{{ a", "[1]", " }}"),
        ("{{ range", "(1)", " }}"),
        ("{{ 1", " % 1", " }}"),
        ("{{ 1", " ** 1", " }}"),
        ("{{ ", "not ", "1 }}"),
        ("{{ ", "-", "1 }}"),
        ("{{ 1", " if 1 else 1", " }}"),
        ("{{ 1", " is defined", " }}"),
        ("{{ ", "[", "]"),
        ("{% set x = 1", " and 1", " %}"),
        ("{% if 1 %}", "{% elif 1 %}", "{% endif %}"),
        ("", "{% if 1 %}", ""),
        ("", "{% for i in [] %}{% if 1 %}{% elif 1 %}", ""),
    ] {
        for times in [20_000, 1_000, 150, 120] {
            let findings = findings(&format!("{before}{}{after}", repeated.repeat(times)));
            let refused = findings.iter().any(|finding| {
                ["parts", "branches", "recursion limits"].iter().any(|word| finding.contains(word))
            });
            assert!(refused || times < 1_000, "{times} times `{repeated}`: {findings:?}");
        }
    }
}

#[test]
fn templates_are_nested_as_deep_as_they_may_without_harm() {
    let branches = format!("{}{{% else %}}", "{% elif 0 %}".repeat(200));
    let expression = format!("{{{{ {}1{} }}}}", "-".repeat(400), " + 1".repeat(40));
    for (open, close) in [
        ("{% if 1 %}", "{% endif %}"),
        ("{% for i in [1] %}", "{% endfor %}"),
        ("{% with x = 1 %}", "{% endwith %}"),
    ] {
        let (open, close) = (open.repeat(60), close.repeat(60));
        let template = format!("{open}{{% if 0 %}}{branches}{expression}{{% endif %}}{close}");
        assert_eq!(render(&template).unwrap(), "41");
    }
}

#[test]
fn what_is_long_without_being_deep_is_read() {
    let numbers = "-1 + 2, ".repeat(5_000);
    assert_eq!(render(&format!("{{{{ [{numbers}]|length }}}}")).unwrap(), "5000");
    let pairs: String = (0..5_000).map(|key| format!("'k{key}': f(1, -1), ")).collect();
    let template = format!("{{% macro f(a, b) %}}{{% endmacro %}}{{{{ {{{pairs}}}|length }}}}");
    assert_eq!(render(&template).unwrap(), "5000");
    let conditions = "{% if 1 %}a{% elif 0 %}b{% elif 0 %}c{% endif %}".repeat(500);
    assert_eq!(render(&conditions).unwrap(), "a".repeat(500));
    assert_eq!(render(&"x".repeat(1 << 20)).unwrap().len(), 1 << 20);
    assert_eq!(findings(&"x".repeat((1 << 20) + 1)), ["template is longer than 1048576 bytes []"]);
}

#[test]
fn undefined_variables_without_end_are_counted() {
    let template: String = (0..300).map(|name| format!("{{{{ v{name} }}}}")).collect();
    assert!(findings(&template)[0].contains(" and 200 more ["), "{:?}", findings(&template));
}

#[test]
fn long_lists_are_no_endless_ones() {
    let text = render("{% for i in range(20000) %}{{ i }},{{ loop.first }};{% endfor %}").unwrap();
    assert!(text.ends_with("19999,False;"));
}

#[test]
fn undefined_variables_are_named_where_they_are_used() {
    assert_eq!(
        findings("{{ a }} {{ c.x }} {% if b %}{% endif %} {{ c }}"),
        ["Message 0 uses undefined template variables: b, c [c]"]
    );
    assert_eq!(findings("{{ foo() }}"), ["Message 0 uses undefined template variables: foo [foo]"]);
    assert_eq!(findings("{{ a[x] }}"), ["Message 0 uses undefined template variables: x [x]"]);
    assert_eq!(findings("{{ y }}{% set y = 1 %}"), ["Message 0 uses undefined template variables: y [y]"]);
    let after_the_loop = "{% for i in [1] %}{% set y = i %}{% endfor %}{{ i }}{{ y }}{{ loop }}";
    assert_eq!(findings(after_the_loop), ["Message 0 uses undefined template variables: i, loop, y [i]"]);
}

#[test]
fn names_that_templates_bind_or_ask_about_are_not_undefined() {
    for template in [
        "{% set x = 1 %}{{ x }}",
        "{% if a %}{% set x = 1 %}{% endif %}{{ x }}",
        "{% for x, y in [] %}{{ x }}{{ y }}{{ loop.index }}{% endfor %}",
        "{% macro m(x, y=a) %}{{ x }}{{ y }}{{ caller() }}{% endmacro %}{% call m(1) %}{% endcall %}",
        "{% with x = 1 %}{{ x }}{% endwith %}",
        "{% set x %}b{% endset %}{{ x }}",
        "{% if x is defined %}{{ x }}{% endif %}{% if y is not undefined %}{{ y }}{% endif %}",
        "{{ x|default('d') }}{{ y|d }}{{ x }}",
        "{{ range(1) }}{{ dict() }}{{ lipsum }}{{ cycler }}{{ joiner }}{{ namespace() }}",
    ] {
        assert_eq!(findings(template), [""; 0], "{template}");
    }
}

#[test]
fn unknown_names_and_syntax_are_found_when_the_project_loads() {
    let cases = [
        ("{{ a|nope }}", "No filter named 'nope'. [nope]"),
        ("{% filter nope %}{% endfilter %}", "No filter named 'nope'. [nope]"),
        ("{{ a is nope }}", "No test named 'nope'. [nope]"),
        ("{% do a() %}", "Encountered unknown tag 'do'."),
        ("{% include 'x' %}", "`include` needs other templates"),
        ("{% extends 'x' %}", "`extends` needs other templates"),
        ("{% import 'x' as y %}", "`import` needs other templates"),
        ("{% from 'x' import y %}", "`from` needs other templates"),
        ("{{ a", "unexpected end of input, expected end of variable block"),
        ("{% nope %}", "unknown statement nope [nope]"),
    ];
    for (template, expected) in cases {
        let found = findings(template);
        assert!(found.len() == 1 && found[0].starts_with(expected), "{template}: {found:?}");
    }
}

#[test]
fn failures_say_where_and_why() {
    assert_eq!(render("\n{{ 1 / 0 }}").unwrap_err(), "Failed to render message 0: division by zero (line 2)");
    let problem = render_with("{{ o.x.y }}", "[{name: o, type: object}]", r#"{"o": {}}"#).unwrap_err();
    assert_eq!(problem, "Failed to render message 0: `o.x` is undefined (line 1)");
}

#[test]
fn what_is_random_is_the_same_each_time() {
    let template =
        "{{ range(100)|random }} {{ range(100)|random }} {{ lipsum(1, html=false, min=3, max=9) }}";
    let once = render(template).unwrap();
    assert_eq!(render(template).unwrap(), once);
    let numbers: Vec<&str> = once.split(' ').collect();
    assert_ne!(numbers[0], numbers[1]);
}

#[test]
fn links_are_made_of_addresses() {
    assert_eq!(
        render("{{ 'see http://x.example/a?b=c&d, (www.y.example).'|urlize }}").unwrap(),
        "see <a href=\"http://x.example/a?b=c&amp;d\" rel=\"noopener\">http://x.example/a?b=c&amp;d</a>, \
         (<a href=\"https://www.y.example\" rel=\"noopener\">www.y.example</a>)."
    );
}

#[test]
fn times_and_points_in_time_print_as_python_prints_them() {
    let definitions = "[{name: at, type: string, format: date-time}, {name: of, type: string, format: time}]";
    let arguments = r#"{"at": "2024-02-29T12:00:00.5+02:00", "of": "07:30"}"#;
    let render = |template| render_with(template, definitions, arguments).unwrap();
    assert_eq!(render("{{ at }} {{ of }}"), "2024-02-29 12:00:00.500000+02:00 07:30:00");
    assert_eq!(render("{{ at.isoformat() }} {{ of.hour }}"), "2024-02-29T12:00:00.500000+02:00 7");
    assert_eq!(render("{{ [of] }}"), "[datetime.time(7, 30)]");
    assert_eq!(render("{{ at.strftime('%H %z') }}"), "12 +0200");
}
