//! Keys and tokens for tests. Keys are made from a number, or on the spot: none is a secret of anybody.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use serde_json::{Value as Json, json};

/// A key pair and its id.
pub(crate) struct Signer {
    id: &'static str,
    algorithm: Algorithm,
    key: EncodingKey,
}

/// What precedes the private number in a key of PKCS #8.
const P256: &str = "MEECAQAwEwYHKoZIzj0CAQYIKoZIzj0DAQcEJzAlAgEBBCA";
const P384: &[u8] = &[
    0x30, 0x4e, 2, 1, 0, 0x30, 0x10, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0, 0x22,
    4, 0x37, 0x30, 0x35, 2, 1, 1, 4, 0x30,
];
const ED25519: &[u8] = &[0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

impl Signer {
    pub(crate) fn es256(id: &'static str, number: u8) -> Self {
        let mut der = base64::engine::general_purpose::STANDARD_NO_PAD.decode(P256).unwrap();
        der.extend([number; 32]);
        Self { id, algorithm: Algorithm::ES256, key: EncodingKey::from_ec_der(&der) }
    }

    pub(crate) fn es384(id: &'static str) -> Self {
        let der = [P384, &[5; 48]].concat();
        Self { id, algorithm: Algorithm::ES384, key: EncodingKey::from_ec_der(&der) }
    }

    pub(crate) fn ed25519(id: &'static str) -> Self {
        let der = [ED25519, &[6; 32]].concat();
        Self { id, algorithm: Algorithm::EdDSA, key: EncodingKey::from_ed_der(&der) }
    }

    /// The key is the same for all: making one takes seconds.
    pub(crate) fn rsa(id: &'static str, algorithm: Algorithm) -> Self {
        static KEY: OnceLock<EncodingKey> = OnceLock::new();
        let key = KEY.get_or_init(|| {
            let key = rsa::RsaPrivateKey::new(&mut rand::thread_rng(), 2048).unwrap();
            EncodingKey::from_rsa_der(key.to_pkcs1_der().unwrap().as_bytes())
        });
        Self { id, algorithm, key: key.clone() }
    }

    /// The public key.
    pub(crate) fn jwk(&self) -> Json {
        let mut key =
            serde_json::to_value(Jwk::from_encoding_key(&self.key, self.algorithm).unwrap()).unwrap();
        key["kid"] = json!(self.id);
        key["use"] = json!("sig");
        key
    }

    pub(crate) fn sign(&self, claims: &Json) -> String {
        let header = json!({ "alg": self.algorithm, "typ": "JWT", "kid": self.id });
        self.sign_with(&header, claims)
    }

    pub(crate) fn sign_with(&self, header: &Json, claims: &Json) -> String {
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &self.key, self.algorithm).unwrap();
        format!("{signed}.{signature}")
    }
}

pub(crate) fn part(json: &Json) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

/// A set of these keys.
pub(crate) fn set(keys: &[Json]) -> crate::Jwks {
    crate::Jwks::parse(&json!({ "keys": keys }).to_string()).unwrap()
}
