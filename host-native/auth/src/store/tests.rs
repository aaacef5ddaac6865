//! What a store promises, on every database.

mod contract;
mod keys;
mod place;
mod racing;
mod reference;
mod sharing;

use mxcp_core::call::Secret;
use serde_json::json;

use super::{
    Client, ClientAuthentication, CodeGrant, Digest, IssuedTokens, Login, Session, UpstreamTokens, User,
};

/// The present in these tests, long before the true one.
const NOW: i64 = 1_000_000;

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OTHER_KEY: &str = "__________________________________________8=";

fn client(id: &str) -> Client {
    Client {
        id: id.to_owned(),
        secret: Some(Secret::new("cl1ent-s3cret")),
        authentication: ClientAuthentication::Basic,
        redirect_uris: vec!["http://localhost:9/cb?a=b".to_owned()],
        grant_types: vec!["authorization_code".to_owned(), "refresh_token".to_owned()],
        response_types: vec!["code".to_owned()],
        scopes: Some(vec!["read".to_owned(), "write".to_owned()]),
        name: Some("Größe".to_owned()),
        created_at: NOW,
    }
}

fn login() -> Login {
    Login {
        client_id: "client".to_owned(),
        redirect_uri: "http://localhost:9/cb".to_owned(),
        redirect_uri_given: false,
        code_challenge: "client-chall3nge".to_owned(),
        client_state: Some("cl1ent-state\0".to_owned()),
        scopes: vec!["read".to_owned()],
        resource: "https://here.example/mcp".to_owned(),
        upstream_verifier: Some(Secret::new("upstream-ver1fier")),
        upstream_scopes: vec!["openid".to_owned()],
        base: "https://here.example".to_owned(),
        browser: Some(Digest::of("browser")),
        expires_at: NOW + 300,
    }
}

fn user(email: &str) -> User {
    let profile =
        json!({"sub": "7", "email": email, "groups": ["a", {"b": 12345678901234567890_u64}], "zero": "\0"});
    User {
        provider: "oidc".to_owned(),
        user_id: "7".to_owned(),
        username: "ada".to_owned(),
        email: Some(email.to_owned()),
        name: None,
        avatar_url: Some("https://id.example/7.png".to_owned()),
        profile: profile.as_object().cloned().unwrap(),
    }
}

fn upstream(access: &str) -> UpstreamTokens {
    UpstreamTokens {
        access: Secret::new(access),
        refresh: Some(Secret::new("upstream-r3fresh")),
        expires_at: Some(NOW + 60),
        scopes: vec!["openid".to_owned()],
    }
}

fn session(id: &str) -> Session {
    Session {
        id: id.to_owned(),
        client_id: "client".to_owned(),
        scopes: vec!["read".to_owned(), "write".to_owned()],
        resource: "https://here.example/mcp".to_owned(),
        user: user("ada@s3cret.example"),
        upstream: upstream("upstream-acc3ss"),
        access_expires_at: None,
        created_at: NOW,
    }
}

fn grant(session: &str) -> CodeGrant {
    CodeGrant {
        session_id: session.to_owned(),
        client_id: "client".to_owned(),
        redirect_uri: "http://localhost:9/cb".to_owned(),
        redirect_uri_given: true,
        code_challenge: "client-chall3nge".to_owned(),
        resource: "https://here.example/mcp".to_owned(),
        used: false,
        expires_at: NOW + 300,
    }
}

/// Tokens of which `number` tells the generation: `access1` and `refresh1`.
fn tokens(number: usize) -> IssuedTokens {
    IssuedTokens {
        access: access(number),
        access_expires_at: NOW + 3600,
        refresh: Some(refresh(number)),
        refresh_expires_at: None,
        scopes: vec!["read".to_owned()],
    }
}

fn access(number: usize) -> Digest {
    Digest::of(&format!("access{number}"))
}

fn refresh(number: usize) -> Digest {
    Digest::of(&format!("refresh{number}"))
}
