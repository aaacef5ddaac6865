//! Tokens: nobody without a key gets in, whatever they send.

use std::sync::OnceLock;

use mxcp_token::{
    Algorithm, Assertion, AssertionKey, Audiences, CallDigest, CallKind, Expectations, Jwks, is_assertion, verify,
};

/// Public keys of two kinds, whose private halves nobody here has, and one that anybody may think up.
const KEYS: &str = r#"{"keys": [
    {"kid": "a", "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
    {"kid": "b", "kty": "EC", "crv": "P-256", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
     "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}
]}"#;

/// Verifies a text as a token and as an assertion, and reads it as a set of keys and as a request.
pub fn verify_anything(bytes: &[u8]) {
    static KNOWN: OnceLock<Jwks> = OnceLock::new();
    let known = KNOWN.get_or_init(|| Jwks::parse(KEYS).expect("a set of keys"));
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let expected = Expectations {
        issuer: String::new(),
        audiences: Audiences::Any,
        algorithms: Algorithm::ALL.to_vec(),
        required_scopes: Vec::new(),
        leeway: 0,
    };
    assert!(verify(text, known, &expected, 0).is_err(), "nobody signed it");
    let key = AssertionKey::new(&[7; 32]).expect("a long key");
    let call = CallDigest::of(CallKind::Tool, "t", &serde_json::Map::new());
    assert!(Assertion::verify(&key, text, "o", 0, &call).is_err(), "nobody asserted it");
    is_assertion(text);
    // The first line may be a set of keys, the second a token that names one of them.
    if let Some((keys, token)) = text.split_once('\n')
        && let Ok(keys) = Jwks::parse(keys)
    {
        let _ = verify(token, &keys, &expected, 0);
    }
    if let Ok(request) = serde_json::from_str(text)
        && let Some(digest) = CallDigest::of_request(&request)
    {
        let again = serde_json::from_str(&request.to_string()).expect("what is written is JSON");
        assert_eq!(CallDigest::of_request(&again), Some(digest), "the same call");
    }
}
