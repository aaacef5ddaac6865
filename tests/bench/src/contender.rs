//! What is measured: servers, and the calls they are given.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::options::Options;

/// The calls, by name.
pub(crate) const WORKLOADS: &[&str] =
    &["answer", "buckets", "add", "add_async", "ask", "crunch", "readability", "tools/list"];

const PROTOCOL: &str = "2026-07-28";

/// A server.
#[derive(Debug)]
pub(crate) struct Contender {
    /// What the tables call it.
    pub(crate) name: &'static str,
    /// The program.
    pub(crate) program: PathBuf,
    /// Its arguments; `PORT` stands for the port.
    pub(crate) arguments: Vec<String>,
    /// Variables of its environment.
    pub(crate) variables: Vec<(&'static str, PathBuf)>,
    /// Where it runs.
    pub(crate) folder: PathBuf,
    /// Its calls, by the workload that they are of.
    pub(crate) calls: Vec<(&'static str, Call)>,
}

/// A request, and what its answer must hold.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Path of the endpoint.
    pub(crate) path: String,
    /// Headers beside the usual ones.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The body.
    pub(crate) body: String,
    /// Values that the answer must have, by JSON pointer.
    pub(crate) expected: Vec<(&'static str, Value)>,
}

/// All contenders. The first is the floor that the others are compared with. The last has a project and a collector of its own, which
/// it tells of every call.
pub(crate) fn contenders(
    options: &Options,
    project: &Path,
    (traced, collector): (&Path, &str),
) -> Vec<Contender> {
    let floor = |name, arguments| Contender {
        name,
        program: options.binaries.join("floor-sql"),
        arguments: words(arguments),
        variables: Vec::new(),
        folder: project.to_owned(),
        calls: vec![("answer", plain_answer()), ("buckets", plain_buckets())],
    };
    let mut all = vec![
        floor("floor: axum + DuckDB", &["PORT"]),
        floor("floor: the same, threads = 1", &["PORT", "1"]),
        Contender {
            name: "floor: rmcp, no engine",
            program: options.binaries.join("floor-rmcp"),
            arguments: words(&["PORT"]),
            variables: Vec::new(),
            folder: project.to_owned(),
            calls: vec![("answer", tool_answer())],
        },
        Contender {
            name: "mxcp serve",
            program: options.binaries.join("mxcp"),
            arguments: words(SERVE),
            variables: Vec::new(),
            folder: project.to_owned(),
            calls: vec![("answer", tool_answer()), ("buckets", tool_buckets())],
        },
        Contender {
            name: "mxcp serve, with telemetry",
            program: options.binaries.join("mxcp"),
            arguments: words(SERVE),
            variables: vec![
                ("MXCP_TELEMETRY_ENABLED", "true".into()),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.into()),
            ],
            folder: traced.to_owned(),
            calls: vec![("answer", tool_answer()), ("buckets", tool_buckets())],
        },
    ];
    all.retain(|contender| options.wants(contender.name));
    all
}

pub(crate) const SERVE: &[&str] = &["serve", "--transport", "streamable-http", "--port", "PORT"];

impl Contender {
    /// The quickstart, whose start is measured.
    pub(crate) fn quickstart(options: &Options, folder: &Path) -> Self {
        let call = tool_call(
            "monthly_revenue",
            &json!({"year": 2025}),
            vec![
                ("/result/isError", json!(false)),
                ("/result/structuredContent/result/0/month", json!("2025-01")),
            ],
        );
        Self {
            name: "mxcp serve, quickstart",
            program: options.binaries.join("mxcp"),
            arguments: words(SERVE),
            variables: Vec::new(),
            folder: folder.to_owned(),
            calls: vec![("monthly_revenue", call)],
        }
    }

    /// The large project, whose start is measured.
    pub(crate) fn large(options: &Options, folder: &Path) -> Self {
        let expected =
            vec![("/result/isError", json!(false)), ("/result/structuredContent/total", json!(50))];
        Self {
            name: "mxcp serve, 1,300 endpoints",
            program: options.binaries.join("mxcp"),
            arguments: words(SERVE),
            variables: Vec::new(),
            folder: folder.to_owned(),
            calls: vec![("tool_00042", tool_call("tool_00042", &json!({"amount": 8}), expected))],
        }
    }

    /// A server whose callers show a token, if there is one. Its user file is `user.yml` in its folder.
    pub(crate) fn identity(
        options: &Options,
        name: &'static str,
        folder: &Path,
        token: Option<&str>,
    ) -> Self {
        let mut call = tool_answer();
        call.headers.extend(token.map(|token| ("Authorization", format!("Bearer {token}"))));
        Self {
            name,
            program: options.binaries.join("mxcp"),
            arguments: words(SERVE),
            variables: token.map(|_| ("MXCP_CONFIG", folder.join("user.yml"))).into_iter().collect(),
            folder: folder.to_owned(),
            calls: vec![("answer", call)],
        }
    }

    /// Its call for a workload, if it takes part.
    pub(crate) fn call(&self, workload: &str) -> Option<&Call> {
        self.calls.iter().find(|(name, _)| *name == workload).map(|(_, call)| call)
    }

    /// The call with which it shows that it is ready.
    pub(crate) fn first_call(&self) -> Option<&Call> {
        self.calls.first().map(|(_, call)| call)
    }
}

/// How much is shown of a wrong answer, in bytes.
const SHOWN: usize = 2_000;

impl Call {
    /// The same call in the revision before, to a server without sessions.
    pub(crate) fn of_before(mut self) -> Self {
        self.headers.retain(|(name, _)| *name == "MCP-Protocol-Version");
        self.headers.iter_mut().for_each(|(_, value)| "2025-11-25".clone_into(value));
        self
    }

    /// Whether an answer is the right one; if not, the answer.
    pub(crate) fn check(&self, body: &[u8]) -> Result<(), String> {
        let shown = || String::from_utf8_lossy(body.get(..SHOWN).unwrap_or(body)).into_owned();
        // A stream of events has the answer in one of them.
        let event = body.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"data: "));
        let answer: Value = serde_json::from_slice(event.unwrap_or(body))
            .map_err(|error| format!("{error} in {}", shown()))?;
        match self.expected.iter().find(|(pointer, value)| answer.pointer(pointer) != Some(value)) {
            Some((pointer, value)) => Err(format!("`{pointer}` is not {value} in {}", shown())),
            None => Ok(()),
        }
    }
}

/// Those that run Python, each in a folder of its own below `projects`. The first is the floor that the others are compared
/// with.
pub(crate) fn python_contenders(options: &Options, package: &Path, projects: &Path) -> Vec<Contender> {
    let variables = || {
        vec![
            ("PYTHONPATH", package.to_owned()),
            ("LD_LIBRARY_PATH", options.binaries.clone()),
            ("PYTHONDONTWRITEBYTECODE", "1".into()),
        ]
    };
    let calls = || {
        vec![
            ("add", tool_number("add", &json!({"a": 2, "b": 3}), 5)),
            ("add_async", tool_number("add_async", &json!({"a": 2, "b": 3}), 5)),
            ("ask", tool_number("ask", &json!({"number": 41}), 42)),
            ("crunch", tool_number("crunch", &json!({"rounds": 20_000}), 667_472)),
        ]
    };
    let floor =
        "import sys; sys.path.insert(0, 'floor'); import floor_pyo3, sums; floor_pyo3.serve(PORT, sums.add)";
    let module: Vec<&str> = ["-m", "mxcp"].into_iter().chain(SERVE.iter().copied()).collect();
    let mut all = vec![
        Contender {
            name: "floor: rmcp + pyo3",
            program: "python3".into(),
            arguments: words(&["-c", floor]),
            variables: variables(),
            folder: projects.join("floor"),
            calls: vec![("add", tool_number("add", &json!({"a": 2, "b": 3}), 5))],
        },
        Contender {
            name: "mxcp serve, in process",
            program: "python3".into(),
            arguments: words(&module),
            variables: variables(),
            folder: projects.join("in-process"),
            calls: calls(),
        },
        Contender {
            name: "mxcp serve, workers",
            program: options.binaries.join("mxcp"),
            arguments: words(SERVE),
            variables: Vec::new(),
            folder: projects.join("workers"),
            calls: calls(),
        },
    ];
    if let Some(environment) = &options.reference {
        let calls = calls().into_iter().map(|(name, call)| (name, call.of_before())).collect();
        all.push(Contender {
            name: "reference implementation",
            program: environment.join("bin/mxcp"),
            arguments: words(SERVE).into_iter().chain(["--stateless".to_owned()]).collect(),
            variables: vec![("MXCP_DISABLE_ANALYTICS", "1".into())],
            folder: projects.join("reference"),
            calls,
        });
    }
    all.retain(|contender| options.wants(contender.name));
    all
}

pub(crate) fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// A call whose result is a number.
fn tool_number(name: &str, arguments: &Value, result: i64) -> Call {
    let expected =
        vec![("/result/isError", json!(false)), ("/result/structuredContent/result", json!(result))];
    tool_call(name, arguments, expected)
}

fn plain_answer() -> Call {
    plain_call("/answer", &json!({"n": 41}), vec![("/0/answer", json!(42))])
}

fn plain_buckets() -> Call {
    plain_call(
        "/buckets",
        &json!({"factor": 3}),
        vec![("/19/bucket", json!(19)), ("/19/total", json!(30_027_000))],
    )
}

/// A call of a floor.
pub(crate) fn plain_call(path: &str, body: &Value, expected: Vec<(&'static str, Value)>) -> Call {
    Call { path: path.to_owned(), headers: Vec::new(), body: body.to_string(), expected }
}

fn tool_answer() -> Call {
    let expected = vec![("/result/isError", json!(false)), ("/result/structuredContent/result", json!(42))];
    tool_call("answer", &json!({"n": 41}), expected)
}

fn tool_buckets() -> Call {
    let expected = vec![
        ("/result/isError", json!(false)),
        ("/result/structuredContent/result/19/bucket", json!(19)),
        ("/result/structuredContent/result/19/total", json!(30_027_000)),
    ];
    tool_call("buckets", &json!({"factor": 3}), expected)
}

pub(crate) fn tool_call(name: &str, arguments: &Value, expected: Vec<(&'static str, Value)>) -> Call {
    let mut call = request("tools/call", json!({"name": name, "arguments": arguments}), expected);
    call.headers.push(("Mcp-Name", name.to_owned()));
    call
}

/// The listing of tools, of which `name` is the first.
pub(crate) fn list_call(name: &str) -> Call {
    request("tools/list", json!({}), vec![("/result/tools/0/name", json!(name))])
}

fn request(method: &str, mut params: Value, expected: Vec<(&'static str, Value)>) -> Call {
    if let Value::Object(params) = &mut params {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": PROTOCOL,
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        params.insert("_meta".to_owned(), meta);
    }
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let headers = vec![("MCP-Protocol-Version", PROTOCOL.to_owned()), ("Mcp-Method", method.to_owned())];
    Call { path: "/mcp".to_owned(), headers, body: body.to_string(), expected }
}
