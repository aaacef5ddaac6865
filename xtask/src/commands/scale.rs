//! `cargo xtask scale`: `examples/scale-out` as it is meant to be run, with one, two and four replicas.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::people::WITH_FILES;
use super::{replicas, setup};
use crate::arguments::Arguments;
use crate::process;
use crate::steps::Steps;
use crate::tools::Environment;
use crate::workspace::{Profile, Workspace};

/// DuckDB's extensions, of the version that `mxcp` is built with. What they depend on, the package of DuckDB, is not needed.
const DUCKLAKE: &str = "duckdb-extension-ducklake==1.5.5";
const POSTGRES: &[&str] = &["duckdb-extension-postgres-scanner==1.5.5", "--no-deps"];
const VERSION: &str = "v1.5.5";

/// What knows the schemas of Kubernetes, and that of Compose.
const SCHEMAS: &str = "kubernetes-validate==1.37.0";
const SCHEMA_OF_COMPOSE: &[&str] = &["check-jsonschema==0.39.0"];

/// The versions of Kubernetes that the manifest is for. The pause before SIGTERM is known since the first one.
const KUBERNETES: [&str; 2] = ["1.30", "1.37"];

/// The command. What is measured, and how, is in `tests/bench`. Where PostgreSQL or nginx are not installed, nothing can be run,
/// which is said and no error.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let check = arguments.flag("--check");
    let passed_on = arguments.finish()?;
    let mut steps = Steps::new();
    look_at_files(workspace, &mut steps)?;
    if check {
        eprint!("\n{}", steps.summary());
        return Ok(());
    }
    if let Some(missing) = replicas::missing() {
        steps.skip(
            "replicas",
            format!("{missing} is not installed (on Debian: apt-get install postgresql nginx)"),
        );
        eprint!("\n{}", steps.summary());
        return Ok(());
    }
    setup::ensure(workspace)?;
    let extensions = steps.run("extensions of DuckDB", || extensions(workspace))?;
    let folder = workspace.build(&["mxcp", "mxcp-bench"], Profile::Release)?;
    let mut bench = workspace.program("sh");
    bench.args(["-c", WITH_FILES, "sh"]).arg(folder.join("mxcp-bench"));
    bench.arg("--binaries").arg(&folder).arg("--workspace").arg(workspace.path(""));
    bench.arg("--replicas").arg(extensions).args(["--rounds", "5", "--seconds", "1"]);
    process::run(bench.args(passed_on))
}

/// Holds the files for Kubernetes and Compose against their schemas, where the schemas can be had.
fn look_at_files(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    let file = |name: &str| workspace.path("examples/scale-out").join(name);
    let environment = match Environment::ensure_all(workspace, SCHEMAS, SCHEMA_OF_COMPOSE) {
        Ok(environment) => environment,
        Err(error) => {
            steps.skip("k8s.yaml and compose.yml", format!("their schemas can't be had: {error:#}"));
            return Ok(());
        }
    };
    steps.run("k8s.yaml", || {
        KUBERNETES.iter().try_for_each(|version| {
            let mut validate = workspace.program(environment.program("kubernetes-validate"));
            process::run(validate.args(["--strict", "--kubernetes-version", version]).arg(file("k8s.yaml")))
        })
    })?;
    steps.run("compose.yml", || {
        let mut validate = workspace.program(environment.program("check-jsonschema"));
        process::run(validate.args(["--builtin-schema", "vendor.compose-spec"]).arg(file("compose.yml")))
    })
}

/// A folder with the extensions in it, each a file of its name.
fn extensions(workspace: &Workspace) -> Result<PathBuf> {
    let environment = Environment::ensure_all(workspace, DUCKLAKE, POSTGRES)?;
    let packages = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let packages = process::output(workspace.program(environment.program("python")).args(["-c", packages]))?;
    let folder = workspace.fetched("duckdb-extensions").join(VERSION);
    fs::create_dir_all(&folder)?;
    let mut found = 0;
    for package in fs::read_dir(packages.trim())? {
        let files = package?.path().join("extensions").join(VERSION);
        for file in fs::read_dir(files).into_iter().flatten() {
            place(&file?.path(), &folder)?;
            found += 1;
        }
    }
    ensure!(found >= 2, "the packages of extensions have no files for DuckDB {VERSION}");
    Ok(folder)
}

fn place(file: &Path, folder: &Path) -> Result<()> {
    let name = file.file_name().context("a file has a name")?;
    fs::copy(file, folder.join(name)).with_context(|| file.display().to_string())?;
    Ok(())
}
