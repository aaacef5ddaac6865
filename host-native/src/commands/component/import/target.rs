//! Where definitions go, and what they call the component from there.

use std::path::{Component, Path, PathBuf};

use mxcp_core::definition::Kind;

use super::Args;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::project::Project;
use crate::ui::Ui;

/// The folder that definitions are written to.
pub(super) struct Target {
    /// The project's folder; none if the definitions are for no project yet.
    root: Option<PathBuf>,
    /// Where the definitions go.
    pub(super) folder: PathBuf,
}

impl Target {
    /// The folder that is asked for, or else that of the project's tools.
    pub(super) fn find(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Self, Failure> {
        if let Some(folder) = &args.tools_dir {
            return Ok(Self { root: None, folder: folder.clone() });
        }
        let project = Project::load(&args.common, environment, ui)?;
        let folder = project.root.join(project.site.folder(Kind::Tool));
        Ok(Self { root: Some(project.root), folder })
    }

    /// A file as messages show it.
    pub(super) fn shown(&self, path: &Path) -> String {
        let root = self.root.as_deref().unwrap_or(Path::new(""));
        path.strip_prefix(root).unwrap_or(path).display().to_string()
    }

    /// The component as a definition in the folder names it, with `/`.
    pub(super) fn reference(&self, component: &Path) -> Result<String, Failure> {
        let real = component.canonicalize()?;
        if let Some(root) = &self.root
            && !real.starts_with(root.canonicalize()?)
        {
            let problem = format!(
                "component lies outside of the project's folder: {}: copy it into the project first",
                component.display()
            );
            return Err(Failure::message(problem));
        }
        relative(&absolute(&self.folder)?, &real)
            .ok_or_else(|| Failure::message("the path of the component is no Unicode text"))
    }
}

/// The path without links, also of a folder that is not there yet.
fn absolute(folder: &Path) -> Result<PathBuf, Failure> {
    let mut missing = Vec::new();
    let mut existing = std::path::absolute(folder)?;
    loop {
        if let Ok(real) = existing.canonicalize() {
            return Ok(missing.iter().rev().fold(real, |path, name| path.join(name)));
        }
        let Some(name) = existing.file_name().map(ToOwned::to_owned) else { return Ok(existing) };
        missing.push(name);
        existing.pop();
    }
}

/// The way from a folder to a file, both absolute.
fn relative(folder: &Path, file: &Path) -> Option<String> {
    let from: Vec<Component<'_>> = folder.components().collect();
    let to: Vec<Component<'_>> = file.components().collect();
    let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = from.iter().skip(shared).map(|_| Some(".."));
    let down = to.iter().skip(shared).map(|part| part.as_os_str().to_str());
    up.chain(down).collect::<Option<Vec<_>>>().map(|parts| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_leads_up_and_down() {
        let way = |folder: &str, file: &str| relative(Path::new(folder), Path::new(file));
        assert_eq!(way("/p/tools", "/p/components/a.wasm").as_deref(), Some("../components/a.wasm"));
        assert_eq!(way("/p/tools/deep", "/p/tools/a.wasm").as_deref(), Some("../a.wasm"));
        assert_eq!(way("/p", "/p/a.wasm").as_deref(), Some("a.wasm"));
    }
}
