//! People who log in, and what clients get for it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::wire::{Reply, Request};
use super::{CLIENT_ID, CLIENT_SECRET, Kind, Knobs, Signer, merged, now};

/// Who is logging in and who is logged in.
#[derive(Debug, Default)]
pub(super) struct Logins {
    /// By code; gone when used.
    codes: BTreeMap<String, Login>,
    /// By refresh token.
    refreshes: BTreeMap<String, Login>,
    /// Access tokens that tell nothing themselves, and what is said of them.
    pub(super) opaque: BTreeMap<String, Json>,
    /// How many secrets were given out.
    given: usize,
}

#[derive(Clone, Debug)]
struct Login {
    redirect_uri: String,
    challenge: Option<String>,
    nonce: Option<String>,
    scope: String,
    audience: Option<String>,
    /// Who logs in, if it is not Ada.
    subject: Option<String>,
}

impl Logins {
    /// A secret that nobody had before.
    pub(super) fn secret(&mut self, kind: &str) -> String {
        self.given += 1;
        format!("{kind}-s3cr3t-{}", self.given)
    }

    /// Ada logs in, and is sent back.
    pub(super) fn authorize(&mut self, request: &Request, knobs: &Knobs) -> Reply {
        let parameter = |key: &str| request.query.get(key).cloned();
        if request.parameter("client_id") != CLIENT_ID || request.parameter("response_type") != "code" {
            return Reply::json(400, &json!({ "error": "invalid_request" }));
        }
        let state = if knobs.wrong_state { "another-state" } else { request.parameter("state") };
        let back = request.parameter("redirect_uri");
        if knobs.denies {
            return Reply::redirect(format!("{back}?error=access_denied&state={state}"));
        }
        let code = self.secret("code");
        let login = Login {
            redirect_uri: back.to_owned(),
            challenge: parameter("code_challenge")
                .filter(|_| request.parameter("code_challenge_method") == "S256"),
            nonce: parameter("nonce"),
            scope: request.parameter("scope").to_owned(),
            audience: parameter("audience"),
            subject: parameter("login_hint"),
        };
        self.codes.insert(code.clone(), login);
        Reply::redirect(format!("{back}?code={code}&state={state}"))
    }

    /// Tokens for a code or for a refresh token.
    pub(super) fn token(
        &mut self,
        request: &Request,
        signer: &Signer<'_>,
        knobs: &Knobs,
    ) -> anyhow::Result<Reply> {
        let refused =
            |status, error: &str| Ok(Reply::json(signer.kind.refusal(status), &json!({ "error": error })));
        if request.field("client_id") != CLIENT_ID || request.field("client_secret") != CLIENT_SECRET {
            return refused(401, "invalid_client");
        }
        let login = match request.field("grant_type") {
            "authorization_code" => {
                let login = self.codes.remove(request.field("code"));
                login.filter(|login| !knobs.codes_expired && login.fits(request))
            }
            "refresh_token" if knobs.keeps_refresh => {
                self.refreshes.get(request.field("refresh_token")).cloned()
            }
            "refresh_token" => self.refreshes.remove(request.field("refresh_token")),
            _ => return refused(400, "unsupported_grant_type"),
        };
        match login {
            Some(login) => Ok(Reply::json(200, &self.grant(login, request, signer, knobs)?)),
            None if signer.kind == Kind::Github => refused(400, "bad_verification_code"),
            None => refused(400, "invalid_grant"),
        }
    }

    fn grant(
        &mut self,
        login: Login,
        request: &Request,
        signer: &Signer<'_>,
        knobs: &Knobs,
    ) -> anyhow::Result<Json> {
        let (kind, now) = (signer.kind, now()?);
        let mut claims = kind.claims();
        if let Some(subject) = &login.subject {
            claims["sub"] = json!(subject);
        }
        claims["iss"] = json!(signer.issuer);
        claims["iat"] = json!(now);
        claims["exp"] = json!(now + kind.lifetime().unwrap_or(600));
        let access = if kind.signs_access() {
            let own = json!({ "aud": login.audience.as_deref().unwrap_or("mxcp"), "role": "of the access token",
                "only_access": true, "scope": login.scope, "jti": self.secret("id") });
            signer.sign(&merged(&claims, &own))?
        } else {
            self.secret("access")
        };
        let subject = login.subject.as_deref().unwrap_or("u1");
        self.opaque.insert(access.clone(), json!({ "sub": subject, "scope": login.scope }));
        let mut answer = json!({
            "access_token": access, "token_type": "bearer", "scope": kind.scopes(&login.scope),
        });
        if let Some(lifetime) = kind.lifetime() {
            answer["expires_in"] = json!(lifetime);
        }
        if kind.identifies() {
            let own = json!({ "aud": CLIENT_ID, "nonce": login.nonce, "only_identity": true });
            answer["id_token"] = json!(signer.sign(&merged(&merged(&claims, &own), &knobs.claims))?);
        }
        if kind == Kind::Salesforce {
            answer["id"] = json!(format!("{}/id/00D/005", signer.base));
            answer["instance_url"] = json!(signer.base);
        }
        if !(knobs.keeps_refresh && request.field("grant_type") == "refresh_token") {
            let refresh = self.secret("refresh");
            self.refreshes.insert(refresh.clone(), login);
            answer["refresh_token"] = json!(refresh);
        }
        Ok(merged(&answer, &knobs.grant))
    }

    /// What a token is worth.
    pub(super) fn introspect(&self, request: &Request) -> Reply {
        if request.field("client_id") != CLIENT_ID || request.field("client_secret") != CLIENT_SECRET {
            return Reply::json(401, &json!({ "error": "invalid_client" }));
        }
        let said = self.opaque.get(request.field("token"));
        Reply::json(
            200,
            &said.map_or(json!({ "active": false }), |said| merged(&json!({ "active": true }), said)),
        )
    }

    /// Whose token it is.
    pub(super) fn subject(&self, token: Option<&str>) -> Option<&str> {
        self.opaque.get(token?)?["sub"].as_str()
    }

    /// Whether somebody has this token.
    pub(super) fn knows(&self, token: Option<&str>) -> bool {
        token.is_some_and(|token| self.opaque.contains_key(token))
    }
}

impl Login {
    /// Whether who brings its code is who asked for it.
    fn fits(&self, request: &Request) -> bool {
        let proven = match &self.challenge {
            None => !request.form.contains_key("code_verifier"),
            Some(challenge) => {
                *challenge == URL_SAFE_NO_PAD.encode(Sha256::digest(request.field("code_verifier")))
            }
        };
        proven && self.redirect_uri == request.field("redirect_uri")
    }
}
