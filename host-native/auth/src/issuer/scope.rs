//! Scopes of ours: what clients ask for and get.

use super::problem::{Code, Problem};
use crate::store::Client;

/// Most scopes in one request.
const MOST: usize = 100;

/// Words of a text, each once.
///
/// # Errors
/// One has characters that RFC 6749 does not allow, or there are very many.
pub(super) fn parse(text: &str) -> Result<Vec<String>, Problem> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let allowed = |byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        if !word.bytes().all(allowed) || words.len() >= MOST {
            return Err(Problem::new(Code::InvalidScope, "scope: not a list of scopes"));
        }
        if !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    Ok(words)
}

/// The scopes that a client gets: those it asks for, or else those it has.
///
/// # Errors
/// It asks for one that it was not registered with.
pub(super) fn grant(
    asked: Option<&str>,
    client: &Client,
    required: &[String],
) -> Result<Vec<String>, Problem> {
    let asked = asked.map(parse).transpose()?.filter(|words| !words.is_empty());
    match (asked, &client.scopes) {
        (None, Some(own)) => Ok(own.clone()),
        // Without them its tokens would be good for nothing.
        (None, None) => Ok(required.to_vec()),
        (Some(asked), None) => Ok(asked),
        (Some(asked), Some(own)) => within(asked, own),
    }
}

/// The scopes that are asked for, if all of them were granted before.
///
/// # Errors
/// One was not.
pub(super) fn within(asked: Vec<String>, granted: &[String]) -> Result<Vec<String>, Problem> {
    if asked.iter().all(|scope| granted.contains(scope)) {
        return Ok(asked);
    }
    Err(Problem::new(Code::InvalidScope, "scope: a scope that the client was not registered with"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::client;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn scopes_are_words_of_the_standard() {
        assert_eq!(parse(" a  b a ").unwrap(), ["a", "b"]);
        for text in ["a\"b", "a\\b", "é", "a\tb"] {
            assert_eq!(parse(text).unwrap_err().code, Code::InvalidScope, "{text}");
        }
    }

    #[test]
    fn a_client_gets_what_it_was_registered_with_and_no_more() {
        let client = crate::store::Client { scopes: Some(words("a b")), ..client("c") };
        assert_eq!(grant(None, &client, &words("x")).unwrap(), ["a", "b"]);
        assert_eq!(grant(Some("b"), &client, &[]).unwrap(), ["b"]);
        assert!(grant(Some("a c"), &client, &[]).is_err());
    }

    #[test]
    fn a_client_without_scopes_may_ask_for_any() {
        let client = crate::store::Client { scopes: None, ..client("c") };
        assert_eq!(grant(Some("z"), &client, &words("x")).unwrap(), ["z"]);
        assert_eq!(grant(None, &client, &words("x")).unwrap(), ["x"]);
    }
}
