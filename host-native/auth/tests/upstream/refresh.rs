//! Fresh tokens.

use super::*;

#[tokio::test]
async fn a_new_refresh_token_replaces_the_old_one() {
    for kind in [Kind::Oidc, Kind::Google, Kind::Salesforce, Kind::Keycloak, Kind::Entra, Kind::Atlassian] {
        let provider = Provider::start_as(kind).unwrap();
        let upstream = started(&provider, &json!({})).await;
        let first = log_in(&provider, &upstream).await.unwrap();
        let old = first.tokens.refresh.clone().unwrap();
        let second = upstream.refresh(&old, &first.tokens.scopes, &first.user).await.unwrap();
        let new = second.tokens.refresh.clone().unwrap();
        assert_ne!((&old, &first.tokens.access), (&new, &second.tokens.access), "{kind:?}");
        let known = |identity: &Identity| {
            let user = &identity.user;
            (user.user_id.clone(), user.username.clone(), user.email.clone(), user.avatar_url.clone())
        };
        assert_eq!(known(&first), known(&second), "{kind:?}");
        assert_eq!(second.tokens.scopes, ["openid", "email"]);

        let asked = provider.requests_to(provider.paths().token).remove(1);
        let sent: Vec<_> = asked.form.keys().map(String::as_str).collect();
        assert_eq!(sent, ["client_id", "client_secret", "grant_type", "refresh_token", "scope"], "{kind:?}");
        assert_eq!(
            (asked.form["refresh_token"].as_str(), asked.form["scope"].as_str()),
            (old.reveal(), "openid email")
        );
        // Who it is was asked at the login.
        assert_eq!(provider.requests_to(provider.paths().profile).len(), 1, "{kind:?}");
        let again = upstream.refresh(&old, &[], &first.user).await.unwrap_err();
        assert_eq!(again, UpstreamError::Refused("invalid_grant".to_owned()), "{kind:?}");
    }
}

#[tokio::test]
async fn where_none_is_given_the_old_one_stays() {
    let provider = Provider::start_as(Kind::Google).unwrap();
    provider.set(|knobs| knobs.keeps_refresh = true);
    let upstream = started(&provider, &json!({})).await;
    let first = log_in(&provider, &upstream).await.unwrap();
    let old = first.tokens.refresh.unwrap();
    let second = upstream.refresh(&old, &first.tokens.scopes, &first.user).await.unwrap();
    assert_eq!(second.tokens.refresh, Some(old));
}

#[tokio::test]
async fn what_tokens_say_now_is_laid_over_what_was_said_at_the_login() {
    let provider = Provider::start().unwrap();
    provider.set(|knobs| knobs.person = json!({ "role": "of the profile", "team": "red" }));
    let upstream = started(&provider, &json!({})).await;
    let first = log_in(&provider, &upstream).await.unwrap();
    assert_eq!(first.user.profile["role"], "of the profile");
    provider.set(|knobs| knobs.claims = json!({ "role": "promoted", "email": "new@example.org" }));
    let refresh = first.tokens.refresh.clone().unwrap();
    let second = upstream.refresh(&refresh, &[], &first.user).await.unwrap();
    assert_eq!(
        (&second.user.profile["role"], &second.user.profile["team"]),
        (&json!("promoted"), &json!("red"))
    );
    assert_eq!(second.user.email.as_deref(), Some("new@example.org"));
}

#[tokio::test]
async fn nobody_becomes_somebody_else() {
    let provider = Provider::start().unwrap();
    let upstream = started(&provider, &json!({})).await;
    let first = log_in(&provider, &upstream).await.unwrap();
    provider.set(|knobs| knobs.claims = json!({ "sub": "eve" }));
    let refresh = first.tokens.refresh.clone().unwrap();
    let error = upstream.refresh(&refresh, &[], &first.user).await.unwrap_err();
    assert_eq!(error, UpstreamError::Unusable("its id_token is about somebody else".to_owned()));

    // An access token may be about a service that knows people by other ids.
    let first = log_in(&provider, &upstream).await;
    assert!(first.is_ok_and(|identity| identity.user.user_id == "eve"));
    provider.set(|knobs| knobs.claims = json!({}));
    let first = log_in(&provider, &upstream).await.unwrap();
    let other = provider.token("of-the-service", &json!({ "role": "new" })).unwrap();
    provider.set(|knobs| knobs.grant = json!({ "access_token": other, "id_token": null }));
    let refresh = first.tokens.refresh.clone().unwrap();
    let user = upstream.refresh(&refresh, &[], &first.user).await.unwrap().user;
    assert_eq!((user.user_id.as_str(), &user.profile["sub"]), ("u1", &json!("u1")));
    assert_eq!(user.profile["role"], "new");
}

#[tokio::test]
async fn an_address_that_was_asked_for_separately_stays() {
    let provider = Provider::start_as(Kind::Github).unwrap();
    let upstream = started(&provider, &json!({})).await;
    let first = log_in(&provider, &upstream).await.unwrap();
    let refresh = first.tokens.refresh.clone().unwrap();
    let second = upstream.refresh(&refresh, &first.tokens.scopes, &first.user).await.unwrap();
    assert_eq!(second.user.email.as_deref(), Some("ada@example.org"));
}

#[tokio::test]
async fn a_provider_that_is_out_of_order_refuses_nothing() {
    let provider = Provider::start().unwrap();
    let upstream = started(&provider, &json!({})).await;
    let first = log_in(&provider, &upstream).await.unwrap();
    let refresh = first.tokens.refresh.clone().unwrap();
    provider.set(|knobs| knobs.down = true);
    let error = upstream.refresh(&refresh, &[], &first.user).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Unavailable(_)), "{error}");
    provider.set(|knobs| knobs.down = false);
    assert!(upstream.refresh(&refresh, &[], &first.user).await.is_ok());
}
