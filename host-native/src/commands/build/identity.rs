//! What the user file says of users, as far as the edge has to know it.

use mxcp_core::bundle::Settings;
use mxcp_core::call::Mappings;
use mxcp_core::schema::{AuthMode, AuthProvider};
use mxcp_core::user::User;

use crate::failure::Failure;

/// What claims may give.
const MAPPINGS: [&str; 3] = ["claim_mappings", "role_mappings", "permission_mappings"];

/// Puts in what the active profile says of those who call: what their claims give, and in mode `verifier`, where the edge
/// takes the same tokens, what these need.
///
/// # Errors
/// A part of it comes from references: it may be secret, and what is built is not.
pub(super) fn put_in(user: &User, settings: &mut Settings) -> Result<(), Failure> {
    let Some(auth) = &user.profile.auth else { return Ok(()) };
    let provider = match auth.provider {
        AuthProvider::None => return Ok(()),
        AuthProvider::Github => "github",
        AuthProvider::Atlassian => "atlassian",
        AuthProvider::Salesforce => "salesforce",
        AuthProvider::Keycloak => "keycloak",
        AuthProvider::Google => "google",
        AuthProvider::Oidc => "oidc",
    };
    for mapping in MAPPINGS {
        written_out(user, &format!("auth.{provider}.{mapping}"))?;
    }
    settings.mappings = Mappings::of(auth);
    if auth.mode == AuthMode::Verifier {
        written_out(user, "auth.authorization.required_scopes")?;
        written_out(user, "auth.oidc.provider_name")?;
        let scopes = auth.authorization.as_ref().and_then(|rules| rules.required_scopes.clone());
        settings.required_scopes = scopes.unwrap_or_default();
        let name = auth.oidc.as_ref().and_then(|oidc| oidc.provider_name.clone());
        settings.provider = Some(name.unwrap_or_else(|| provider.to_owned()));
    }
    Ok(())
}

/// # Errors
/// It comes from references.
fn written_out(user: &User, path: &str) -> Result<(), Failure> {
    if !user.is_followed(path) {
        return Ok(());
    }
    Err(Failure::message(format!(
        "nothing was built: `{path}` takes values from references, and what is built holds no secrets: write them out in the \
         user file"
    )))
}
