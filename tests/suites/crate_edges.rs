//! Who may depend on whom (ARCHITECTURE.md), read from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Each crate, and the crates of this workspace it may use.
const ALLOWED: &[(&str, &[&str])] = &[
    ("mxcp-core", &[]),
    ("mxcp-core-component", &["mxcp-core"]),
    ("mxcp-mcp", &["mxcp-core"]),
    ("mxcp-token", &[]),
    ("chrono-tz", &[]),
    ("mxcp-host-wasi", &["mxcp-core", "mxcp-mcp", "mxcp-token"]),
    ("mxcp-runtime", &["mxcp-core"]),
    ("mxcp-results", &["mxcp-core", "mxcp-runtime"]),
    ("mxcp-duckdb", &["mxcp-core", "mxcp-runtime"]),
    ("mxcp-docs", &["mxcp-core"]),
    ("mxcp-admin", &[]),
    ("mxcp-server", &["mxcp-core", "mxcp-docs", "mxcp-mcp", "mxcp-runtime", "mxcp-token"]),
    ("mxcp-audit", &["mxcp-core", "mxcp-runtime"]),
    ("mxcp-auth", &["mxcp-core", "mxcp-runtime", "mxcp-server", "mxcp-token"]),
    ("mxcp-wasm", &["mxcp-core", "mxcp-runtime"]),
    ("mxcp-edge", &["mxcp-core", "mxcp-wasm"]),
    ("mxcp-evals", &["mxcp-core", "mxcp-runtime"]),
    ("mxcp-telemetry", &["mxcp-core", "mxcp-runtime"]),
    ("mxcp-python", &["mxcp-core", "mxcp-runtime"]),
    ("mxcp-python-native", &["mxcp", "mxcp-core", "mxcp-runtime"]),
    (
        "mxcp",
        &[
            "mxcp-audit",
            "mxcp-admin",
            "mxcp-auth",
            "mxcp-core",
            "mxcp-docs",
            "mxcp-duckdb",
            "mxcp-edge",
            "mxcp-evals",
            "mxcp-python",
            "mxcp-results",
            "mxcp-runtime",
            "mxcp-server",
            "mxcp-telemetry",
            "mxcp-token",
            "mxcp-wasm",
        ],
    ),
    ("mxcp-test-support", &["mxcp-core"]),
    (
        "mxcp-bench",
        &[
            "mxcp-audit",
            "mxcp-core",
            "mxcp-duckdb",
            "mxcp-edge",
            "mxcp-mcp",
            "mxcp-runtime",
            "mxcp-test-support",
            "mxcp-wasm",
        ],
    ),
    ("mxcp-bench-hello-edge", &[]),
    ("mxcp-test-guest", &[]),
    ("mxcp-bench-python", &[]),
    ("xtask", &[]),
];

/// What the core must never come to depend on, however deep.
const IMPURE: &[&str] = &["tokio", "rmcp", "libduckdb-sys", "duckdb", "pyo3", "wasmtime", "reqwest", "axum"];

fn metadata() -> cargo_metadata::Metadata {
    let manifest = mxcp_test_support::workspace_root().join("Cargo.toml");
    MetadataCommand::new().manifest_path(manifest).exec().unwrap()
}

#[test]
fn crates_depend_only_in_the_allowed_direction() {
    let metadata = metadata();
    let members: BTreeSet<&str> =
        metadata.workspace_packages().iter().map(|package| package.name.as_str()).collect();
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    for package in metadata.workspace_packages() {
        let allowed = allowed.get(package.name.as_str());
        let allowed = allowed.unwrap_or_else(|| panic!("{} is not in the table", package.name));
        for dependency in package.dependencies.iter().filter(|edge| edge.kind == DependencyKind::Normal) {
            let name = dependency.name.as_str();
            let fine = !members.contains(name) || allowed.contains(&name);
            assert!(fine, "{} must not depend on {name}", package.name);
        }
    }
}

#[test]
fn the_core_depends_on_nothing_that_acts() {
    let metadata = metadata();
    let resolve = metadata.resolve.as_ref().unwrap();
    let nodes: BTreeMap<_, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let names: BTreeMap<_, _> =
        metadata.packages.iter().map(|package| (&package.id, package.name.as_str())).collect();
    let core = metadata.packages.iter().find(|package| package.name.as_str() == "mxcp-core").unwrap();
    let mut seen = BTreeSet::new();
    let mut queue = vec![&core.id];
    while let Some(id) = queue.pop() {
        if !seen.insert(id) {
            continue;
        }
        assert!(!IMPURE.contains(&names[id]), "mxcp-core depends on {}", names[id]);
        let normal = |edge: &&cargo_metadata::NodeDep| {
            edge.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal)
        };
        queue.extend(nodes[id].deps.iter().filter(normal).map(|edge| &edge.pkg));
    }
}
