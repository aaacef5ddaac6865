//! Saying that there are tasks.

use rmcp::model::{JsonObject, ServerCapabilities, TASKS_EXTENSION_ID};

use crate::server::Server;

/// Declares the extension if any tool has it, or did when a task began that is still known.
pub(crate) fn declare(server: &Server, capabilities: &mut ServerCapabilities) {
    if server.catalog().has_tasks() || !server.tasks().are_none() {
        let extensions = capabilities.extensions.get_or_insert_default();
        extensions.insert(TASKS_EXTENSION_ID.to_owned(), JsonObject::new());
    }
}

/// Takes the declaration back, for clients of revisions that have no such extension.
pub(crate) fn withdraw(capabilities: &mut ServerCapabilities) {
    let Some(extensions) = &mut capabilities.extensions else { return };
    extensions.remove(TASKS_EXTENSION_ID);
    if extensions.is_empty() {
        capabilities.extensions = None;
    }
}
