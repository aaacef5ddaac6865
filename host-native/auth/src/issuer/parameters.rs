//! The parameters of a request, in its URL or its form.

use std::collections::BTreeMap;

use url::form_urlencoded;

use super::problem::Problem;

/// The parameter that may be there several times (RFC 8707).
const RESOURCE: &str = "resource";

/// Parameters by name. They hold secrets, and so have no `Debug`.
pub(super) struct Parameters {
    values: BTreeMap<String, String>,
    resources: Vec<String>,
}

impl Parameters {
    /// Reads them. One without a value is none.
    ///
    /// # Errors
    /// One is there twice, so that it would be a matter of opinion which one counts, or has control characters.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Problem> {
        let (mut values, mut resources) = (BTreeMap::new(), Vec::new());
        for (name, value) in form_urlencoded::parse(text).filter(|(_, value)| !value.is_empty()) {
            if name.chars().chain(value.chars()).any(char::is_control) {
                return Err(Problem::invalid_request("A parameter has control characters"));
            }
            if name == RESOURCE {
                resources.push(value.into_owned());
            } else if values.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(Problem::invalid_request("A parameter is there twice"));
            }
        }
        Ok(Self { values, resources })
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// One that must be there.
    ///
    /// # Errors
    /// It is not.
    pub(super) fn required(&self, name: &'static str) -> Result<&str, Problem> {
        self.get(name).ok_or_else(|| Problem::invalid_request(format!("{name}: Field required")))
    }

    /// What the client wants tokens for.
    pub(super) fn resources(&self) -> &[String] {
        &self.resources
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_without_a_value_is_none() {
        let parameters = Parameters::parse(b"a=&b=1%202+3&c").unwrap_or_else(|_| panic!());
        assert_eq!(parameters.get("a"), None);
        assert_eq!(parameters.get("b"), Some("1 2 3"));
        assert!(parameters.required("c").is_err());
    }

    #[test]
    fn nothing_but_resources_is_there_twice() {
        assert!(Parameters::parse(b"redirect_uri=a&redirect_uri=b").is_err());
        assert!(Parameters::parse(b"x=a&x=a").is_err());
        let both = Parameters::parse(b"resource=a&resource=b").unwrap_or_else(|_| panic!());
        assert_eq!(both.resources(), ["a", "b"]);
    }

    #[test]
    fn control_characters_are_refused() {
        for text in [&b"state=a%00"[..], b"state=a%0d%0aSet-Cookie:x", b"a%0a=1"] {
            assert!(Parameters::parse(text).is_err());
        }
    }
}
