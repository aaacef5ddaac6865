//! The identity providers that are known, each as data.

pub(super) mod atlassian;
pub(super) mod github;
pub(super) mod google;
pub(super) mod keycloak;
pub(super) mod oidc;
pub(super) mod salesforce;

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
