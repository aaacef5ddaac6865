//! Which Python runs the project.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use mxcp_runtime::ports::PythonError;

/// Where a project says which interpreter it wants, and where else to look.
#[derive(Debug)]
pub(crate) struct Search<'a> {
    /// Where relative paths start.
    pub(crate) root: &'a Path,
    /// `python.interpreter` of the site file.
    pub(crate) setting: Option<&'a Path>,
    /// `VIRTUAL_ENV`.
    pub(crate) environment: Option<&'a Path>,
    /// `PATH`.
    pub(crate) path: Option<OsString>,
}

impl Search<'_> {
    /// The interpreter: of the active virtual environment, the one of the site file, `python3` of the path.
    ///
    /// The environment comes first because it is what the person at this machine chose, while the site file is shared.
    pub(crate) fn find(&self) -> Result<PathBuf, PythonError> {
        if let Some(folder) = self.environment {
            let interpreter = folder.join("bin/python");
            if is_program(&interpreter) {
                return Ok(interpreter);
            }
            tracing::warn!(environment = %folder.display(), "VIRTUAL_ENV has no interpreter, so it is passed over");
        }
        if let Some(setting) = self.setting {
            return self.named(setting);
        }
        let found = ["python3", "python"].into_iter().find_map(|name| self.on_path(OsStr::new(name)));
        found.ok_or_else(|| PythonError::Unavailable {
            message:
                "Python was not found; install CPython 3.10 or newer, activate a virtual environment, or set \
                      `python.interpreter` in mxcp-site.yml"
                    .to_owned(),
        })
    }

    /// A path, relative to the project; or the name of a program on the path, if it is a bare name that is no file.
    fn named(&self, setting: &Path) -> Result<PathBuf, PythonError> {
        let path = self.root.join(setting);
        if is_program(&path) {
            return Ok(path);
        }
        let bare = setting.components().count() == 1;
        let found = if bare { self.on_path(setting.as_os_str()) } else { None };
        found.ok_or_else(|| PythonError::Unavailable {
            message: format!(
                "there is no interpreter `{}`; correct `python.interpreter` in mxcp-site.yml, or activate a virtual \
                 environment",
                setting.display()
            ),
        })
    }

    fn on_path(&self, name: &OsStr) -> Option<PathBuf> {
        let folders = self.path.as_deref()?;
        env::split_paths(folders).map(|folder| folder.join(name)).find(|path| is_program(path))
    }
}

/// The interpreter that worker processes of the project at `root` run; `setting` is `python.interpreter` of its site file. Nothing
/// is started.
///
/// # Errors
/// There is none; what to do about it.
pub fn find_interpreter(root: &Path, setting: Option<&Path>) -> Result<PathBuf, PythonError> {
    let environment = crate::options::active_environment();
    let path = env::var_os("PATH");
    Search { root, setting, environment: environment.as_deref(), path }.find()
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn program(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn the_active_environment_comes_before_the_setting_and_that_before_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in ["venv/bin/python", "own/python", "usr/python", "usr/python3"] {
            program(&root.join(name));
        }
        let path = Some(root.join("usr").into_os_string());
        let setting = Some(Path::new("own/python"));
        let find = |environment: Option<&str>, setting| {
            let environment = environment.map(|name| root.join(name));
            let search = Search { root, setting, environment: environment.as_deref(), path: path.clone() };
            search.find().map(|found| found.strip_prefix(root).unwrap().to_owned())
        };
        assert_eq!(find(Some("venv"), setting).unwrap(), Path::new("venv/bin/python"));
        assert_eq!(find(Some("gone"), setting).unwrap(), Path::new("own/python"));
        assert_eq!(find(None, None).unwrap(), Path::new("usr/python3"));
        assert_eq!(find(None, Some(Path::new("python"))).unwrap(), Path::new("usr/python"));
        let error = find(None, Some(Path::new("gone/python"))).unwrap_err().to_string();
        assert!(error.starts_with("there is no interpreter `gone/python`; "), "{error}");
    }
}
