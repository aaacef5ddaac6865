//! What other hosts want to be told of a component. None of it holds a secret: the deployment adds those.

use crate::description::Description;

/// The manifests for hosts that need one, by their names: Spin's, and wasmCloud's for `wadm`. `file` is the component's file
/// as they name it.
#[must_use]
pub fn manifests(description: &Description, file: &str) -> Vec<(&'static str, String)> {
    vec![("spin.toml", spin(description, file)), ("wadm.yaml", wadm(description, file))]
}

/// A text as a string of TOML, or of YAML, which takes JSON's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A name that both accept.
fn name(description: &Description) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' };
    let name: String = description.project.chars().map(plain).collect();
    let name = name.trim_matches('-');
    let begins = name.starts_with(|letter: char| letter.is_ascii_alphabetic());
    if begins { name.to_owned() } else { format!("mxcp-{name}").trim_end_matches('-').to_owned() }
}

fn origins(description: &Description) -> Vec<String> {
    let urls = description.origin.iter().chain(&description.jwks_url);
    let mut origins: Vec<_> = urls.filter_map(|url| origin(url)).collect();
    origins.sort();
    origins.dedup();
    origins
}

/// The part of a URL before its path.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    Some(format!("{scheme}://{authority}"))
}

fn spin(description: &Description, file: &str) -> String {
    let name = name(description);
    let hosts: Vec<_> = origins(description).iter().map(|origin| quoted(origin)).collect();
    format!(
        r#"# For Spin 3. Not run by those who made it: see docs/edge.md.
spin_manifest_version = 2

[application]
name = {quoted_name}
version = "0.1.0"

# Given when it is deployed: SPIN_VARIABLE_MXCP_EDGE_KEY.
[variables]
mxcp_edge_key = {{ default = "", secret = true }}

[[trigger.http]]
route = "/..."
component = {quoted_name}

[component.{name}]
source = {file}
allowed_outbound_hosts = [{hosts}]

[component.{name}.environment]
MXCP_EDGE_KEY = "{{{{ mxcp_edge_key }}}}"
"#,
        quoted_name = quoted(&name),
        file = quoted(file),
        hosts = hosts.join(", "),
    )
}

fn wadm(description: &Description, file: &str) -> String {
    let name = name(description);
    format!(
        r#"# For wasmCloud 1. Not run by those who made it: see docs/edge.md.
apiVersion: core.oam.dev/v1beta1
kind: Application
metadata:
  name: {quoted_name}
  annotations:
    version: v0.1.0
spec:
  components:
    - name: {name}
      type: component
      properties:
        image: {file}
      traits:
        - type: spreadscaler
          properties:
            instances: 100
        - type: link
          properties:
            target:
              name: httpclient
            namespace: wasi
            package: http
            interfaces: [outgoing-handler]
    - name: httpserver
      type: capability
      properties:
        image: ghcr.io/wasmcloud/http-server:0.27.0
      traits:
        - type: link
          properties:
            target:
              name: {name}
            namespace: wasi
            package: http
            interfaces: [incoming-handler]
            source:
              config:
                - name: address
                  properties:
                    address: 0.0.0.0:8000
    - name: httpclient
      type: capability
      properties:
        image: ghcr.io/wasmcloud/http-client:0.13.1
"#,
        quoted_name = quoted(&name),
        file = quoted(&format!("file://./{file}")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description() -> Description {
        Description {
            project: "9 Sales/DB".to_owned(),
            version: "0".to_owned(),
            origin: Some("https://origin.example/mcp".to_owned()),
            jwks_url: Some("https://id.example/keys?x".to_owned()),
        }
    }

    #[test]
    fn names_are_those_that_manifests_accept() {
        assert_eq!(name(&description()), "mxcp-9-sales-db");
        assert_eq!(name(&Description::default()), "mxcp");
    }

    #[test]
    fn the_hosts_of_the_deployment_are_allowed() {
        let spin = spin(&description(), "a.wasm");
        assert!(
            spin.contains(r#"allowed_outbound_hosts = ["https://id.example", "https://origin.example"]"#),
            "{spin}"
        );
        assert!(spin.contains(r#"MXCP_EDGE_KEY = "{{ mxcp_edge_key }}""#), "{spin}");
    }
}
