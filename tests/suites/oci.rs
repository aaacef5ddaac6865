//! Components in a registry.

use std::fs;

use mxcp_test_support::project::{Project, Ran};
use mxcp_test_support::registry::{Fault, Registry, digest};
use serde_json::{Value as Json, json};

/// The smallest component there is.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.wasm.config.v0+json";

fn folder() -> Project {
    let mut folder = Project::bare(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    // Whatever proxy there is between this machine and others, there is none between it and itself.
    folder.set_all([("NO_PROXY", "127.0.0.1"), ("no_proxy", "127.0.0.1"), ("DOCKER_CONFIG", "docker")]);
    folder
}

fn component(folder: &Project, words: &[&str]) -> Ran {
    let words: Vec<_> = ["component"].iter().chain(words).chain(&["--plain-http"]).copied().collect();
    folder.run(&words).unwrap()
}

fn refused(ran: &Ran, expected: &str) {
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains(expected) && ran.stdout.is_empty(), "{ran:?}");
}

/// The manifest of an artifact with these layers.
fn manifest(config: &str, layers: &[(&str, &str, usize)]) -> Vec<u8> {
    let layers: Vec<_> = layers
        .iter()
        .map(|(media_type, digest, size)| json!({ "mediaType": media_type, "digest": digest, "size": size }))
        .collect();
    let config = json!({ "mediaType": config, "digest": digest(b"{}"), "size": 2 });
    let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers });
    manifest.to_string().into_bytes()
}

/// A registry with a component, the reference it has, and the digest of its manifest.
fn stocked(bytes: &[u8]) -> (Registry, String, String) {
    let registry = Registry::start().unwrap();
    let layer = registry.shelf().put_blob(bytes);
    let manifest = manifest(CONFIG, &[("application/wasm", &layer, bytes.len())]);
    let pinned = registry.shelf().put_manifest("acme/text", "1.0.0", MANIFEST, manifest);
    let reference = format!("{}/acme/text:1.0.0", registry.host());
    (registry, reference, pinned)
}

#[test]
fn what_is_pushed_is_what_others_expect_and_comes_back() {
    let (folder, registry) = (folder(), Registry::start().unwrap());
    // More than one chunk of an upload.
    let padding = 5 << 20;
    let mut bytes = COMPONENT.to_vec();
    bytes.extend([0, 0x84, 0x80, 0xC0, 0x02, 3, b'p', b'a', b'd']);
    bytes.resize(bytes.len() + padding, b'x');
    fs::write(folder.path().join("big.wasm"), &bytes).unwrap();
    let reference = format!("{}/acme/text:1.2.0", registry.host());
    let words = ["push", "big.wasm", &reference, "--author", "me", "--annotation", "a=b", "--json-output"];
    let pushed = component(&folder, &words).result().unwrap();

    let shelf = registry.shelf();
    let chunks = shelf.requests.iter().filter(|request| request.starts_with("PATCH")).count();
    assert!(chunks > 2, "{:?}", shelf.requests);
    let (media_type, text) = &shelf.manifests[&("acme/text".to_owned(), "1.2.0".to_owned())];
    assert_eq!(media_type, MANIFEST);
    let manifest: Json = serde_json::from_slice(text).unwrap();
    assert_eq!(manifest["schemaVersion"], 2);
    assert_eq!(manifest["mediaType"], MANIFEST);
    assert_eq!(manifest["annotations"], json!({ "a": "b", "org.opencontainers.image.version": "1.2.0" }));
    let layer = json!([{ "mediaType": "application/wasm", "digest": digest(&bytes), "size": bytes.len() }]);
    assert_eq!(manifest["layers"], layer);
    assert_eq!(manifest["config"]["mediaType"], CONFIG);
    let mut config: Json =
        serde_json::from_slice(&shelf.blobs[manifest["config"]["digest"].as_str().unwrap()]).unwrap();
    assert!(config["created"].take().as_str().unwrap().ends_with('Z'));
    let expected = json!({
        "created": null, "author": "me", "architecture": "wasm", "os": "wasip2",
        "layerDigests": [digest(&bytes)], "component": { "exports": [], "imports": [] },
    });
    assert_eq!(config, expected);
    let pinned = format!("{}/acme/text@{}", registry.host(), digest(text));
    assert_eq!(pushed["pinned"], json!(pinned));
    drop(shelf);

    let pulled = component(&folder, &["pull", &pinned]);
    assert_eq!((pulled.code, pulled.stdout.trim_end()), (Some(0), pinned.as_str()), "{pulled:?}");
    assert!(pulled.stderr.contains(&digest(&bytes)), "{pulled:?}");
    assert_eq!(fs::read(folder.path().join("text.wasm")).unwrap(), bytes);
}

#[test]
fn a_digest_pins() {
    let (folder, (registry, reference, pinned)) = (folder(), stocked(COMPONENT));
    let by_digest = format!("{reference}@{pinned}");
    let pulled = component(&folder, &["pull", &by_digest, "-o", "a.wasm", "--json-output"]).result().unwrap();
    assert_eq!(pulled["pinned"], json!(format!("{}/acme/text@{pinned}", registry.host())));
    assert_eq!(pulled["digest"], json!(digest(COMPONENT)));
    registry.shelf().fault = Fault::WrongManifests;
    fs::write(folder.path().join("a.wasm"), "before").unwrap();
    refused(&component(&folder, &["pull", &by_digest, "-o", "a.wasm"]), "can't be pulled");
    assert_eq!(fs::read(folder.path().join("a.wasm")).unwrap(), b"before");
    let other = format!("{reference}@{}", digest(b"other"));
    refused(&component(&folder, &["pull", &other, "-o", "b.wasm"]), "can't be pulled");
    assert!(!folder.path().join("b.wasm").exists());
}

#[test]
fn a_registry_that_lies_gives_nothing() {
    let (folder, (registry, reference, _)) = (folder(), stocked(COMPONENT));
    for (fault, expected) in [
        (Fault::WrongBlobs, "igest"),
        (Fault::LongBlobs, "the registry sends more than the 8 bytes of the manifest"),
    ] {
        registry.shelf().fault = fault;
        refused(&component(&folder, &["pull", &reference, "-o", "x.wasm"]), expected);
        assert!(!folder.path().join("x.wasm").exists(), "{fault:?}");
    }
    registry.shelf().fault = Fault::MovedBlobs;
    assert_eq!(component(&folder, &["pull", &reference, "-o", "x.wasm"]).code, Some(0));
    assert_eq!(fs::read(folder.path().join("x.wasm")).unwrap(), COMPONENT);
}

#[test]
fn only_one_component_is_taken() {
    let (folder, registry) = (folder(), Registry::start().unwrap());
    let wasm = "application/wasm";
    let (component_digest, text, module) = {
        let mut shelf = registry.shelf();
        let module = b"\0asm\x01\0\0\0";
        (shelf.put_blob(COMPONENT), shelf.put_blob("hello"), shelf.put_blob(*module))
    };
    let (it, size) = (component_digest.as_str(), COMPONENT.len());
    let image = "application/vnd.oci.image.config.v1+json";
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] });
    let elsewhere = digest(b"elsewhere");
    for (media_type, manifest, expected) in [
        (MANIFEST, manifest(CONFIG, &[]), "it has 0 layers"),
        (MANIFEST, manifest(CONFIG, &[(wasm, it, size), (wasm, it, size)]), "it has 2 layers"),
        (MANIFEST, manifest(CONFIG, &[("text/plain", it, size)]), "its layer is `text/plain`"),
        (MANIFEST, manifest(image, &[(wasm, it, size)]), "it is no component: its config"),
        (MANIFEST, manifest(CONFIG, &[(wasm, it, (128 << 20) + 1)]), "it is larger than 134217728 bytes"),
        (MANIFEST, manifest(CONFIG, &[(wasm, &text, 5)]), "it is not WebAssembly"),
        (MANIFEST, manifest(CONFIG, &[(wasm, &module, 8)]), "it is a core module"),
        (MANIFEST, manifest(CONFIG, &[(wasm, "md5:00", 8)]), "a digest is `sha256:`"),
        (MANIFEST, manifest(CONFIG, &[(wasm, &elsewhere, 8)]), "can't be pulled"),
        (INDEX, index.to_string().into_bytes(), "it is an index of several artifacts"),
        (MANIFEST, b"{}".to_vec(), "can't be pulled"),
        (MANIFEST, b"no json".to_vec(), "can't be pulled"),
    ] {
        registry.shelf().put_manifest("acme/text", "1.0.0", media_type, manifest);
        let reference = format!("{}/acme/text:1.0.0", registry.host());
        refused(&component(&folder, &["pull", &reference, "-o", "x.wasm"]), expected);
        assert!(!folder.path().join("x.wasm").exists(), "{expected}");
    }
}

#[test]
fn credentials_are_those_of_docker() {
    let (folder, (registry, reference, _)) = (folder(), stocked(COMPONENT));
    // `me:secret`.
    registry.shelf().authorization = "Basic bWU6c2VjcmV0".to_owned();
    let pull = || component(&folder, &["pull", &reference, "-o", "x.wasm"]);
    refused(&pull(), &format!("`docker login {}`", registry.host()));
    let config = |auth: &str| format!("{{\"auths\": {{\"{}\": {{\"auth\": \"{auth}\"}}}}}}", registry.host());
    folder.file("docker/config.json", &config("bWU6d3Jvbmc=")).unwrap();
    let wrong = pull();
    refused(&wrong, "it refuses the credentials");
    assert!(!wrong.stderr.contains("wrong") && !wrong.stderr.contains("bWU6"), "{wrong:?}");
    folder.file("docker/config.json", "{\"auths\": {\"x\": \"bWU6c2VjcmV0\"}}").unwrap();
    let broken = pull();
    refused(&broken, "config.json can't be used");
    assert!(!broken.stderr.contains("bWU6"), "{broken:?}");
    folder.file("docker/config.json", &config("bWU6c2VjcmV0")).unwrap();
    assert_eq!(pull().code, Some(0));
    let push = component(&folder, &["push", "x.wasm", &reference.replace("1.0.0", "2.0.0")]);
    assert_eq!(push.code, Some(0), "{push:?}");
}

#[test]
fn what_is_no_component_is_not_pushed() {
    let (folder, registry) = (folder(), Registry::start().unwrap());
    let reference = format!("{}/acme/text:1.0.0", registry.host());
    folder.file("x.wasm", "hello").unwrap();
    refused(&component(&folder, &["push", "x.wasm", &reference]), "it is not WebAssembly");
    refused(&component(&folder, &["push", "none.wasm", &reference]), "none.wasm can't be read");
    let by_digest = format!("{reference}@{}", digest(b""));
    let ran = component(&folder, &["push", "x.wasm", &by_digest]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(registry.shelf().requests.is_empty());
}

#[test]
fn registries_elsewhere_are_asked_with_encryption_only() {
    let folder = folder();
    let ran = component(&folder, &["pull", "registry.invalid/acme/text:1.0.0"]);
    refused(&ran, "`registry.invalid` is not on this machine");
    let (_registry, reference, _) = stocked(COMPONENT);
    let ran = folder.run(&["component", "pull", &reference]).unwrap();
    refused(&ran, "needs --plain-http");
}

#[test]
fn a_lock_remembers_where_a_component_came_from() {
    let (folder, (registry, reference, pinned)) = (folder(), stocked(COMPONENT));
    folder.file("mxcp-site.yml", "mxcp: 1\nproject: tested\nprofile: default\n").unwrap();
    let pull =
        || component(&folder, &["pull", &reference, "-o", "tools/text.wasm", "--json-output"]).result();
    fs::create_dir(folder.path().join("tools")).unwrap();
    assert_eq!(pull().unwrap()["recorded"], false, "a project that is not locked stays so");
    assert_eq!(folder.run(&["lock"]).unwrap().code, Some(0));
    assert_eq!(pull().unwrap()["recorded"], true);
    let text = fs::read_to_string(folder.path().join("mxcp.lock")).unwrap();
    let expected = format!(
        "origins:\n  tools/text.wasm:\n    reference: \"{}/acme/text:1.0.0@{pinned}\"\n    digest: {}\n",
        registry.host(),
        digest(COMPONENT)
    );
    assert!(text.ends_with(&expected), "{text}");
    assert_eq!(folder.run(&["lock", "--check"]).unwrap().code, Some(0));
}
