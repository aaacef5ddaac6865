//! Clients that register themselves (RFC 7591).

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value as Json, json};
use url::Url;

use super::client::{AUTHORIZATION_CODE, REFRESH_TOKEN};
use super::problem::{Code, Problem};
use super::redirect_uri::RedirectUri;
use super::{Issuer, answer, body, scope, secret};
use crate::store::{Client, ClientAuthentication};

/// Most URLs of a client.
const REDIRECT_URIS: usize = 20;

/// Longest name, in characters.
const NAME: usize = 200;

/// Texts that are given back as they came.
const TEXTS: [&str; 3] = ["software_id", "software_version", "application_type"];

/// URLs that are given back as they came.
const URLS: [&str; 5] = ["client_uri", "logo_uri", "tos_uri", "policy_uri", "jwks_uri"];

/// Answers `POST /register`.
pub(super) async fn serve(State(issuer): State<Issuer>, request: Request) -> Result<Response, Problem> {
    let _place = issuer.registrations().take().await.map_err(|exceeded| {
        tracing::warn!("a client was not registered: too many do at the moment");
        let problem = Problem::new(Code::TemporarilyUnavailable, "Too many clients register at the moment");
        problem.with_status(StatusCode::TOO_MANY_REQUESTS).with_patience(exceeded.retry_after_seconds())
    })?;
    let bytes = body::read(request.into_body()).await?;
    let Ok(Json::Object(asked)) = serde_json::from_slice(&bytes) else {
        return Err(invalid("body", "must be a JSON object"));
    };
    let (client, mut document) = read(&asked, issuer.required_scopes(), issuer.now())?;
    document.insert("client_id".to_owned(), json!(client.id));
    document.insert("client_id_issued_at".to_owned(), json!(client.created_at));
    if let Some(secret) = &client.secret {
        document.insert("client_secret".to_owned(), json!(secret.reveal()));
    }
    let id = client.id.clone();
    issuer.options().store.put_client(client).await?;
    tracing::info!(client = id, "a client registered");
    Ok(answer::json(StatusCode::CREATED, &Json::Object(document)))
}

/// The client, and what it is told of itself.
fn read(
    asked: &Map<String, Json>,
    required: &[String],
    now: i64,
) -> Result<(Client, Map<String, Json>), Problem> {
    let redirect_uris = redirect_uris(asked)?;
    let (authentication, method) = match text(asked, "token_endpoint_auth_method")? {
        None | Some("client_secret_post") => (ClientAuthentication::Post, "client_secret_post"),
        Some("client_secret_basic") => (ClientAuthentication::Basic, "client_secret_basic"),
        Some("none") => (ClientAuthentication::None, "none"),
        Some(_) => return Err(invalid("token_endpoint_auth_method", "is not supported")),
    };
    let grant_types = match texts(asked, "grant_types")? {
        None => vec![AUTHORIZATION_CODE, REFRESH_TOKEN],
        Some(grants) if grants.contains(&AUTHORIZATION_CODE) => {
            [AUTHORIZATION_CODE, REFRESH_TOKEN].into_iter().filter(|known| grants.contains(known)).collect()
        }
        Some(_) => return Err(invalid("grant_types", "must contain authorization_code")),
    };
    if texts(asked, "response_types")?.is_some_and(|types| !types.contains(&"code")) {
        return Err(invalid("response_types", "must contain code"));
    }
    let scopes = match text(asked, "scope")? {
        Some(words) => Some(scope::parse(words).map_err(|_| invalid("scope", "is no list of scopes"))?),
        None if required.is_empty() => None,
        None => Some(required.to_vec()),
    };
    let name = text(asked, "client_name")?;
    if name.is_some_and(|name| name.chars().count() > NAME || name.chars().any(char::is_control)) {
        return Err(invalid("client_name", "is too long, or has control characters"));
    }
    let secret = match authentication {
        ClientAuthentication::None => None,
        ClientAuthentication::Post | ClientAuthentication::Basic => Some(secret::token("")?),
    };
    let client = Client {
        id: fresh_id()?,
        secret,
        authentication,
        redirect_uris,
        grant_types: grant_types.iter().map(|&grant| grant.to_owned()).collect(),
        response_types: vec!["code".to_owned()],
        scopes,
        name: name.map(str::to_owned),
        created_at: now,
    };
    let mut document = echo(asked)?;
    let mut tell = |key: &str, value: Json| document.insert(key.to_owned(), value);
    tell("redirect_uris", json!(client.redirect_uris));
    tell("token_endpoint_auth_method", json!(method));
    tell("grant_types", json!(client.grant_types));
    tell("response_types", json!(client.response_types));
    if let Some(scopes) = &client.scopes {
        tell("scope", json!(scopes.join(" ")));
    }
    if let Some(name) = &client.name {
        tell("client_name", json!(name));
    }
    Ok((client, document))
}

fn redirect_uris(asked: &Map<String, Json>) -> Result<Vec<String>, Problem> {
    let texts = texts(asked, "redirect_uris")?.filter(|uris| !uris.is_empty());
    let texts = texts.ok_or_else(|| invalid("redirect_uris", "must name at least one URL"))?;
    if texts.len() > REDIRECT_URIS {
        return Err(invalid("redirect_uris", "are too many"));
    }
    let uris = texts.into_iter().map(|text| match RedirectUri::parse(text) {
        Ok(uri) => Ok(uri.as_str().to_owned()),
        Err(problem) => {
            Err(Problem::new(Code::InvalidRedirectUri, format!("redirect_uris: a URL {problem}")))
        }
    });
    uris.collect()
}

/// What is not kept, but given back.
fn echo(asked: &Map<String, Json>) -> Result<Map<String, Json>, Problem> {
    let mut document = Map::new();
    for key in TEXTS {
        if let Some(text) = text(asked, key)? {
            document.insert(key.to_owned(), json!(text));
        }
    }
    for key in URLS {
        if let Some(text) = text(asked, key)? {
            let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            url.ok_or_else(|| invalid(key, "is no URL of HTTP"))?;
            document.insert(key.to_owned(), json!(text));
        }
    }
    if let Some(contacts) = texts(asked, "contacts")? {
        document.insert("contacts".to_owned(), json!(contacts));
    }
    if let Some(keys) = asked.get("jwks").filter(|keys| !keys.is_null()) {
        document.insert("jwks".to_owned(), keys.clone());
    }
    Ok(document)
}

/// A field that is a text; none if it is absent, null or empty.
fn text<'a>(asked: &'a Map<String, Json>, key: &str) -> Result<Option<&'a str>, Problem> {
    match asked.get(key) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(_) => Err(invalid(key, "must be a text")),
    }
}

/// A field that is a list of texts; none if it is absent or null.
fn texts<'a>(asked: &'a Map<String, Json>, key: &str) -> Result<Option<Vec<&'a str>>, Problem> {
    match asked.get(key) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Array(items)) => {
            let texts: Option<Vec<_>> = items.iter().map(Json::as_str).collect();
            texts.map(Some).ok_or_else(|| invalid(key, "must be a list of texts"))
        }
        Some(_) => Err(invalid(key, "must be a list of texts")),
    }
}

fn invalid(field: &str, problem: &str) -> Problem {
    Problem::new(Code::InvalidClientMetadata, format!("{field}: {problem}"))
}

/// An id that nobody had before: a UUID of version 4.
fn fresh_id() -> Result<String, Problem> {
    let bits = u128::from_be_bytes(secret::random()?);
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let digits = secret::hex(&bits.to_be_bytes());
    let mut groups = Vec::new();
    let mut rest = digits.as_str();
    for length in [8, 4, 4, 4] {
        let (group, more) = rest.split_at_checked(length).unwrap_or((rest, ""));
        groups.push(group);
        rest = more;
    }
    groups.push(rest);
    Ok(groups.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn register(text: &str) -> Result<(Client, Map<String, Json>), Problem> {
        let Json::Object(asked) = serde_json::from_str(text).unwrap() else { panic!("no object") };
        read(&asked, &["base".to_owned()], 7)
    }

    fn problem(text: &str) -> (Code, String) {
        let problem = register(text).unwrap_err();
        (problem.code, problem.description)
    }

    #[test]
    fn a_client_that_says_little_gets_the_defaults() {
        let (client, document) =
            register(r#"{"redirect_uris": ["http://localhost:9"], "client_id": "mine"}"#).unwrap();
        assert_eq!(client.redirect_uris, ["http://localhost:9/"]);
        assert_eq!(client.authentication, ClientAuthentication::Post);
        assert_eq!(client.secret.as_ref().map(|secret| secret.reveal().len()), Some(64));
        assert_eq!(client.scopes.as_deref(), Some(&["base".to_owned()][..]));
        assert_eq!(document["grant_types"], json!(["authorization_code", "refresh_token"]));
        assert!(!document.contains_key("client_name"));
        assert_ne!(client.id, "mine");
    }

    #[test]
    fn ids_are_uuids() {
        let id = fresh_id().unwrap();
        let groups: Vec<&str> = id.split('-').collect();
        assert_eq!(groups.iter().map(|group| group.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(groups[2].starts_with('4') && groups[3].starts_with(['8', '9', 'a', 'b']), "{id}");
        assert_ne!(id, fresh_id().unwrap());
    }

    #[test]
    fn public_clients_have_no_secret_and_one_grant_is_enough() {
        let (client, document) = register(
            r#"{"redirect_uris": ["app:cb"], "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"],
                "client_uri": "", "logo_uri": null, "tos_uri": "https://x.example/tos", "contacts": ["a@x.example"]}"#,
        )
        .unwrap();
        assert!(client.secret.is_none());
        assert_eq!(client.grant_types, [AUTHORIZATION_CODE]);
        assert!(!document.contains_key("client_uri") && !document.contains_key("logo_uri"));
        assert_eq!(document["tos_uri"], "https://x.example/tos");
        assert_eq!(document["contacts"], json!(["a@x.example"]));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let metadata = Code::InvalidClientMetadata;
        let with = |more: &str| format!(r#"{{"redirect_uris": ["app:cb"], {more}}}"#);
        for (text, field) in [
            ("{}".to_owned(), "redirect_uris"),
            (r#"{"redirect_uris": null}"#.to_owned(), "redirect_uris"),
            (r#"{"redirect_uris": []}"#.to_owned(), "redirect_uris"),
            (r#"{"redirect_uris": "app:cb"}"#.to_owned(), "redirect_uris"),
            (r#"{"redirect_uris": [null]}"#.to_owned(), "redirect_uris"),
            (with(r#""grant_types": ["refresh_token"]"#), "grant_types"),
            (with(r#""response_types": ["token"]"#), "response_types"),
            (with(r#""token_endpoint_auth_method": "private_key_jwt""#), "token_endpoint_auth_method"),
            (with(r#""scope": ["a"]"#), "scope"),
            (with(r#""client_name": "a\u0000b""#), "client_name"),
            (with(r#""client_uri": "javascript:x""#), "client_uri"),
        ] {
            let (code, description) = problem(&text);
            assert_eq!((code, description.split(':').next()), (metadata, Some(field)), "{text}");
        }
        assert_eq!(problem(r#"{"redirect_uris": ["javascript:x"]}"#).0, Code::InvalidRedirectUri);
    }
}
