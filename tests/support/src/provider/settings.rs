//! How a server is told of a provider.

use serde_json::{Value as Json, json};

use super::{CLIENT_ID, CLIENT_SECRET, Kind, Provider};

impl Provider {
    /// The block `auth` of a profile that logs people in here and gets them back at `/back`; `more` are further settings of the
    /// provider's own block, or others in their place.
    #[must_use]
    pub fn settings(&self, more: &Json) -> Json {
        let paths = self.paths();
        let (name, own) = match self.kind {
            Kind::Oidc | Kind::Entra => ("oidc", json!({ "config_url": self.config_url() })),
            Kind::Keycloak => ("keycloak", json!({ "server_url": self.url("/"), "realm": "people" })),
            Kind::Github => ("github", json!({})),
            Kind::Salesforce => ("salesforce", json!({})),
            Kind::Google => ("google", json!({ "userinfo_url": self.url(paths.profile) })),
            Kind::Atlassian => ("atlassian", json!({ "userinfo_url": self.url(paths.profile) })),
        };
        let addresses = match self.kind {
            Kind::Oidc | Kind::Entra | Kind::Keycloak => json!({}),
            _ => json!({ "auth_url": self.url(paths.authorize), "token_url": self.url(paths.token) }),
        };
        let mut block = json!({
            "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "callback_path": "/back", "scope": "openid email",
        });
        for (key, value) in [&own, &addresses, more].into_iter().filter_map(Json::as_object).flatten() {
            block[key] = value.clone();
        }
        let mut auth = json!({ "provider": name });
        auth[name] = block;
        auth
    }
}
