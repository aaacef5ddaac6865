//! How clients prove who they are, where they get tokens.

use axum::http::header::{AUTHORIZATION, HeaderMap};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mxcp_core::call::Secret;
use url::form_urlencoded;

use super::Issuer;
use super::parameters::Parameters;
use super::problem::{Code, Problem};
use super::secret::same;
use crate::store::{Client, ClientAuthentication};

/// An id and a secret in the header.
struct Basic {
    id: String,
    secret: Secret,
}

impl Issuer {
    /// The client that makes a request.
    ///
    /// # Errors
    /// It does not prove who it is in the way that it was registered with.
    pub(super) async fn authenticate(
        &self,
        headers: &HeaderMap,
        form: &Parameters,
    ) -> Result<Client, Problem> {
        let basic = basic(headers)?;
        let refuse = |text: &str| {
            let problem = Problem::new(Code::InvalidClient, text);
            if basic.is_some() { problem.with_challenge() } else { problem }
        };
        let id = match (form.get("client_id"), &basic) {
            (Some(id), Some(basic)) if id != basic.id => {
                return Err(refuse("Missing or invalid Basic authentication in Authorization header"));
            }
            (Some(id), _) => id,
            (None, Some(basic)) => &basic.id,
            (None, None) => return Err(refuse("Missing client_id")),
        };
        let client = self.client(id).await.map_err(|unknown| match unknown.into_client_problem() {
            problem if problem.code == Code::InvalidClient => refuse(&problem.description),
            problem => problem,
        })?;
        let shown = match client.authentication {
            ClientAuthentication::None => return Ok(client),
            ClientAuthentication::Post => {
                form.get("client_secret").ok_or_else(|| refuse("Client secret is required"))?
            }
            ClientAuthentication::Basic => {
                let basic = basic.as_ref().ok_or_else(|| {
                    let text = "Missing or invalid Basic authentication in Authorization header";
                    refuse(text).with_challenge()
                })?;
                basic.secret.reveal()
            }
        };
        // A secret that the store can't unseal any more is nobody's.
        if client.secret.as_ref().is_some_and(|secret| same(secret.reveal(), shown)) {
            Ok(client)
        } else {
            Err(refuse("Invalid client_secret"))
        }
    }
}

/// What the header says; none if it says nothing of this kind.
///
/// # Errors
/// It can't be read, or is there twice.
fn basic(headers: &HeaderMap) -> Result<Option<Basic>, Problem> {
    let invalid = || {
        let text = "Missing or invalid Basic authentication in Authorization header";
        Problem::new(Code::InvalidClient, text).with_challenge()
    };
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(invalid());
    }
    let text = value.to_str().map_err(|_| invalid())?;
    let Some((scheme, encoded)) = text.split_once(' ') else { return Ok(None) };
    if !scheme.eq_ignore_ascii_case("basic") {
        return Ok(None);
    }
    let decoded = STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = decoded.ok_or_else(invalid)?;
    let (id, secret) = decoded.split_once(':').ok_or_else(invalid)?;
    Ok(Some(Basic { id: decode(id), secret: Secret::new(decode(secret)) }))
}

/// Both halves are encoded as in forms (RFC 6749 section 2.3.1).
fn decode(text: &str) -> String {
    // A name without a value: `=` and `&` would be encoded.
    let encoded = text.replace('=', "%3D").replace('&', "%26");
    form_urlencoded::parse(encoded.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<Option<(String, String)>, ()> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, value.parse().unwrap());
        }
        let found = basic(&headers).map_err(|_| ())?;
        Ok(found.map(|basic| (basic.id, basic.secret.reveal().to_owned())))
    }

    fn header(text: &str) -> String {
        format!("bAsIc {}", STANDARD.encode(text))
    }

    #[test]
    fn id_and_secret_are_encoded_as_in_forms() {
        let pair = |id: &str, secret: &str| Ok(Some((id.to_owned(), secret.to_owned())));
        assert_eq!(read(&[&header("my%3Aid:a+b%26c")]), pair("my:id", "a b&c"));
        assert_eq!(read(&[&header("id:a=b&c:d")]), pair("id", "a=b&c:d"));
        assert_eq!(read(&[&header("id:")]), pair("id", ""));
    }

    #[test]
    fn what_can_not_be_read_is_refused_and_other_schemes_do_not_count() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["Bearer x"]), Ok(None));
        for values in [&["Basic ?"][..], &[&header("no colon")], &[&header("a:b"), &header("a:b")]] {
            assert_eq!(read(values), Err(()), "{values:?}");
        }
    }
}
