//! An OpenID Connect provider on this machine: a discovery document, public keys, and tokens signed with them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value as Json, json};

/// What precedes the private number in a key of PKCS #8 on the curve P-256.
const P256: [u8; 35] = [
    0x30, 0x41, 2, 1, 0, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 3, 1, 7, 4, 0x27, 0x30, 0x25, 2, 1, 1, 4, 0x20,
];

/// A provider. It answers as long as the process lives.
#[derive(Debug)]
pub struct Provider {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    key: u8,
    down: bool,
    /// How often the keys were asked for.
    asked: usize,
}

impl Provider {
    /// Starts one with a key of its own.
    ///
    /// # Errors
    /// There is no free port.
    pub fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State { key: 1, down: false, asked: 0 }));
        let provider = Self { address, state: Arc::clone(&state) };
        let issuer = provider.issuer();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Whoever hangs up is not answered.
                let _ = answer(stream, &issuer, &state);
            }
        });
        Ok(provider)
    }

    /// Who issues its tokens.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where its discovery document is.
    #[must_use]
    pub fn config_url(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.issuer())
    }

    /// Signs with another key from now on, and publishes only that one.
    pub fn rotate(&self) {
        self.state().key += 1;
    }

    /// Stops to answer with anything but errors.
    pub fn go_down(&self) {
        self.state().down = true;
    }

    /// How often the keys were asked for.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.state().asked
    }

    /// A token of a user, good for ten minutes, with these claims added or replaced.
    ///
    /// # Errors
    /// It can't be signed.
    pub fn token(&self, subject: &str, changes: &Json) -> anyhow::Result<String> {
        let now = now()?;
        let mut claims = json!({
            "iss": self.issuer(), "aud": "mxcp", "sub": subject, "iat": now, "exp": now + 600,
        });
        for (key, value) in changes.as_object().context("an object")? {
            claims[key] = value.clone();
        }
        let number = self.state().key;
        sign(number, &format!("key-{number}"), &claims)
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

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
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

fn sign(number: u8, id: &str, claims: &Json) -> anyhow::Result<String> {
    let header = json!({ "alg": "ES256", "typ": "JWT", "kid": id });
    let part = |json: &Json| URL_SAFE_NO_PAD.encode(json.to_string());
    let signed = format!("{}.{}", part(&header), part(claims));
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &key(number), Algorithm::ES256)?;
    Ok(format!("{signed}.{signature}"))
}

fn answer(mut stream: TcpStream, issuer: &str, state: &Mutex<State>) -> anyhow::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().context("a request")??;
    for line in lines.by_ref() {
        if line?.is_empty() {
            break;
        }
    }
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let (status, body) = match request.split(' ').nth(1) {
        _ if state.down => ("503 Service Unavailable", json!({})),
        Some("/.well-known/openid-configuration") => {
            ("200 OK", json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/keys") }))
        }
        Some("/keys") => {
            state.asked += 1;
            let mut jwk = serde_json::to_value(Jwk::from_encoding_key(&key(state.key), Algorithm::ES256)?)?;
            jwk["kid"] = json!(format!("key-{}", state.key));
            ("200 OK", json!({ "keys": [jwk] }))
        }
        _ => ("404 Not Found", json!({})),
    };
    let body = body.to_string();
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n");
    write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len())?;
    Ok(())
}
