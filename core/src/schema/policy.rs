//! Policies as written (spec `policies.md` section 1).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Rules around a call.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policies {
    /// Checked before the endpoint runs, top to bottom.
    pub input: Option<Vec<Rule>>,
    /// Checked after the result is known, top to bottom.
    pub output: Option<Vec<Rule>>,
    /// Whether the endpoint pretends not to exist: whoever the input rules deny, for who they are or for their
    /// arguments, gets the answer for an unknown endpoint. Callers whom the rules may deny are not told what
    /// is wrong with their arguments either. The audit log has the true reason. How long an answer takes may
    /// still tell, and so does the listing to those whom it shows the endpoint.
    pub hide: Option<bool>,
}

/// One rule: if the condition holds, the action is taken.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// CEL expression. Input rules see the parameters and `user`, output rules `response` and `user`. `filter_rows` may
    /// do without: it then filters for everybody.
    pub condition: Option<String>,
    /// What happens if the condition holds, or can't be evaluated.
    pub action: Action,
    /// Told to the caller on `deny`; what a person is asked on `ask`.
    pub reason: Option<String>,
    /// Keys that `filter_fields` removes or `mask_fields` masks.
    pub fields: Option<Vec<String>>,
    /// CEL expression over `row` and `user`: `filter_rows` keeps the rows for which it is true. A row for which it can't be
    /// evaluated is not kept.
    #[serde(rename = "where")]
    pub keep: Option<String>,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The call fails.
    Deny,
    /// A person must approve the call, with these very arguments, before it runs; input rules only. Clients put the question
    /// by elicitation; where nobody can be asked, or the answer is no, the call fails.
    Ask,
    /// The named keys are removed.
    FilterFields,
    /// The values of the named keys become `****`.
    MaskFields,
    /// Everything marked `sensitive` is removed.
    FilterSensitiveFields,
    /// Of a list, only the rows are kept for which `where` is true. That comes before everything else: the check against
    /// `return` and all other rules see the rows that are left, and `minItems` does not count.
    FilterRows,
}

impl Action {
    /// The action as written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Deny => "deny",
            Action::Ask => "ask",
            Action::FilterFields => "filter_fields",
            Action::MaskFields => "mask_fields",
            Action::FilterSensitiveFields => "filter_sensitive_fields",
            Action::FilterRows => "filter_rows",
        }
    }
}
