//! Definitions that nobody writes by hand: whatever they cost a careless reader, they end in a diagnostic.

use std::fmt::Write as _;

use mxcp_test_support::project::Project;
use serde_json::Value as Json;

/// As deep as hostile files are nested.
const DEEP: usize = 10_000;

fn project() -> Project {
    Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap()
}

/// That `validate` refuses a definition with a finding of this code, and `list` goes on without it.
#[track_caller]
fn refused(what: &str, text: &str, code: &str) -> Json {
    let project = project();
    project.file("tools/bad.yml", text).unwrap();
    let ran = project.run(&["validate", "--json-output"]).unwrap();
    let start = |text: &str| text.chars().take(2000).collect::<String>();
    assert_eq!(ran.code, Some(1), "{what}: {} {}", start(&ran.stdout), start(&ran.stderr));
    let document = ran.json().unwrap();
    let file = document["result"]["validated"][0].clone();
    let codes: Vec<_> =
        file["diagnostics"].as_array().unwrap().iter().map(|finding| finding["code"].clone()).collect();
    assert!(codes.iter().any(|found| found == code), "{what}: {codes:?} {}", start(&ran.stdout));
    let listed = project.run(&["list", "--json-output"]).unwrap();
    assert_eq!(listed.code, Some(0), "{what}: {}", start(&listed.stderr));
    assert_eq!(listed.json().unwrap()["result"]["status"], "error", "{what}");
    // People see it too, and not all of it.
    let ran = project.run(&["validate"]).unwrap();
    assert_eq!(ran.code, Some(1), "{what}: {}", start(&ran.stderr));
    assert!(ran.stderr.contains(code), "{what}: {}", start(&ran.stderr));
    file
}

/// A tool with one parameter of this type, in flow style.
fn tool(parameter: &str) -> String {
    format!("tool: {{name: bad, parameters: [{{name: a, {parameter}}}], source: {{code: 'SELECT $a'}}}}\n")
}

#[test]
fn nesting_is_refused_before_it_is_walked() {
    let nested = |open: &str, close: &str| format!("tool: {}{}\n", open.repeat(DEEP), close.repeat(DEEP));
    refused("flow lists", &nested("[", "]"), "too-large");
    refused("flow lists without an end", &nested("[", ""), "too-large");
    refused("flow mappings", &nested("{a: ", "}"), "too-large");
    refused("explicit keys", &format!("tool:\n  {}a\n", "? ".repeat(DEEP)), "too-large");
    refused("block lists", &format!("tool:\n  {}a\n", "- ".repeat(DEEP)), "too-large");
    let mut block = "tool:\n".to_owned();
    for depth in 1..2_000 {
        writeln!(block, "{}a:", " ".repeat(depth)).unwrap();
    }
    refused("block mappings", &block, "too-large");
}

#[test]
fn nested_types_are_refused() {
    let deep = |before: &str, after: &str| {
        tool(&format!("{}type: string{}", before.repeat(DEEP), after.repeat(DEEP)))
    };
    refused("items", &deep("type: array, items: {", "}"), "too-large");
    refused("properties", &deep("type: object, properties: {p: {", "}}"), "too-large");
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    let mut merges = "a0: &a0 {k0: x}\n".to_owned();
    for level in 1..30 {
        let before = level - 1;
        let aliases = format!("*a{before}, ").repeat(10);
        writeln!(laughs, "a{level}: &a{level} [{aliases}]").unwrap();
        writeln!(merges, "a{level}: &a{level} {{<<: [{aliases}], k{level}: *a{before}}}").unwrap();
    }
    refused("lists", &laughs, "too-large");
    refused("merged mappings", &merges, "too-large");
    let text = "x".repeat(1 << 20);
    refused("a long text", &format!("a: &a {text}\nb: [{}]\n", "*a, ".repeat(50_000)), "too-large");
    let anchors: String = (0..50).map(|level| format!("&a{level} [")).collect();
    let values = "x, ".repeat(90_000);
    refused("anchors inside of anchors", &format!("a: {anchors}{values}{}\n", "]".repeat(50)), "too-large");
}

#[test]
fn wide_files_are_refused() {
    let keys: String = (0..300_000).map(|key| format!("key{key:020}: 1\n")).collect();
    refused("keys", &keys, "too-large");
    let repeated = format!("{{{}}}\n", "a: 1, ".repeat(40_000));
    refused("one key over and over", &repeated, "duplicate-key");
    let parameters: String =
        (0..100_000).map(|index| format!("    - {{name: p{index}, type: string}}\n")).collect();
    refused("parameters", &format!("tool:\n  name: bad\n  parameters:\n{parameters}"), "too-large");
    let twins = "    - {name: p, type: string}\n".repeat(15_000);
    let text = format!("tool:\n  name: bad\n  source: {{code: SELECT 1}}\n  parameters:\n{twins}");
    let file = refused("parameters of one name", &text, "invalid-value");
    let told = file["diagnostics"].as_array().unwrap().len();
    assert!((2..200).contains(&told), "{told} findings");
    let unused: String =
        (0..15_000).map(|index| format!("    - {{name: p{index}, type: string}}\n")).collect();
    let text = format!("tool:\n  name: bad\n  source: {{code: SELECT 1}}\n  parameters:\n{unused}");
    let project = project();
    project.file("tools/bad.yml", &text).unwrap();
    let document = project.run(&["validate", "--json-output"]).unwrap().json().unwrap();
    assert_eq!(document["result"]["validated"][0]["diagnostics"][0]["code"], "parameter-mismatch");
    let required: String = (0..60_000).map(|name| format!("r{name}, r{name}, ")).collect();
    let parameter = format!("{{name: a, type: object, required: [{}]}}", required.get(..500_000).unwrap());
    let text = format!("tool: {{name: bad, parameters: [{parameter}], source: {{code: ''}}}}");
    refused("required properties", &text, "invalid-value");
}

#[test]
fn what_nobody_knows_is_not_told_a_hundred_thousand_times() {
    let unknown: String = (0..40_000).map(|key| format!("  key{key}: 1\n")).collect();
    let file = refused("unknown keys", &format!("tool:\n{unknown}"), "unknown-key");
    let told = file["diagnostics"].as_array().unwrap().len();
    assert!((100..200).contains(&told), "{told} findings");
    let long = "k".repeat(1 << 20);
    refused("a long unknown key", &format!("tool: {{? {long} : 1}}\n"), "unknown-key");
    let line = format!("tool: {{{}}}\n", (0..40_000).map(|key| format!("é{key}: 1, ")).collect::<String>());
    refused("unknown keys on one line", &line, "unknown-key");
}

#[test]
fn large_files_are_refused_unread() {
    let keys: String = (0..400_000).map(|key| format!("key{key:020}: 1\n")).collect();
    assert!(keys.len() > 10_000_000);
    refused("keys", &keys, "too-large");
    let scalar = "x".repeat(10 << 20);
    refused("one text", &format!("tool: {{name: a, description: {scalar}}}\n"), "too-large");
    let project = project();
    project.file("tools/bad.yml", "tool: {name: bad, source: {file: ../sql/bad.sql}}\n").unwrap();
    project.file("sql/bad.sql", &format!("SELECT 1 -- {scalar}")).unwrap();
    let document = project.run(&["validate", "--json-output"]).unwrap().json().unwrap();
    let finding = &document["result"]["validated"][0]["diagnostics"][0];
    assert_eq!((&finding["code"], &finding["path"]), (&"too-large".into(), &"tool.source.file".into()));
}

#[test]
fn long_texts_and_lines_just_below_the_limit_are_read() {
    let scalar = "é".repeat(3 << 20);
    refused("one text", &format!("tool: \"{scalar}\"\n"), "wrong-type");
    let line = "é, ".repeat(45_000);
    refused("one line", &format!("tool: [{line}]\n"), "wrong-type");
    let comment = "#".repeat(6 << 20);
    refused("a comment", &format!("{comment}\n"), "empty-file");
    refused("line ends", &"\n".repeat(6 << 20), "empty-file");
    let digits = "9".repeat(1 << 20);
    refused("digits", &tool(&format!("type: {digits}")), "invalid-value");
}

#[test]
fn patterns_are_limited() {
    let pattern = |text: &str| tool(&format!("type: string, pattern: '{text}'"));
    refused("repetition", &pattern("((a{1000}){1000}){1000}"), "invalid-value");
    refused("nesting", &pattern(&format!("{}a{}", "(".repeat(DEEP), ")".repeat(DEEP))), "invalid-value");
    let words: String = (0..150_000).map(|word| format!("w{word}|")).collect();
    refused("a megabyte", &pattern(&words), "invalid-value");
    refused("classes", &pattern(&r"\pL{200}".repeat(200)), "invalid-value");
}

#[test]
fn conditions_are_limited() {
    let policy = |condition: &str| {
        format!(
            "tool:\n  name: bad\n  source: {{code: SELECT 1}}\n  policies:\n    input:\n      - condition: '{condition}'\n        action: deny\n"
        )
    };
    let nested = format!("{}true{}", "(".repeat(DEEP), ")".repeat(DEEP));
    refused("nesting", &policy(&nested), "policy-syntax");
    refused("a megabyte", &policy(&"1 == 1 && ".repeat(100_000)), "policy-syntax");
    refused("negations", &policy(&format!("{}true", "!".repeat(DEEP))), "policy-syntax");
}

#[test]
fn templates_of_prompts_are_limited() {
    let prompt = |template: &str| {
        let project = project();
        let text = serde_json::json!({"prompt": {"name": "bad", "messages": [{"prompt": template}]}});
        project.file("prompts/bad.yml", &text.to_string()).unwrap();
        let ran = project.run(&["validate", "--json-output"]).unwrap();
        assert_eq!(ran.code, Some(1), "{:?}", ran.stderr);
        let document = ran.json().unwrap();
        document["result"]["validated"][0]["diagnostics"][0]["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(prompt(&"{% if true %}".repeat(100_000)), "too-large");
    let nested = format!("{}{}", "{% if true %}".repeat(10_000), "{% endif %}".repeat(10_000));
    assert_eq!(prompt(&nested), "prompt-template");
    assert_eq!(prompt(&format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(DEEP))), "too-large");
    assert_eq!(prompt(&format!("{{{{ 1{} }}}}", " + 1".repeat(DEEP))), "too-large");
    assert_eq!(prompt(&"{{ x }}".repeat(140_000)), "prompt-template");
    let messages: String = "    - prompt: x\n".repeat(DEEP);
    let project = project();
    project.file("prompts/bad.yml", &format!("prompt:\n  name: bad\n  messages:\n{messages}")).unwrap();
    let document = project.run(&["validate", "--json-output"]).unwrap().json().unwrap();
    assert_eq!(document["result"]["validated"][0]["diagnostics"][0]["code"], "too-large");
}

#[test]
fn large_configuration_is_refused_unread() {
    let project = project();
    let comment = "#".repeat(10 << 20);
    project.file("user.yml", &format!("mxcp: 1\n{comment}\n")).unwrap();
    let user = project.path().join("user.yml");
    let ran = project.command(&["list"]).env("MXCP_CONFIG", &user).output().unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(1), "{said}");
    assert!(said.contains("file is larger than 8388608 bytes"), "{said}");
    let site = format!("mxcp: 1\nproject: tested\nprofile: default\n{comment}\n");
    project.file("mxcp-site.yml", &site).unwrap();
    let ran = project.run(&["list", "--json-output"]).unwrap();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let expected = "Site config validation error: mxcp-site.yml: file is larger than 8388608 bytes";
    assert_eq!(ran.json().unwrap()["error"], expected);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_opened() {
    let project = project();
    std::fs::create_dir_all(project.path().join("tools")).unwrap();
    let pipe = project.path().join("tools/pipe.yml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::os::unix::fs::symlink("/dev/zero", project.path().join("tools/zero.yml")).unwrap();
    std::os::unix::fs::symlink("loop.yml", project.path().join("tools/loop.yml")).unwrap();
    let ran = project.run(&["validate", "--json-output"]).unwrap();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let document = ran.json().unwrap();
    for file in document["result"]["validated"].as_array().unwrap() {
        assert_eq!(file["diagnostics"][0]["code"], "unreadable-file", "{file}");
    }
    assert_eq!(document["result"]["validated"].as_array().unwrap().len(), 3);
}

#[cfg(unix)]
#[test]
fn files_outside_of_the_project_are_warned_of_and_refused_strictly() {
    let project = project();
    let elsewhere = Project::bare(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    elsewhere.file("secret.sql", "SELECT 42 AS answer").unwrap();
    elsewhere.file("linked.yml", "tool: {name: linked, source: {code: SELECT 1}}").unwrap();
    let sql = elsewhere.path().join("secret.sql");
    std::fs::create_dir_all(project.path().join("sql")).unwrap();
    std::os::unix::fs::symlink(&sql, project.path().join("sql/linked.sql")).unwrap();
    project.file("tools/link.yml", "tool:\n  name: link\n  source: {file: ../sql/linked.sql}\n").unwrap();
    std::os::unix::fs::symlink(elsewhere.path().join("linked.yml"), project.path().join("tools/linked.yml"))
        .unwrap();
    let folder = elsewhere.path().file_name().unwrap().to_str().unwrap().to_owned();
    let dots = format!("tool:\n  name: dots\n  source: {{file: ../../{folder}/secret.sql}}\n");
    project.file("tools/dots.yml", &dots).unwrap();

    let document = project.run(&["validate", "--json-output"]).unwrap().result().unwrap();
    assert_eq!(document["status"], "ok", "{document}");
    let place = |index: usize| {
        let finding = &document["validated"][index]["diagnostics"][0];
        assert_eq!(
            (&finding["code"], &finding["severity"]),
            (&"outside-project".into(), &"warning".into()),
            "{document}"
        );
        (finding["line"].as_u64(), finding["column"].as_u64())
    };
    assert_eq!((place(0), place(1)), ((Some(3), Some(18)), (Some(3), Some(18))));
    place(2);

    let strict = project.run(&["validate", "--strict", "--json-output"]).unwrap();
    assert_eq!(strict.code, Some(1), "{strict:?}");
    assert_eq!(strict.json().unwrap()["result"]["status"], "ok", "{strict:?}");
    let served = project.run(&["serve", "--transport", "stdio", "--strict", "--json-output"]).unwrap();
    assert_eq!(served.code, Some(1), "{served:?}");
    assert!(served.stdout.contains("lies outside of the project's folder"), "{served:?}");
}

#[test]
fn a_folder_outside_of_the_project_is_warned_of_once() {
    let project = project();
    let elsewhere = Project::bare(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    for name in ["a", "b"] {
        elsewhere
            .file(&format!("{name}.yml"), &format!("tool: {{name: {name}, source: {{code: SELECT 1}}}}"))
            .unwrap();
    }
    let site = format!(
        "mxcp: 1\nproject: tested\nprofile: default\npaths: {{tools: {}}}\n",
        elsewhere.path().display()
    );
    project.file("mxcp-site.yml", &site).unwrap();
    let ran = project.run(&["validate"]).unwrap();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.stderr.matches("outside-project").count(), 1, "{ran:?}");
    assert_eq!(project.run(&["validate", "--strict"]).unwrap().code, Some(1));
}
