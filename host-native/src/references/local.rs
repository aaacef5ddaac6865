//! Looking things up without a network.

use mxcp_core::reference::Resolver;
use mxcp_core::schema::{OnePassword, Vault};
use serde_json::Value as Json;

use super::References;

/// Looks things up on this machine only. What secret managers elsewhere would say is taken for an empty text, and counted.
#[derive(Debug)]
pub(crate) struct Local {
    references: References,
    passed_over: usize,
}

impl Local {
    /// Looks up there what is on this machine.
    pub(crate) fn new(references: References) -> Self {
        Self { references, passed_over: 0 }
    }

    /// How many references were not followed.
    pub(crate) fn passed_over(&self) -> usize {
        self.passed_over
    }
}

impl Resolver for Local {
    fn variable(&mut self, name: &str) -> Option<String> {
        self.references.variable(name)
    }

    fn file(&mut self, path: &str) -> Result<String, String> {
        self.references.file(path)
    }

    fn vault(&mut self, _: &Vault, _: &str, _: &str, _: &str) -> Result<Json, String> {
        self.passed_over += 1;
        Ok(String::new().into())
    }

    fn one_password(&mut self, _: &OnePassword, _: &str) -> Result<String, String> {
        self.passed_over += 1;
        Ok(String::new())
    }

    fn keyring(&mut self, service: &str, account: &str) -> Result<String, String> {
        self.references.keyring(service, account)
    }
}
