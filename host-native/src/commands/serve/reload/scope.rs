//! How much of a server a reload has to stop.

use std::path::Path;

use mxcp_core::site::Site;

use crate::project::Project;

/// What may be another than before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::commands::serve) struct Scope {
    python: bool,
    components: bool,
    /// Whether somebody wants everything to be looked at, though it be as it was.
    everything: bool,
}

/// What runs, and what is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Runtime {
    /// Whether nothing runs that calls could run on.
    pub(super) down: bool,
    /// Whether Python runs.
    pub(super) has_python: bool,
    /// Whether it has to.
    pub(super) needs_python: bool,
}

impl Scope {
    /// Nobody knows what is another.
    pub(super) fn everything() -> Self {
        Self { python: true, components: true, everything: true }
    }

    /// These files are.
    pub(super) fn of(changed: &[String]) -> Self {
        let has = |extension: &str| {
            changed.iter().any(|file| Path::new(file).extension().is_some_and(|it| it == extension))
        };
        Self { python: has("py"), components: has("wasm"), everything: false }
    }

    /// Both together.
    pub(super) fn with(self, other: Self) -> Self {
        Self {
            python: self.python || other.python,
            components: self.components || other.components,
            everything: self.everything || other.everything,
        }
    }

    /// What is left to be done if this could not be.
    pub(super) fn owed(self) -> Self {
        Self { everything: false, ..self }
    }

    /// Whether everything is to be looked at, though it be as it was.
    pub(super) fn is_of_everything(self) -> bool {
        self.everything
    }

    /// Whether what runs has to be stopped to go over to another configuration.
    pub(super) fn asks_for_restart(self, before: &Project, project: &Project, runtime: Runtime) -> bool {
        let configured = !same_configuration(before, project);
        let python = runtime.has_python || runtime.needs_python;
        // A function's file may be another though its name is the same.
        let functions = !before.site.sql_functions.is_empty() || !project.site.sql_functions.is_empty();
        runtime.down
            || runtime.has_python != runtime.needs_python
            || python && (self.python || configured)
            || functions && (self.components || configured)
            || moves(before, project)
    }
}

/// Whether two configurations are the same, values that references lead to included.
pub(super) fn same_configuration(one: &Project, other: &Project) -> bool {
    one.site_digest == other.site_digest
        && one.site.written == other.site.written
        && one.user.written == other.user.written
}

/// Whether another configuration has another database, or opens it in another way.
fn moves(before: &Project, project: &Project) -> bool {
    let database = |site: &Site| {
        let profile = site.profile(&project.profile);
        (profile.database, profile.readonly, site.extensions_folder().map(str::to_owned))
    };
    let (old, new) = (&before.site, &project.site);
    database(old) != database(new) || old.extensions != new.extensions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_code_that_stays_loaded_stop_anything() {
        let of = |file: &str| Scope::of(&["a.sql".to_owned(), file.to_owned()]);
        assert_eq!(of("tools/a.yml"), Scope { python: false, components: false, everything: false });
        assert_eq!(of("python/a.py"), Scope { python: true, ..of("tools/a.yml") });
        assert_eq!(of("components/a.wasm"), Scope { components: true, ..of("tools/a.yml") });
    }
}
