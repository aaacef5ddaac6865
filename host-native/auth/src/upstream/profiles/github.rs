//! GitHub, and GitHub Enterprise.

use mxcp_core::schema::OAuthApp;

use crate::error::Error;
use crate::http::Endpoint;
use crate::upstream::profile::{Fields, Profile, Userinfo};

const FIELDS: Fields =
    Fields { id: &["id"], username: Some("login"), username_of_email: false, picture: &["avatar_url"] };

pub(in crate::upstream) fn profile(app: &OAuthApp<Option<String>>) -> Result<Profile, Error> {
    let scope = app.scope.as_deref().unwrap_or_default();
    let mut profile = Profile::of_app("github", app, scope, userinfo, FIELDS)?;
    profile.scope_separators = &[',', ' '];
    if let Userinfo::At(userinfo) = &profile.userinfo {
        profile.emails = userinfo.at(&format!("{}/emails", userinfo.path().trim_end_matches('/')));
    }
    Ok(profile)
}

/// The interface of the server that gives the tokens: those of an Enterprise server are not for `github.com`.
fn userinfo(token: &Endpoint) -> Option<Userinfo> {
    let host = token.host();
    let endpoint = if host == "github.com" || host.ends_with(".ghe.com") {
        Endpoint::parse(&format!("https://api.{host}/user"))
    } else {
        token.at("/api/v3/user")
    };
    endpoint.map(Userinfo::At)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_shown_to_the_server_that_gave_them() {
        let userinfo = |token: &str| match userinfo(&Endpoint::parse(token).unwrap()) {
            Some(Userinfo::At(endpoint)) => endpoint.url(),
            _ => panic!(),
        };
        let path = "/login/oauth/access_token";
        assert_eq!(userinfo(&format!("https://github.com{path}")), "https://api.github.com/user");
        assert_eq!(userinfo(&format!("https://octo.ghe.com{path}")), "https://api.octo.ghe.com/user");
        assert_eq!(userinfo(&format!("https://git.corp:8443{path}")), "https://git.corp:8443/api/v3/user");
        assert_eq!(userinfo(&format!("https://evilgithub.com{path}")), "https://evilgithub.com/api/v3/user");
    }
}
