//! Functions of components that SQL may call.

use std::sync::Arc;

use mxcp_core::definition::ComponentSource;
use mxcp_core::schema::SqlFunction;
use mxcp_core::source::{SourceFile, Span};
use mxcp_core::wit::NoFunction;

use super::{Project, SITE_FILE};
use crate::failure::Failure;
use crate::file;

impl Project {
    /// The functions that the site file names, by their names in SQL.
    ///
    /// # Errors
    /// A file is no component of the project, or has no such function.
    pub(crate) fn sql_functions(&self) -> Result<Vec<(String, Arc<ComponentSource>)>, Failure> {
        let all = self.site.sql_functions.iter().enumerate();
        all.map(|(index, written)| {
            self.sql_function(written).map_err(|problem| {
                Failure::message(format!("{SITE_FILE}: sql_functions[{index}] can't be used: {problem}"))
            })
        })
        .collect()
    }

    fn sql_function(&self, written: &SqlFunction) -> Result<(String, Arc<ComponentSource>), String> {
        let unreadable = |error| format!("{} can't be read: {error}", written.file);
        let root = self.root.canonicalize().map_err(unreadable)?;
        let path = root.join(&written.file).canonicalize().map_err(unreadable)?;
        let Ok(shown) = path.strip_prefix(&root) else {
            return Err(format!("{} lies outside of the project", written.file));
        };
        let bytes = file::read_up_to(file::MAX_COMPONENT_BYTES, &path).map_err(unreadable)?;
        let bytes = bytes.ok_or_else(|| format!("{} is too large", written.file))?;
        let component = mxcp_wasm::describe(&bytes).map_err(|error| format!("{}: {error}", written.file))?;
        let (export, function) = component.world.find(&written.export).map_err(|why| match why {
            NoFunction::Absent => format!("component has no export `{}`", written.export),
            NoFunction::Unusable(why) => format!("`{}` can't be called: {why}", written.export),
            NoFunction::Ambiguous(paths) => {
                format!("component has several versions of `{}`: {}", written.export, paths.join(", "))
            }
        })?;
        let name = written.name.clone().unwrap_or_else(|| name_of(export));
        let source = ComponentSource {
            file: shown.display().to_string(),
            digest: component.digest.clone(),
            export: export.to_owned(),
            function: function.clone(),
            permissions: written.permissions.clone().unwrap_or_default(),
            limits: written.limits.clone().unwrap_or_default(),
            place: Span::new(&SourceFile::new(SITE_FILE, ""), 0..0),
        };
        Ok((name, Arc::new(source)))
    }
}

/// What SQL calls an export: `acme:text/analysis@1.0.0.count-words` is `count_words`.
fn name_of(export: &str) -> String {
    export.rsplit('.').next().unwrap_or(export).replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_called_as_their_exports_are() {
        assert_eq!(name_of("acme:text/analysis@1.0.0.count-words"), "count_words");
        assert_eq!(name_of("double-it"), "double_it");
    }
}
