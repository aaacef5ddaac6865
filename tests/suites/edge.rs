//! A project behaves the same on the native server and, built into one component, on every host there is: one suite of
//! requests, in both eras of the protocol and for callers of three roles, and the same answers from all of them.

mod acceptance;
mod caller;
mod hosts;

use std::fs;
use std::path::PathBuf;

use mxcp_test_support::client::Http;
use mxcp_test_support::project::Project;
use mxcp_test_support::provider::Provider;
use mxcp_test_support::{test_guest, workspace_root};

use hosts::Running;

const KEY: &str = "what edge and origin share, 32 bytes or more";
const OTHER_KEY: &str = "what nobody shares with anybody, 32 bytes";

/// What claims give: a capability to two of the three, and a permission to one of these.
const MAPPINGS: &str = "claim_mappings: {email: {\"admin@example.org\": [count], \"staff@example.org\": [count]}}, \
    permission_mappings: {preferred_username: {admin: [sums]}}";

/// The project, its component, and a native server that is the origin too.
struct Deployment {
    provider: Provider,
    project: Project,
    component: PathBuf,
    native: Http,
}

impl Deployment {
    fn start() -> Self {
        let provider = Provider::start().unwrap();
        let folder = workspace_root().join("tests/projects/edge");
        let mut project = Project::copy_of(&folder, env!("CARGO_BIN_EXE_mxcp")).unwrap();
        fs::create_dir_all(project.path().join("components")).unwrap();
        for (file, component) in [("guest", test_guest::build()), ("apart", test_guest::build_apart())] {
            let to = project.path().join("components").join(file).with_extension("wasm");
            fs::copy(component.unwrap(), to).unwrap();
        }
        let keys =
            ureq::get(format!("{}/keys", provider.issuer())).call().unwrap().body_mut().read_to_string();
        project.file("keys.json", &keys.unwrap()).unwrap();
        let auth = format!(
            "{{provider: oidc, mode: verifier, oidc: {{config_url: \"{}\", client_id: mxcp, client_secret: {}, \
             scope: openid, audience: mxcp, provider_name: verifier, {MAPPINGS}}}}}",
            provider.config_url(),
            mxcp_test_support::provider::CLIENT_SECRET
        );
        let user = format!("projects: {{edge: {{profiles: {{default: {{auth: {auth}}}}}}}}}\n");
        project.file(".mxcp/config.yml", &user).unwrap();
        let cache = format!("{}/edge-cache", env!("CARGO_TARGET_TMPDIR"));
        project.set_all([("MXCP_EDGE_KEY", KEY), ("XDG_CACHE_HOME", cache.as_str())]);
        let issuer = provider.issuer();
        let build = [
            "build",
            "--target",
            "wasi",
            "-o",
            "edge.wasm",
            "--jwks",
            "keys.json",
            "--audience",
            "mxcp",
            "--issuer",
            issuer.as_str(),
            "--json-output",
        ];
        let built = project.run(&build).unwrap().result().unwrap();
        let mut forwarded: Vec<&str> =
            built["forwarded"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
        forwarded.sort_unstable();
        let expected = [
            "broken",
            "counted_there",
            "dishonest",
            "note://today",
            "order://{id}/lines",
            "orders",
            "sum_of_query",
            "vault",
            "who",
        ];
        assert_eq!(forwarded, expected, "{built}");
        let component = project.path().join("edge.wasm");
        let native = Http::start(&project, &[], true).unwrap();
        Self { provider, project, component, native }
    }

    /// The hosts that are there, each serving the component for the origin.
    fn hosts(&self, key: &str) -> Vec<(&'static str, Running)> {
        let keys = format!("{}/keys", self.provider.issuer());
        let variables = [
            ("MXCP_EDGE_ORIGIN", self.native.url()),
            ("MXCP_EDGE_KEY", key),
            ("MXCP_EDGE_JWKS_URL", keys.as_str()),
        ];
        let hosts = hosts::present().into_iter();
        hosts.map(|host| (host.name, host.start(&self.component, self.project.path(), &variables))).collect()
    }
}

/// Adds where two transcripts part.
fn compare<T: PartialEq + std::fmt::Debug>(host: &str, native: &[T], edge: &[T], problems: &mut Vec<String>) {
    assert_eq!(native.len(), edge.len());
    let parted = native.iter().zip(edge).filter(|(native, edge)| native != edge);
    problems.extend(parted.map(|(native, edge)| format!("native {native:?}\n{host} {edge:?}\n")));
}

#[test]
fn every_host_answers_every_request_as_the_native_server_does() {
    let deployment = Deployment::start();
    let provider = &deployment.provider;
    let native = deployment.native.url();
    let mut problems = Vec::new();
    let answers = acceptance::accept("native", native, provider, &mut problems);
    let hosts = deployment.hosts(KEY);
    for (name, host) in &hosts {
        let own = acceptance::accept(name, &host.url, provider, &mut problems);
        compare(name, &answers, &own, &mut problems);
    }
    // Ours has one place, for which requests wait in line; the others have places enough.
    for (name, host) in &hosts {
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| acceptance::let_in(name, &host.url, provider));
            }
        });
    }
    // Keys that were built in are not the last word: new ones are fetched. Nobody has made up a key before, which would
    // have used up the look that a host may have.
    provider.rotate();
    acceptance::let_in("native", native, provider);
    let refusals = acceptance::refuse("native", native, provider);
    for (name, host) in &hosts {
        acceptance::let_in(name, &host.url, provider);
        compare(name, &refusals, &acceptance::refuse(name, &host.url, provider), &mut problems);
    }
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems.join("\n"));
}

/// A project with a component that is answered at the edge, and a prompt.
fn limited(site: &str, limits: &str, user: &str) -> Project {
    let mut project = Project::bare(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project.file("mxcp-site.yml", &format!("mxcp: 1\nproject: edge\nprofile: default\n{site}\n")).unwrap();
    project.file("prompts/greet.yml", "prompt: {name: greet, messages: [{prompt: Hello}]}").unwrap();
    let tool = format!(
        "tool:\n  name: add\n  parameters: [{{name: a, type: integer}}, {{name: b, type: integer}}]\n  return: {{type: integer}}\n  \
         source: {{file: ../components/apart.wasm, export: \"test:guest/apart.add\"}}\n  {limits}\n"
    );
    project.file("tools/add.yml", &tool).unwrap();
    project
        .file("tools/far.yml", "tool: {name: far, source: {code: SELECT 1}, limits: {rate: 1/s}}")
        .unwrap();
    fs::create_dir_all(project.path().join("components")).unwrap();
    fs::copy(test_guest::build_apart().unwrap(), project.path().join("components/apart.wasm")).unwrap();
    project.file(".mxcp/config.yml", user).unwrap();
    project.set_all([("DETAIL", "hr")]);
    project
}

#[test]
fn limits_that_nobody_would_keep_are_not_built_in_silently() {
    const BUILD: [&str; 6] = ["build", "--target", "wasi", "-o", "edge.wasm", "--json-output"];
    // What the origin answers it counts itself.
    let built = limited("", "", "{}").run(&BUILD).unwrap().result().unwrap();
    assert_eq!(built["unlimited"], serde_json::json!([]), "{built}");
    for (site, limits, which) in [
        ("", "limits: {rate: 5/minute}", "tool `add`"),
        ("", "limits: {per_user: {concurrency: 1}}", "tool `add`"),
        ("limits: {rate: 100/s}", "", "the server (`limits` of mxcp-site.yml)"),
    ] {
        let project = limited(site, limits, "{}");
        let error = project.run(&BUILD).unwrap().json().unwrap()["error"].to_string();
        assert!(error.contains(which) && error.contains("--allow-unlimited"), "{error}");
        assert!(!project.path().join("edge.wasm").exists());
        let allowed = [&BUILD[..], &["--allow-unlimited"]].concat();
        let built = project.run(&allowed).unwrap().result().unwrap();
        assert_eq!(built["unlimited"], serde_json::json!([which]), "{built}");
    }
}

#[test]
fn what_may_be_secret_is_not_built_in() {
    let auth = |mapping: &str| {
        format!(
            "projects: {{edge: {{profiles: {{default: {{auth: {{provider: oidc, mode: verifier, oidc: {{config_url: \
             \"https://id.example/c\", client_id: c, client_secret: \"${{DETAIL}}\", scope: openid, {mapping}}}}}}}}}}}}}\n"
        )
    };
    let build = ["build", "--target", "wasi", "--json-output"];
    let project = limited("", "", &auth("role_mappings: {team: {core: \"${DETAIL}\"}}"));
    let error = project.run(&build).unwrap().json().unwrap()["error"].to_string();
    assert!(error.contains("`auth.oidc.role_mappings` takes values from references"), "{error}");
    let project = limited("", "", &auth("role_mappings: {team: [core]}"));
    assert!(!project.run(&build).unwrap().json().unwrap()["error"].is_null());
    let project = limited("", "", &auth("role_mappings: {team: {core: admin}}"));
    assert!(project.run(&build).unwrap().result().is_ok());
}

#[test]
fn without_its_origin_an_edge_says_so_and_goes_on() {
    let deployment = Deployment::start();
    for (name, host) in deployment.hosts(OTHER_KEY) {
        acceptance::go_on_alone(name, &host.url, &deployment.provider, "does not take this edge's word");
    }
    let hosts = deployment.hosts(KEY);
    let Deployment { provider, native, project, .. } = deployment;
    drop(native);
    for (name, host) in &hosts {
        acceptance::go_on_alone(name, &host.url, &provider, "");
    }
    drop((hosts, project));
}
