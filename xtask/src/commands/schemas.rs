//! `cargo xtask schemas`: the JSON Schemas of the file formats in docs/schemas.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, bail};

use crate::arguments::Arguments;
use crate::process::output;
use crate::workspace::Workspace;

const FOLDER: &str = "docs/schemas";

/// The command: writes them, or with `--check` fails if they are not current.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let check = arguments.flag("--check");
    arguments.finish()?;
    let printed =
        output(&mut workspace.cargo(["run", "--quiet", "--package", "mxcp-core", "--example", "schemas"]))?;
    let schemas: BTreeMap<String, String> =
        serde_json::from_str(&printed).context("the schemas were not printed as JSON")?;
    let mut stale = Vec::new();
    for (name, text) in &schemas {
        let path = workspace.path(FOLDER).join(name);
        if fs::read_to_string(&path).is_ok_and(|written| written == *text) {
            continue;
        }
        stale.push(format!("{FOLDER}/{name}"));
        if !check {
            fs::create_dir_all(workspace.path(FOLDER))?;
            fs::write(&path, text).with_context(|| path.display().to_string())?;
        }
    }
    if check && !stale.is_empty() {
        bail!("stale: {}; run `cargo xtask schemas`", stale.join(", "));
    }
    for path in &stale {
        println!("wrote {path}");
    }
    Ok(())
}
