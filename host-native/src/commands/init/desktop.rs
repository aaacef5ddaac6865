//! The file that makes a project known to Claude Desktop.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use crate::environment::{self, Environment};
use crate::failure::Failure;
use mxcp_docs::shell::quoted;

/// Its name in the project.
pub(super) const FILE: &str = "server_config.json";

#[derive(Debug, Serialize)]
struct Configuration<'a> {
    #[serde(rename = "mcpServers")]
    servers: BTreeMap<&'a str, Server>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Server {
    command: &'static str,
    args: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cwd: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    env: BTreeMap<&'static str, String>,
}

/// The text of the file.
pub(super) fn text(project: &str, root: &Path, environment: &Environment) -> Result<String, Failure> {
    let server = match environment::text("VIRTUAL_ENV") {
        Some(virtual_environment) => {
            let home = environment.home.as_ref().map(|home| home.display().to_string());
            within(&virtual_environment, root, environment::text("PATH"), home)
        }
        None => Server {
            command: "mxcp",
            args: ["serve", "--transport", "stdio"].map(str::to_owned).to_vec(),
            cwd: Some(root.display().to_string()),
            env: BTreeMap::new(),
        },
    };
    Ok(serde_json::to_string_pretty(&Configuration { servers: BTreeMap::from([(project, server)]) })?)
}

/// A server whose program is installed in a Python virtual environment, which has to be entered first.
fn within(virtual_environment: &str, root: &Path, path: Option<String>, home: Option<String>) -> Server {
    let folder = quoted(&root.display().to_string());
    let activate = quoted(&format!("{virtual_environment}/bin/activate"));
    let script = format!("cd {folder} && source {activate} && mxcp serve --transport stdio");
    let env = [("PATH", path), ("HOME", home)];
    Server {
        command: "bash",
        args: vec!["-c".to_owned(), script],
        cwd: None,
        env: env.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_virtual_environment_is_entered_in_a_shell() {
        let server = within("/opt/my env", Path::new("/srv/it's"), Some("/bin".to_owned()), None);
        let script =
            r"cd '/srv/it'\''s' && source '/opt/my env/bin/activate' && mxcp serve --transport stdio";
        assert_eq!(server.args, ["-c", script]);
        assert_eq!(server.env, BTreeMap::from([("PATH", "/bin".to_owned())]));
    }
}
