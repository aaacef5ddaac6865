//! `cargo xtask components`: the examples in `components/`, each built where what builds it can be had.

use std::fs;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::arguments::Arguments;
use crate::components::{self, EXAMPLES, Example, Made};
use crate::workspace::Workspace;

/// The command. With `--check`, an example that can't be built is an error.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let check = arguments.flag("--check");
    let chosen: Vec<&Example> = EXAMPLES.iter().filter(|it| arguments.flag(it.language)).collect();
    arguments.finish()?;
    let examples = if chosen.is_empty() { EXAMPLES.iter().collect() } else { chosen };
    let missing = make(workspace, &examples)?;
    if check && !missing.is_empty() {
        bail!("not built: {}", missing.join(", "));
    }
    Ok(())
}

/// Makes these components, a line for each. Gives the languages that there is no toolchain for.
pub(crate) fn make(workspace: &Workspace, examples: &[&Example]) -> Result<Vec<&'static str>> {
    let folder = components::folder(workspace)?;
    let mut missing = Vec::new();
    for example in examples {
        let (language, file) = (example.language, folder.join(example.file));
        let begin = Instant::now();
        match components::make(workspace, example)? {
            Made::Missing(reason) => {
                // What an earlier version was built to would be taken for it.
                let _absent = fs::remove_file(&file);
                println!("{language:<11}skipped: {reason}");
                missing.push(language);
            }
            made => {
                let size = fs::metadata(&file)?.len() / 1024;
                let how = match made {
                    Made::Built => format!("built in {:.1} s", begin.elapsed().as_secs_f64()),
                    _ => "built before".to_owned(),
                };
                println!("{language:<11}{} ({size} KiB, {how})", file.display());
            }
        }
    }
    Ok(missing)
}
