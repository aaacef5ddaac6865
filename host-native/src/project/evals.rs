//! The suites of evaluations of a project.

use mxcp_core::diagnostic::{Code, Diagnostic, Diagnostics};
use mxcp_core::evals::{self, LoadedSuite};
use mxcp_core::registry::Registry;

use super::Project;
use super::definitions::{Fence, prefix, read};
use super::folder::Listing;

impl Project {
    /// Reads the suites in the folder that the site file names, by path; what there is to say about the folder goes to
    /// `warnings`. Where there is no such folder, there are none.
    pub(crate) fn suites(&self, registry: &Registry, warnings: &mut Diagnostics) -> Vec<LoadedSuite> {
        let written = self.site.evals_folder();
        let folder = self.root.join(written);
        if !folder.exists() {
            return Vec::new();
        }
        let prefix = prefix(written);
        let fence = Fence::around(&folder);
        let listing = Listing::of(&folder);
        for (path, error) in &listing.unreadable {
            let problem = format!("folder `{prefix}{path}` can't be read: {error}");
            warnings.push(Diagnostic::warning(Code::IgnoredFile, problem));
        }
        let files = listing.files.into_iter().filter(|file| file.ends_with(".yml"));
        let files = files.map(|file| (format!("{prefix}{file}"), read(&folder.join(&file), &fence)));
        evals::load(files, registry)
    }
}
