//! What is known of the deployment: the environment's word before the bundle's.

use mxcp_core::bundle;
use mxcp_core::call::Mappings;
use mxcp_token::{AssertionKey, Expectations, Jwks, ORIGIN};

use crate::url::Url;

/// What the issuer of tokens is called in users, where the project does not say.
const PROVIDER: &str = "verifier";

/// How this edge is deployed.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who answers what the edge can't; nobody if none.
    pub(crate) origin: Option<Origin>,
    /// Who may call.
    pub(crate) access: Access,
    /// URL under which clients know the MCP endpoint; as their requests say if none.
    pub(crate) resource: Option<String>,
    /// Names that requests may call the edge by, in lower case; any if empty.
    pub(crate) allowed_hosts: Vec<String>,
    /// Whether calls are recorded, a line each.
    pub(crate) log: bool,
}

/// A server that answers for the edge.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// Its MCP endpoint.
    pub(crate) url: String,
    /// What it is called in assertions.
    pub(crate) audience: String,
    /// What the edge proves itself with.
    pub(crate) key: AssertionKey,
}

/// Who may call.
#[derive(Clone, Debug)]
pub(crate) enum Access {
    /// Everybody, as nobody in particular.
    Anonymous,
    /// Whoever has a token.
    Tokens(Box<Tokens>),
}

/// What tokens must be, and how that is known.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub(crate) expected: Expectations,
    /// Keys that are given.
    pub(crate) keys: Option<Jwks>,
    /// Where keys are published.
    pub(crate) keys_url: Option<String>,
    /// What their issuer is called in users.
    pub(crate) provider: String,
    /// What their claims give.
    pub(crate) mappings: Mappings,
}

impl Settings {
    /// The settings of a deployment; `variable` knows its environment.
    ///
    /// # Errors
    /// What is missing or wrong: nothing is served then. Its text holds no value of a variable.
    pub fn new(
        built_in: &bundle::Settings,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let either = |name: &str, built_in: &Option<String>| {
            variable(name).filter(|value| !value.is_empty()).or_else(|| built_in.clone())
        };
        let resource = either("MXCP_EDGE_RESOURCE", &built_in.resource);
        let tokens = Tokens::new(built_in, resource.as_deref(), &either)?;
        let access = match (tokens, flag("MXCP_EDGE_ANONYMOUS", &variable)?.unwrap_or(built_in.anonymous)) {
            (Some(_), true) => {
                return Err(
                    "both keys of an issuer and MXCP_EDGE_ANONYMOUS are set: one of them is meant".into()
                );
            }
            (Some(tokens), false) => Access::Tokens(Box::new(tokens)),
            (None, true) => Access::Anonymous,
            (None, false) => {
                return Err(
                    "neither MXCP_EDGE_JWKS, MXCP_EDGE_JWKS_URL nor MXCP_EDGE_ANONYMOUS=true is set".into()
                );
            }
        };
        let hosts = variable("MXCP_EDGE_ALLOWED_HOSTS").filter(|value| !value.is_empty());
        let allowed_hosts = match &hosts {
            Some(list) => list.split(',').map(|name| name.trim().to_ascii_lowercase()).collect(),
            None => built_in.allowed_hosts.iter().map(|name| name.to_ascii_lowercase()).collect(),
        };
        let log = flag("MXCP_EDGE_LOG", &variable)?.unwrap_or(false);
        Ok(Self { origin: Origin::new(built_in, &variable, &either)?, access, resource, allowed_hosts, log })
    }

    /// Whether answers tell clients a URL that begins as the request's does.
    #[must_use]
    pub fn depends_on_scheme(&self) -> bool {
        self.resource.is_none() && matches!(self.access, Access::Tokens(_))
    }
}

/// A variable that is true or false.
fn flag(name: &str, variable: &impl Fn(&str) -> Option<String>) -> Result<Option<bool>, String> {
    match variable(name).as_deref() {
        None | Some("") => Ok(None),
        Some("true" | "1") => Ok(Some(true)),
        Some("false" | "0") => Ok(Some(false)),
        Some(_) => Err(format!("{name} is neither `true` nor `false`")),
    }
}

impl Origin {
    fn new(
        built_in: &bundle::Settings,
        variable: &impl Fn(&str) -> Option<String>,
        either: &impl Fn(&str, &Option<String>) -> Option<String>,
    ) -> Result<Option<Self>, String> {
        let Some(url) = either("MXCP_EDGE_ORIGIN", &built_in.origin) else { return Ok(None) };
        if Url::parse(&url).is_none() {
            return Err("MXCP_EDGE_ORIGIN is no http or https URL".to_owned());
        }
        let Some(key) = variable("MXCP_EDGE_KEY").filter(|key| !key.is_empty()) else {
            return Err("there is an origin, and MXCP_EDGE_KEY is not set".to_owned());
        };
        let key = AssertionKey::new(key.as_bytes()).map_err(|problem| format!("MXCP_EDGE_KEY: {problem}"))?;
        let audience = either("MXCP_EDGE_ORIGIN_AUDIENCE", &built_in.origin_audience)
            .unwrap_or_else(|| ORIGIN.to_owned());
        Ok(Some(Self { url, audience, key }))
    }
}

impl Tokens {
    /// None if no keys are named.
    fn new(
        built_in: &bundle::Settings,
        resource: Option<&str>,
        either: &impl Fn(&str, &Option<String>) -> Option<String>,
    ) -> Result<Option<Self>, String> {
        let keys = either("MXCP_EDGE_JWKS", &built_in.jwks);
        let keys_url = either("MXCP_EDGE_JWKS_URL", &built_in.jwks_url);
        if keys.is_none() && keys_url.is_none() {
            return Ok(None);
        }
        if keys_url.as_deref().is_some_and(|url| Url::parse(url).is_none()) {
            return Err("MXCP_EDGE_JWKS_URL is no http or https URL".to_owned());
        }
        let keys = keys.map(|text| Jwks::parse(&text)).transpose();
        let keys = keys.map_err(|problem| format!("MXCP_EDGE_JWKS: {problem}"))?;
        if keys.as_ref().is_some_and(Jwks::is_empty) && keys_url.is_none() {
            return Err("MXCP_EDGE_JWKS has no key that can be used".to_owned());
        }
        let issuer = either("MXCP_EDGE_ISSUER", &built_in.issuer).ok_or("MXCP_EDGE_ISSUER is not set")?;
        // A token that some other service got must not open this one.
        let audience = either("MXCP_EDGE_AUDIENCE", &built_in.audience);
        let audience = audience.or_else(|| resource.map(str::to_owned));
        let audience = audience.ok_or("neither MXCP_EDGE_AUDIENCE nor MXCP_EDGE_RESOURCE is set")?;
        let required_scopes = built_in.required_scopes.clone();
        let expected = Expectations { required_scopes, ..Expectations::new(issuer, audience) };
        let provider = built_in.provider.clone().unwrap_or_else(|| PROVIDER.to_owned());
        Ok(Some(Self { expected, keys, keys_url, provider, mappings: built_in.mappings.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(built_in: &bundle::Settings, variables: &[(&str, &str)]) -> Result<Settings, String> {
        let variables = variables.to_vec();
        Settings::new(built_in, |name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    const ANYBODY: (&str, &str) = ("MXCP_EDGE_ANONYMOUS", "true");
    const KEYS_URL: (&str, &str) = ("MXCP_EDGE_JWKS_URL", "https://id.example/keys");

    #[test]
    fn without_a_word_on_who_may_call_nothing_is_served() {
        let nothing = bundle::Settings::default();
        assert!(settings(&nothing, &[]).unwrap_err().contains("MXCP_EDGE_ANONYMOUS"));
        assert!(settings(&nothing, &[("MXCP_EDGE_ANONYMOUS", "false")]).is_err());
        assert!(settings(&nothing, &[("MXCP_EDGE_ANONYMOUS", "yes")]).is_err());
        assert!(matches!(settings(&nothing, &[ANYBODY]).unwrap().access, Access::Anonymous));
        assert!(settings(&nothing, &[ANYBODY, KEYS_URL, ("MXCP_EDGE_ISSUER", "i")]).is_err());
    }

    #[test]
    fn tokens_are_of_an_issuer_and_for_an_audience() {
        let nothing = bundle::Settings::default();
        let issuer = ("MXCP_EDGE_ISSUER", "https://id.example");
        assert_eq!(settings(&nothing, &[KEYS_URL]).unwrap_err(), "MXCP_EDGE_ISSUER is not set");
        assert!(settings(&nothing, &[KEYS_URL, issuer]).unwrap_err().contains("MXCP_EDGE_AUDIENCE"));
        assert!(settings(&nothing, &[KEYS_URL, issuer, ("MXCP_EDGE_AUDIENCE", "a")]).is_ok());
        let keys = ("MXCP_EDGE_JWKS", r#"{"keys":[]}"#);
        assert!(settings(&nothing, &[keys, issuer]).unwrap_err().contains("no key"));
        assert!(settings(&nothing, &[("MXCP_EDGE_JWKS", "x"), issuer]).is_err());
    }

    #[test]
    fn the_environment_has_the_last_word() {
        let built_in = bundle::Settings {
            anonymous: true,
            origin: Some("http://a/mcp".to_owned()),
            ..bundle::Settings::default()
        };
        let key = ("MXCP_EDGE_KEY", "0123456789abcdef0123456789abcdef");
        let origin = |variables: &[(&str, &str)]| settings(&built_in, variables).unwrap().origin.unwrap();
        assert_eq!(origin(&[key]).url, "http://a/mcp");
        assert_eq!(origin(&[key]).audience, "mxcp-origin");
        assert_eq!(origin(&[key, ("MXCP_EDGE_ORIGIN_AUDIENCE", "o")]).audience, "o");
        assert_eq!(origin(&[key, ("MXCP_EDGE_ORIGIN", "https://b/mcp")]).url, "https://b/mcp");
        assert!(settings(&built_in, &[key, ("MXCP_EDGE_ANONYMOUS", "false")]).is_err());
    }

    #[test]
    fn an_origin_needs_a_key_that_is_long_and_never_shown() {
        let nothing = bundle::Settings::default();
        let origin = ("MXCP_EDGE_ORIGIN", "http://a/mcp");
        assert!(settings(&nothing, &[ANYBODY, origin]).unwrap_err().contains("MXCP_EDGE_KEY"));
        assert!(settings(&nothing, &[ANYBODY, origin, ("MXCP_EDGE_KEY", "short-secret")]).is_err());
        let problem = settings(&nothing, &[ANYBODY, origin, ("MXCP_EDGE_KEY", "short-secret")]).unwrap_err();
        assert!(!problem.contains("short-secret"), "{problem}");
        let key = ("MXCP_EDGE_KEY", "a-secret-of-32-letters-or-more-xx");
        assert!(!format!("{:?}", settings(&nothing, &[ANYBODY, origin, key])).contains("a-secret"));
        assert!(settings(&nothing, &[ANYBODY, ("MXCP_EDGE_ORIGIN", "a/mcp"), key]).is_err());
    }
}
