//! Google.

use mxcp_core::schema::OAuthApp;

use super::pairs;
use crate::error::Error;
use crate::upstream::profile::{Fields, Profile, own_service};

const FIELDS: Fields =
    Fields { id: &["sub", "id"], username: None, username_of_email: true, picture: &["picture"] };

pub(in crate::upstream) fn profile(app: &OAuthApp<String>) -> Result<Profile, Error> {
    let userinfo = "https://www.googleapis.com/oauth2/v2/userinfo";
    let homes = ["google.com", "googleapis.com"];
    let own = |token: &_| own_service("google", token, &homes, userinfo);
    let mut profile = Profile::of_app("google", app, &app.scope, own, FIELDS)?;
    // Without them there is no refresh token.
    profile.authorize_parameters = pairs(&[("access_type", "offline"), ("prompt", "consent")]);
    Ok(profile)
}
