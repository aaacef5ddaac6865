//! Texts and data made to exhaust the core: each ends in a finding or an error, natively and in the component, and what
//! is too much for a component all the same ends the component, never its host.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use mxcp_test_support::case::{Case, CaseCall};
use mxcp_test_support::component::{Compiled, Limits};
use mxcp_test_support::native::Native;
use mxcp_test_support::transcript::{Transcript, play};
use serde_json::{Value as Json, json};

/// A project of one file, and a call.
fn case(path: &str, definition: &Json, arguments: Json) -> Case {
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    let mut call = CaseCall { arguments, value: Some(json!([])), ..CaseCall::default() };
    let name = Some("t".to_owned());
    if path.starts_with("prompts/") {
        call.prompt = name
    } else {
        call.tool = name
    }
    let files = BTreeMap::from([(path.to_owned(), definition.to_string())]);
    Case { about: "hostile".to_owned(), files, calls: vec![call], ..Case::default() }
}

/// A tool that takes a text, a list and a pattern, with one input rule.
fn rule(condition: &str, arguments: Json) -> Case {
    let parameters = json!([
        { "name": "s", "type": "string", "default": "" },
        { "name": "xs", "type": "array", "default": [] },
    ]);
    let tool = json!({
        "name": "t", "parameters": parameters, "source": { "code": "SELECT $s, $xs" },
        "policies": { "input": [{ "condition": condition, "action": "deny", "reason": "kept" }] },
    });
    case("tools/t.yml", &json!({ "tool": tool }), arguments)
}

/// The component, compiled once for all tests.
fn compiled() -> &'static Compiled {
    static COMPILED: OnceLock<Compiled> = OnceLock::new();
    COMPILED.get_or_init(|| Compiled::new().unwrap())
}

/// The transcript of a case, the same natively and through the component.
fn both(case: &Case) -> Transcript {
    let native = play(&mut Native, case).unwrap();
    let mut component = compiled().instance(Limits::default()).unwrap();
    assert_eq!(native, play(&mut component, case).unwrap());
    native
}

/// The file is refused, for a reason with these words.
fn refused(case: &Case, words: &str) {
    let transcript = both(case);
    assert_eq!(transcript.files[0].state, "broken", "{transcript:?}");
    assert!(transcript.files[0].findings.iter().any(|finding| finding.contains(words)), "{transcript:?}");
}

/// The rule can't be evaluated, so that the call is denied, and the record says why.
fn denied(case: &Case, words: &str) {
    let transcript = both(case);
    let call = &transcript.calls[0];
    assert_eq!(
        call.error,
        Some(json!({ "input-denied": "Policy enforcement failed: kept" })),
        "{transcript:?}"
    );
    assert!(call.audit["policy_errors"].to_string().contains(words), "{}", call.audit["policy_errors"]);
}

#[test]
fn long_chains_of_operators_are_refused_when_they_are_loaded() {
    refused(&rule(&format!("s == 'a'{}", " == true".repeat(200)), json!({})), "policy-syntax");
    refused(&rule(&"!".repeat(2000), json!({})), "policy-syntax");
    refused(
        &rule(&format!("{}1{} == 1", "(".repeat(500), ")".repeat(500)), json!({})),
        "nests brackets deeper",
    );
    refused(&rule(&format!("s == '{}'", "a".repeat(3000)), json!({})), "at most 2048 are allowed");
}

#[test]
fn loops_within_loops_are_refused_or_cut_off() {
    let deep = "xs.all(a, xs.all(b, xs.all(c, xs.all(d, true))))";
    refused(&rule(deep, json!({})), "policy-syntax");
    let many = json!({ "xs": (0..200).collect::<Vec<_>>() });
    denied(&rule("xs.all(a, xs.all(b, xs.all(c, a + b + c >= 0)))", many), "work");
}

#[test]
fn texts_that_grow_without_end_are_cut_off() {
    let growing = "xs.map(a, s.replace('a', s)).map(b, b.replace('a', b)).exists(c, c == '')";
    let arguments = json!({ "s": "a".repeat(2000), "xs": (0..50).collect::<Vec<_>>() });
    let transcript = both(&rule(growing, arguments));
    let errors = transcript.calls[0].audit["policy_errors"].to_string();
    assert!(errors.contains("input[0]: "), "{transcript:?}");
}

#[test]
fn patterns_that_explode_are_refused_or_fail() {
    refused(&rule("s.matches('(((a{100}){100}){100}){100}')", json!({})), "too large when compiled");
    denied(&rule("''.matches(s)", json!({ "s": "(((a{100}){100}){100}){100}" })), "too large");
    let backtracking = rule("s.matches('^(a+)+$')", json!({ "s": format!("{}!", "a".repeat(50_000)) }));
    assert!(both(&backtracking).calls[0].result.is_some());
}

#[test]
fn numbers_beyond_all_bounds_fail_or_are_handed_on_whole() {
    denied(&rule("9223372036854775807 + xs.size() > 0", json!({ "xs": [1] })), "input[0]");
    denied(&rule("1 / (xs.size() - 1) > 0", json!({ "xs": [1] })), "input[0]");
    let huge: Json = serde_json::from_str(&"9".repeat(4000)).unwrap();
    let tool = json!({ "tool": {
        "name": "t", "parameters": [{ "name": "i", "type": "integer" }], "source": { "code": "SELECT $i" },
    }});
    let transcript = both(&case("tools/t.yml", &tool, json!({ "i": huge })));
    let plan = transcript.calls[0].plan.as_ref();
    assert!(plan.is_none_or(|plan| plan["arguments"]["i"] == huge), "{transcript:?}");
}

#[test]
fn yaml_that_is_deep_or_stands_for_too_much_is_refused() {
    let file = |text: String| Case {
        about: "hostile".to_owned(),
        files: BTreeMap::from([("tools/t.yml".to_owned(), text)]),
        ..Case::default()
    };
    refused(&file(format!("tool: {}{}", "[".repeat(5000), "]".repeat(5000))), "error[");
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let alias = format!("*a{}, ", level - 1).repeat(10);
        laughs.push_str(&format!("a{level}: &a{level} [{}]\n", alias.trim_end_matches(", ")));
    }
    refused(&file(laughs), "too-large");
}

#[test]
fn deep_arguments_are_an_error_of_the_host() {
    let mut deep = json!(1);
    for _ in 0..200 {
        deep = json!([deep]);
    }
    let case = rule("s == 'a'", json!({ "xs": deep }));
    let mut component = compiled().instance(Limits::default()).unwrap();
    let error = format!("{:#}", play(&mut component, &case).unwrap_err());
    assert!(error.contains("recursion limit"), "{error}");
    let text = json!({ "xs": format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)) });
    let transcript = both(&rule("s == 'a'", text));
    assert!(transcript.calls[0].error.is_some(), "{transcript:?}");
    // What was asked before does no harm to what is asked after.
    assert!(play(&mut component, &rule("s == 'a'", json!({}))).unwrap().calls[0].result.is_some());
}

#[test]
fn prompts_that_loop_or_grow_are_cut_off() {
    let prompt = |template: &str| {
        let prompt = json!({ "prompt": { "name": "t", "messages": [{ "prompt": template }] } });
        let transcript = both(&case("prompts/t.yml", &prompt, json!({})));
        assert!(
            transcript.calls[0].error.is_some() || transcript.files[0].state == "broken",
            "{transcript:?}"
        );
    };
    prompt("{% for a in range(90000) %}{% for b in range(90000) %}x{% endfor %}{% endfor %}");
    prompt("{{ 'a' * 1000000000 }}");
    prompt(
        "{% set ns = namespace(s='a') %}{% for i in range(64) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
    );
    prompt(&format!("{{{{ {}1 }}}}", "1 + ".repeat(2000)));
}

#[test]
fn a_component_that_runs_out_of_fuel_or_memory_leaves_its_host_and_the_next_one_alone() {
    let fine = rule("s == 'a'", json!({}));
    let mut expensive = fine.clone();
    for index in 0..300 {
        let tool = json!({ "tool": { "name": format!("t{index}"), "source": { "code": "SELECT 1" } } });
        expensive.files.insert(format!("tools/t{index}.yml"), tool.to_string());
    }
    let tight =
        [Limits { fuel: 2_000_000, ..Limits::default() }, Limits { memory: 3 << 20, ..Limits::default() }];
    for limits in tight {
        let mut ended = compiled().instance(limits).unwrap();
        assert!(play(&mut ended, &expensive).is_err(), "{limits:?}");
        let again = play(&mut ended, &fine);
        assert!(again.is_err(), "an instance that trapped must not be used again");
        let mut next = compiled().instance(Limits::default()).unwrap();
        assert!(play(&mut next, &fine).unwrap().calls[0].result.is_some());
    }
}
