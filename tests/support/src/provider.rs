//! Identity providers on this machine: they let Ada log in, or whoever says so, give tokens for it, sign them, and say whose tokens are. They
//! remember every request, and can be made to misbehave.

mod kind;
mod logins;
mod settings;
mod wire;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value as Json, json};

pub use self::kind::{Kind, Paths, TENANT};
use self::logins::Logins;
pub use self::wire::{Reply, Request};

/// The only client that providers know.
pub const CLIENT_ID: &str = "mxcp";

/// How it proves that it is.
pub const CLIENT_SECRET: &str = "s3cr3t-of-the-client";

/// What precedes the private number in a key of PKCS #8 on the curve P-256.
const P256: [u8; 35] = [
    0x30, 0x41, 2, 1, 0, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 3, 1, 7, 4, 0x27, 0x30, 0x25, 2, 1, 1, 4, 0x20,
];

/// A provider. It answers as long as the process lives.
#[derive(Debug)]
pub struct Provider {
    address: SocketAddr,
    kind: Kind,
    state: Arc<Mutex<State>>,
}

/// How a provider misbehaves.
#[derive(Clone, Debug, Default)]
pub struct Knobs {
    /// It answers everything with an error.
    pub down: bool,
    /// How long it takes for each answer.
    pub delay: Option<Duration>,
    /// Ada does not want to.
    pub denies: bool,
    /// It sends people back with a state that nobody gave it.
    pub wrong_state: bool,
    /// Codes are over before they are used.
    pub codes_expired: bool,
    /// A refresh token stays good, and no other one is given for it.
    pub keeps_refresh: bool,
    /// Status and body that it answers with, by path.
    pub answers: BTreeMap<String, (u16, String)>,
    /// What it says otherwise in its discovery document; null leaves something out, here and below.
    pub discovery: Json,
    /// What it says otherwise of a person.
    pub person: Json,
    /// What it says otherwise in the token about a person.
    pub claims: Json,
    /// What it says otherwise when it gives tokens.
    pub grant: Json,
}

#[derive(Debug)]
struct State {
    key: u8,
    knobs: Knobs,
    requests: Vec<Request>,
    logins: Logins,
}

/// Signs for a provider.
struct Signer<'a> {
    kind: Kind,
    base: &'a str,
    issuer: &'a str,
    key: u8,
}

impl Provider {
    /// Starts a provider of OpenID Connect with a key of its own.
    ///
    /// # Errors
    /// There is no free port.
    pub fn start() -> anyhow::Result<Self> {
        Self::start_as(Kind::Oidc)
    }

    /// Starts a provider like another one.
    ///
    /// # Errors
    /// There is no free port.
    pub fn start_as(kind: Kind) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let state =
            State { key: 1, knobs: Knobs::default(), requests: Vec::new(), logins: Logins::default() };
        let state = Arc::new(Mutex::new(state));
        let provider = Self { address, kind, state: Arc::clone(&state) };
        let base = provider.url("");
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (base, state) = (base.clone(), Arc::clone(&state));
                // Whoever hangs up is not answered.
                std::thread::spawn(move || serve(&stream, kind, &base, &state));
            }
        });
        Ok(provider)
    }

    /// The address of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Who issues its tokens.
    #[must_use]
    pub fn issuer(&self) -> String {
        self.url(self.kind.paths().issuer)
    }

    /// Where its discovery document is.
    #[must_use]
    pub fn config_url(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.issuer())
    }

    /// Where it is asked for what.
    #[must_use]
    pub fn paths(&self) -> Paths {
        self.kind.paths()
    }

    /// Makes it misbehave, or behave again.
    pub fn set(&self, change: impl FnOnce(&mut Knobs)) {
        change(&mut self.state().knobs);
    }

    /// Signs with another key from now on, and publishes only that one.
    pub fn rotate(&self) {
        self.state().key += 1;
    }

    /// Stops to answer with anything but errors.
    pub fn go_down(&self) {
        self.set(|knobs| knobs.down = true);
    }

    /// What it was asked, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// What it was asked at a path.
    #[must_use]
    pub fn requests_to(&self, path: &str) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.path == path).collect()
    }

    /// How often the keys were asked for.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.requests_to("/keys").len()
    }

    /// Goes to its page like a browser: Ada logs in. Gives where she is sent.
    ///
    /// # Errors
    /// She is not sent anywhere.
    pub fn visit(&self, url: &str) -> anyhow::Result<String> {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().max_redirects(0).max_redirects_will_error(false).build().into();
        let answer = agent.get(url).call()?;
        Ok(answer.headers().get("location").context("a redirection")?.to_str()?.to_owned())
    }

    /// Goes to its page like the browser of somebody else, of whom a provider of OpenID Connect knows nothing but the id: their
    /// name and address are made of it.
    ///
    /// # Errors
    /// They are not sent anywhere.
    pub fn visit_as(&self, url: &str, person: &str) -> anyhow::Result<String> {
        self.visit(&format!("{url}&login_hint={person}"))
    }

    /// A token of a user, good for ten minutes, with these claims added or replaced.
    ///
    /// # Errors
    /// It can't be signed.
    pub fn token(&self, subject: &str, changes: &Json) -> anyhow::Result<String> {
        let now = now()?;
        let claims = json!({
            "iss": self.issuer(), "aud": "mxcp", "sub": subject, "iat": now, "exp": now + 600,
        });
        let key = self.state().key;
        Signer { kind: self.kind, base: "", issuer: "", key }.sign(&merged(&claims, changes))
    }

    /// A token of a user that tells nothing itself, and what is said about it.
    ///
    /// # Errors
    /// The clock is wrong.
    pub fn opaque(&self, subject: &str, changes: &Json) -> anyhow::Result<String> {
        let said = json!({ "iss": self.issuer(), "aud": "mxcp", "sub": subject, "exp": now()? + 600 });
        let mut state = self.state();
        let token = state.logins.secret("opaque");
        state.logins.opaque.insert(token.clone(), merged(&said, changes));
        Ok(token)
    }

    /// Takes a token back.
    pub fn revoke(&self, token: &str) {
        self.state().logins.opaque.remove(token);
    }

    /// A token that names a key which the provider never had.
    ///
    /// # Errors
    /// It can't be signed.
    pub fn forged(&self, subject: &str, key: &str) -> anyhow::Result<String> {
        let now = now()?;
        let claims = json!({ "iss": self.issuer(), "aud": "mxcp", "sub": subject, "exp": now + 600 });
        sign(200, key, &claims)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Seconds since 1970.
///
/// # Errors
/// The clock is wrong.
pub fn now() -> anyhow::Result<i64> {
    Ok(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?)
}

fn key(number: u8) -> EncodingKey {
    EncodingKey::from_ec_der(&[&P256[..], &[number; 32]].concat())
}

impl Signer<'_> {
    fn sign(&self, claims: &Json) -> anyhow::Result<String> {
        sign(self.key, &format!("key-{}", self.key), claims)
    }
}

fn sign(number: u8, id: &str, claims: &Json) -> anyhow::Result<String> {
    let header = json!({ "alg": "ES256", "typ": "JWT", "kid": id });
    let part = |json: &Json| URL_SAFE_NO_PAD.encode(json.to_string());
    let signed = format!("{}.{}", part(&header), part(claims));
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &key(number), Algorithm::ES256)?;
    Ok(format!("{signed}.{signature}"))
}

/// An object with members added or replaced; null takes one away.
fn merged(object: &Json, changes: &Json) -> Json {
    let mut object = object.clone();
    for (key, value) in changes.as_object().into_iter().flatten() {
        object[key] = value.clone();
        if let (Json::Null, Some(members)) = (value, object.as_object_mut()) {
            members.remove(key);
        }
    }
    object
}

fn serve(stream: &TcpStream, kind: Kind, base: &str, state: &Mutex<State>) -> anyhow::Result<()> {
    let request = Request::read(stream)?;
    let delay = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.requests.push(request.clone());
        state.knobs.delay
    };
    if let Some(delay) = delay {
        std::thread::sleep(delay);
    }
    let reply = answer(&request, kind, base, &mut state.lock().unwrap_or_else(PoisonError::into_inner))?;
    reply.write(stream)
}

fn answer(request: &Request, kind: Kind, base: &str, state: &mut State) -> anyhow::Result<Reply> {
    let knobs = state.knobs.clone();
    if knobs.down {
        return Ok(Reply::json(503, &json!({})));
    }
    if let Some((status, body)) = knobs.answers.get(&request.path) {
        return Ok(Reply { status: *status, location: None, body: body.clone() });
    }
    let paths = kind.paths();
    let issuer = format!("{base}{}", paths.issuer);
    let signer = Signer { kind, base, issuer: &issuer, key: state.key };
    let path = request.path.as_str();
    Ok(if path == format!("{}/.well-known/openid-configuration", paths.issuer) {
        let document = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{base}{}", paths.authorize),
            "token_endpoint": format!("{base}{}", paths.token),
            "userinfo_endpoint": format!("{base}{}", paths.profile),
            "introspection_endpoint": format!("{base}/introspect"),
            "jwks_uri": format!("{base}/keys"),
            "code_challenge_methods_supported": ["S256"],
        });
        Reply::json(200, &merged(&document, &knobs.discovery))
    } else if path == "/keys" {
        let mut jwk = serde_json::to_value(Jwk::from_encoding_key(&key(state.key), Algorithm::ES256)?)?;
        jwk["kid"] = json!(format!("key-{}", state.key));
        Reply::json(200, &json!({ "keys": [jwk] }))
    } else if path == paths.authorize {
        state.logins.authorize(request, &knobs)
    } else if path == paths.token {
        state.logins.token(request, &signer, &knobs)?
    } else if path == "/introspect" {
        state.logins.introspect(request)
    } else if path.starts_with(paths.profile) && !state.logins.knows(request.bearer()) {
        Reply::json(401, &json!({ "error": "invalid_token" }))
    } else if path == paths.profile {
        let person = match state.logins.subject(request.bearer()) {
            Some(subject) if kind == Kind::Oidc && subject != "u1" => kind::somebody(subject),
            _ => kind.person(),
        };
        Reply::json(200, &merged(&person, &knobs.person))
    } else if kind == Kind::Github && path == format!("{}/emails", paths.profile) {
        let emails = json!([
            { "email": "old@example.org", "primary": false, "verified": true },
            { "email": "ada@example.org", "primary": true, "verified": true },
        ]);
        Reply::json(200, &emails)
    } else {
        Reply::json(404, &json!({}))
    })
}
