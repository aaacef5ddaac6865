//! What the model providers behind MCP clients accept of a tool.
//!
//! A client hands the tools of a server on to its provider. What the provider refuses is an error here: one
//! such tool often makes every request with it fail. What some clients translate or leave out, and others hand
//! on to be refused, is a warning. Each provider has a table of what it documents, with the source beside it.
//!
//! All of them want the schema of all arguments together to be of type `object`, and most without `anyOf` and the
//! like. That schema is made by [`Parameters::input_schema`](crate::types::Parameters::input_schema) and always
//! is so, hence no rule about it.

mod bedrock;
mod claude;
mod form;
mod gemini;
mod limit;
mod openai;
mod size;
mod tree;

use super::{Remark, Remarks, Subject};
use crate::definition::Kind;
use crate::diagnostic::Severity;
use limit::Limit;
use tree::Tree;

/// A provider whose limits are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Client {
    /// Gemini, by the Gemini API or Vertex AI.
    Gemini,
    /// OpenAI.
    OpenAi,
    /// Claude, by the API of Anthropic.
    Claude,
    /// Amazon Bedrock, by its Converse API.
    Bedrock,
}

impl Client {
    /// All of them.
    pub const ALL: [Client; 4] = [Client::Gemini, Client::OpenAi, Client::Claude, Client::Bedrock];

    /// The word of the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Client::Gemini => "gemini",
            Client::OpenAi => "openai",
            Client::Claude => "claude",
            Client::Bedrock => "bedrock",
        }
    }

    /// The client of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Client::ALL.into_iter().find(|client| client.as_str() == word)
    }

    /// The name in sentences.
    fn name(self) -> &'static str {
        match self {
            Client::Gemini => "Gemini",
            Client::OpenAi => "OpenAI",
            Client::Claude => "Claude",
            Client::Bedrock => "Bedrock",
        }
    }

    fn limits(self) -> &'static [Limit] {
        match self {
            Client::Gemini => gemini::LIMITS,
            Client::OpenAi => openai::LIMITS,
            Client::Claude => claude::LIMITS,
            Client::Bedrock => bedrock::LIMITS,
        }
    }

    /// The codes of its findings.
    pub(super) fn codes(self) -> impl Iterator<Item = &'static str> {
        self.limits().iter().map(|limit| limit.code)
    }

    /// What it has to say about an endpoint: nothing unless that is a tool.
    pub(super) fn check(self, subject: &Subject<'_>) -> Vec<(&'static str, Severity, Remark)> {
        if subject.endpoint.kind != Kind::Tool {
            return Vec::new();
        }
        let schema = subject.endpoint.parameters.input_schema();
        let tree = Tree::of(&schema, subject);
        let mut found = Vec::new();
        for limit in self.limits() {
            let mut remarks = Remarks::default();
            limit.what.check(self.name(), subject, &tree, &mut remarks);
            found.extend(remarks.into_iter().map(|remark| (limit.code, limit.severity, remark)));
        }
        found
    }
}
