//! Atlassian.

use mxcp_core::schema::OAuthApp;

use super::pairs;
use crate::error::Error;
use crate::upstream::profile::{Fields, Profile, own_service};

const FIELDS: Fields = Fields {
    id: &["account_id"],
    username: Some("nickname"),
    username_of_email: true,
    picture: &["picture"],
};

pub(in crate::upstream) fn profile(app: &OAuthApp<String>) -> Result<Profile, Error> {
    let userinfo = "https://api.atlassian.com/me";
    let own = |token: &_| own_service("atlassian", token, &["atlassian.com"], userinfo);
    let mut profile = Profile::of_app("atlassian", app, &app.scope, own, FIELDS)?;
    profile.authorize_parameters = pairs(&[("audience", "api.atlassian.com"), ("prompt", "consent")]);
    Ok(profile)
}
