//! Salesforce, its sandboxes and domains of one's own.

use mxcp_core::schema::OAuthApp;

use crate::error::Error;
use crate::http::Endpoint;
use crate::upstream::granted::Granted;
use crate::upstream::profile::{Fields, Profile, Userinfo};

const FIELDS: Fields = Fields {
    id: &["user_id"],
    username: Some("username"),
    username_of_email: true,
    picture: &["photos", "picture"],
};

/// Domains whose hosts are Salesforce's.
const HOMES: [&str; 3] = [".salesforce.com", ".force.com", ".salesforce.mil"];

const PATH: &str = "/services/oauth2/userinfo";

pub(in crate::upstream) fn profile(app: &OAuthApp<Option<String>>) -> Result<Profile, Error> {
    let scope = app.scope.as_deref().unwrap_or_default();
    let named = |_: &Endpoint| Some(Userinfo::Named(userinfo));
    let mut profile = Profile::of_app("salesforce", app, scope, named, FIELDS)?;
    profile.pkce = app.pkce.unwrap_or(false);
    Ok(profile)
}

/// Where the person is, as the answer with the tokens says, or where that answer came from. Tokens are shown to Salesforce, or to
/// the host that gave them, and to nobody else.
fn userinfo(granted: &Granted, token: &Endpoint) -> Option<Endpoint> {
    let trusted = |place: &Endpoint| {
        let host = place.host();
        host == token.host() || HOMES.iter().any(|home| host.ends_with(home))
    };
    let named = granted.places().filter_map(|url| token.naming(url)).find(trusted);
    named.as_ref().unwrap_or(token).at(PATH)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn place(answer: &Json) -> String {
        let token = Endpoint::parse("https://test.salesforce.com/services/oauth2/token").unwrap();
        let mut granted = json!({ "access_token": "a" });
        granted.as_object_mut().unwrap().extend(answer.as_object().unwrap().clone());
        userinfo(&serde_json::from_value(granted).unwrap(), &token).unwrap().url()
    }

    #[test]
    fn people_are_asked_for_where_they_are() {
        let own = "https://test.salesforce.com/services/oauth2/userinfo";
        assert_eq!(place(&json!({})), own);
        let domain = "https://corp--dev.sandbox.my.salesforce.com";
        assert_eq!(
            place(&json!({ "instance_url": domain })),
            "https://corp--dev.sandbox.my.salesforce.com/services/oauth2/userinfo"
        );
        let both = json!({ "id": "https://login.salesforce.com/id/00D/005", "instance_url": domain });
        assert_eq!(place(&both), "https://login.salesforce.com/services/oauth2/userinfo");
    }

    #[test]
    fn tokens_are_not_shown_to_others() {
        let own = "https://test.salesforce.com/services/oauth2/userinfo";
        for url in [
            "https://evil.example/id/1/2",
            "https://evilsalesforce.com/",
            "https://salesforce.com.evil.example/",
            "http://corp.my.salesforce.com/",
            "http://127.0.0.1/",
            "https://test.salesforce.com@evil.example/",
            "no address",
        ] {
            assert_eq!(place(&json!({ "id": url, "instance_url": url })), own, "{url}");
        }
    }
}
