//! What claims of an identity provider give users: capabilities, a role and permissions.

use serde::{Deserialize, Serialize};

use super::Principal;
use super::capabilities::{capabilities, claim, texts};
use crate::schema::{Auth, AuthProvider, ClaimMappings, RoleMappings};
use crate::value::{Object, Value};

/// What claims of one identity provider give.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mappings {
    /// Capabilities: `claim_mappings`.
    pub capabilities: ClaimMappings,
    /// A role: `role_mappings`.
    pub roles: RoleMappings,
    /// Permissions: `permission_mappings`.
    pub permissions: ClaimMappings,
}

impl Mappings {
    /// Those of the provider that vouches for callers.
    #[must_use]
    pub fn of(auth: &Auth) -> Self {
        macro_rules! of {
            ($settings:expr) => {
                $settings.as_ref().map(|settings| Self {
                    capabilities: settings.claim_mappings.clone().unwrap_or_default(),
                    roles: settings.role_mappings.clone().unwrap_or_default(),
                    permissions: settings.permission_mappings.clone().unwrap_or_default(),
                })
            };
        }
        let mappings = match auth.provider {
            AuthProvider::None => None,
            AuthProvider::Github => of!(auth.github),
            AuthProvider::Atlassian => of!(auth.atlassian),
            AuthProvider::Salesforce => of!(auth.salesforce),
            AuthProvider::Keycloak => of!(auth.keycloak),
            AuthProvider::Google => of!(auth.google),
            AuthProvider::Oidc => of!(auth.oidc),
        };
        mappings.unwrap_or_default()
    }

    /// Whether no claim gives anything.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.capabilities.is_empty() && self.roles.0.is_empty() && self.permissions.is_empty()
    }

    /// A user as the provider describes them, with what their claims give. To be applied to what the provider says, and
    /// once: what is mapped becomes part of the profile, as `role` and `permissions`, which is where everything that asks
    /// for them looks. Capabilities come from nowhere else.
    #[must_use]
    pub fn apply(&self, mut user: Principal) -> Principal {
        user.capabilities = capabilities(&user.profile, &self.capabilities);
        let (role, permissions) = (self.role(&user.profile), self.permissions(&user.profile));
        if let Some(role) = role {
            user.profile.insert("role", Value::string(role));
        }
        if let Some(permissions) = permissions {
            let permissions = permissions.into_iter().map(Value::String).collect();
            user.profile.insert("permissions", Value::Array(permissions));
        }
        user
    }

    /// The role of the first entry, as they are written, that a claim has the value of.
    fn role(&self, profile: &Object) -> Option<&str> {
        self.roles.0.iter().find_map(|(path, meanings)| {
            let values = claim(profile, path).map(texts)?;
            let had = |(value, _): &&(String, String)| values.contains(value);
            meanings.0.iter().find(had).map(|(_, role)| role.as_str())
        })
    }

    /// The permissions that the provider itself names, and those that claims give; none if no claim can.
    fn permissions(&self, profile: &Object) -> Option<Vec<String>> {
        if self.permissions.is_empty() {
            return None;
        }
        let mut permissions: Vec<String> = Vec::new();
        let own = profile.get("permissions").map(texts).unwrap_or_default();
        for permission in own.into_iter().chain(capabilities(profile, &self.permissions)) {
            if !permissions.contains(&permission) {
                permissions.push(permission);
            }
        }
        Some(permissions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::known;

    fn mapped(mappings: &str, profile: &str) -> [String; 3] {
        let auth = format!(
            r#"{{"provider": "google", "google": {{"client_id": "c", "client_secret": "s", "callback_path": "/c",
                "auth_url": "https://a", "token_url": "https://t", "scope": "openid", {mappings}}}}}"#
        );
        let auth: Auth = serde_json::from_str(&auth).unwrap();
        let user = format!(r#"{{"user_id": "u1", "capabilities": ["made-up"], "raw_profile": {profile}}}"#);
        let user = Principal::from_user(Value::parse_json(&user).unwrap()).unwrap();
        let user = Mappings::of(&auth).apply(user);
        ["role", "permissions", "capabilities"]
            .map(|name| known(Some(&user), name).unwrap_or(Value::Null).to_json_text())
    }

    const ALL: &str = r#""claim_mappings": {"groups": {"Ops": ["write"]}},
        "role_mappings": {"groups": {"Owners": "admin", "Ops": "operator"}, "guest": {"true": "guest"}},
        "permission_mappings": {"groups": {"Ops": ["pay.read", "pay.write"]}, "hr": {"true": ["pay.read"]}}"#;

    #[test]
    fn claims_give_capabilities_a_role_and_permissions() {
        let ops = r#"{"groups": ["Ops"], "hr": true, "permissions": ["own", "pay.read"]}"#;
        assert_eq!(mapped(ALL, ops), [r#""operator""#, r#"["own","pay.read","pay.write"]"#, r#"["write"]"#]);
        assert_eq!(mapped(ALL, r#"{"guest": true}"#), [r#""guest""#, "[]", "[]"]);
    }

    #[test]
    fn of_several_roles_the_first_one_written_is_had() {
        let [role, ..] = mapped(ALL, r#"{"guest": true, "groups": ["Ops", "Owners"]}"#);
        assert_eq!(role, r#""admin""#);
    }

    #[test]
    fn what_is_not_mapped_stays_what_the_provider_says() {
        let profile = r#"{"role": "auditor", "permissions": "own", "groups": ["None"]}"#;
        assert_eq!(mapped(ALL, profile), [r#""auditor""#, r#"["own"]"#, "[]"]);
        assert_eq!(mapped(r#""claim_mappings": {}"#, profile), [r#""auditor""#, r#""own""#, "[]"]);
        assert_eq!(mapped(r#""role_mappings": null"#, "{}"), [r#""user""#, "[]", "[]"]);
    }
}
