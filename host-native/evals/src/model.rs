//! A model, as the user file has it.

use std::time::Duration;

use mxcp_core::call::Secret;
use mxcp_core::schema::{ModelKind, ModelTools, Models};
use url::Url;

use crate::error::ModelError;

/// How long an answer may take unless the user file says otherwise.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How often a request is made again unless the user file says otherwise.
const RETRIES: u64 = 2;

/// A language model and the way to it.
#[derive(Clone, Debug)]
pub struct Model {
    /// What its service knows it by.
    pub name: String,
    /// Whose interface its service speaks.
    pub kind: ModelKind,
    /// The key of the service; none if it is only replayed.
    pub key: Option<Secret>,
    /// How it is told of tools.
    pub tools: ModelTools,
    /// What it costs.
    pub price: Option<Price>,
    /// How long one answer may take.
    pub timeout: Duration,
    /// How often a request is made again.
    pub retries: u64,
    /// The service, without a slash at its end.
    pub(crate) base: String,
}

/// What a model costs for a million tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    /// Tokens that are sent to it.
    pub input: f64,
    /// Tokens that it writes.
    pub output: f64,
}

impl Model {
    /// The model of a name. It needs a key unless it is `replayed`.
    ///
    /// # Errors
    /// It is not configured, or can't be asked.
    pub fn configured(models: &Models, name: &str, replayed: bool) -> Result<Self, ModelError> {
        let all = models.models.as_ref().filter(|all| !all.is_empty()).ok_or(ModelError::NoModels)?;
        let written = all.get(name).ok_or_else(|| ModelError::Unknown(name.to_owned()))?;
        let key = written.api_key.as_ref().map(|key| key.expose().as_str()).filter(|key| !key.is_empty());
        if key.is_none() && !replayed {
            return Err(ModelError::NoKey(name.to_owned()));
        }
        let mut model = Self::recorded(name, written.kind);
        if let Some(base) = written.base_url.as_deref().filter(|base| !base.is_empty()) {
            let url = Url::parse(base)
                .ok()
                .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            url.ok_or_else(|| ModelError::BadUrl(name.to_owned()))?;
            base.trim_end_matches('/').clone_into(&mut model.base);
        }
        model.key = key.map(Secret::new);
        model.tools = written.tools.unwrap_or(ModelTools::Native);
        model.price = written.price.map(|price| Price { input: price.input, output: price.output });
        model.timeout = written.timeout.map_or(TIMEOUT, Duration::from_secs);
        model.retries = written.max_retries.unwrap_or(RETRIES);
        Ok(model)
    }

    /// A model of which only recordings are known.
    #[must_use]
    pub fn recorded(name: &str, kind: ModelKind) -> Self {
        let base = match kind {
            ModelKind::Claude => "https://api.anthropic.com",
            ModelKind::Openai => "https://api.openai.com/v1",
        };
        Self {
            name: name.to_owned(),
            kind,
            key: None,
            tools: ModelTools::Native,
            price: None,
            timeout: TIMEOUT,
            retries: RETRIES,
            base: base.to_owned(),
        }
    }
}

impl Price {
    /// What so many tokens cost.
    pub(crate) fn of(self, input_tokens: u64, output_tokens: u64) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a count of tokens, and a price that is rounded anyway"
        )]
        let cost = |tokens: u64, price: f64| tokens as f64 * price / 1e6;
        cost(input_tokens, self.input) + cost(output_tokens, self.output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configured(json: &str, replayed: bool) -> Result<Model, ModelError> {
        Model::configured(&serde_json::from_str(json).unwrap(), "m", replayed)
    }

    #[test]
    fn what_keeps_a_model_from_being_asked_is_told_in_the_words_of_the_reference() {
        let problem = |json: &str| configured(json, false).unwrap_err().to_string();
        assert_eq!(
            problem("{}"),
            "No models configuration found in user config: name them under `models`, mostly in ~/.mxcp/config.yml"
        );
        assert_eq!(
            problem(r#"{"models": {}}"#),
            "No models configuration found in user config: name them under `models`, mostly in ~/.mxcp/config.yml"
        );
        assert_eq!(
            problem(r#"{"models": {"n": {"type": "claude"}}}"#),
            "Model 'm' not configured in user config: add it under `models.models`"
        );
        assert_eq!(
            problem(r#"{"models": {"m": {"type": "claude"}}}"#),
            "No API key configured for model 'm'"
        );
        assert!(configured(r#"{"models": {"m": {"type": "claude"}}}"#, true).is_ok());
        for url in ["nowhere", "ftp://a/b", "http://"] {
            let json = format!(
                r#"{{"models": {{"m": {{"type": "openai", "api_key": "k", "base_url": "{url}"}}}}}}"#
            );
            assert_eq!(problem(&json), "`base_url` of model 'm' is no URL of HTTP");
        }
    }

    #[test]
    fn slashes_at_the_end_of_an_address_are_not_doubled_and_keys_are_not_shown() {
        let json = r#"{"models": {"m": {"type": "openai", "api_key": "s3cr3t", "base_url": "http://a/v1//", "max_retries": 0}}}"#;
        let model = configured(json, false).unwrap();
        assert_eq!((model.base.as_str(), model.retries, model.timeout), ("http://a/v1", 0, TIMEOUT));
        assert!(!format!("{model:?}").contains("s3cr3t"));
    }
}
