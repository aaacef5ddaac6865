//! The edge, its floor, and the server.

use std::path::Path;

use serde_json::{Value, json};

use super::Built;
use crate::contender::{Call, Contender, list_call, tool_call, words};
use crate::options::Options;

/// The text that is looked at.
const TEXT: &str = "The cat sat on the mat. It was happy!";

/// The floor first, with which the others are compared: it answers what it is asked with the same text.
pub(super) fn all(options: &Options, built: &Built<'_>, served: &Path, project: &Path) -> Vec<Contender> {
    let edge = |name, file: &Path, calls| Contender {
        name,
        program: options.binaries.join("mxcp"),
        arguments: [words(&["edge", "serve", "--port", "PORT"]), vec![file.display().to_string()]].concat(),
        variables: vec![("MXCP_EDGE_ANONYMOUS", "true".into())],
        folder: project.to_owned(),
        calls,
    };
    let calls = || vec![("readability", readability()), ("tools/list", list_call("readability"))];
    let hello = |call: Call| Call { expected: vec![("", Value::from("hello, world"))], ..call };
    let floor = calls().into_iter().map(|(name, call)| (name, hello(call))).collect();
    let mut all = vec![
        edge("floor: hello world", &built.hello(), floor),
        edge("mxcp edge serve", served, calls()),
        Contender {
            name: "mxcp serve",
            program: options.binaries.join("mxcp"),
            arguments: words(&["serve", "--transport", "streamable-http", "--port", "PORT"]),
            variables: Vec::new(),
            folder: project.to_owned(),
            calls: calls(),
        },
    ];
    all.retain(|contender| options.wants(contender.name));
    all
}

/// A call of the component's tool.
pub(super) fn readability() -> Call {
    let expected =
        vec![("/result/isError", json!(false)), ("/result/structuredContent/syllables", json!(10))];
    tool_call("readability", &json!({"text": TEXT}), expected)
}
