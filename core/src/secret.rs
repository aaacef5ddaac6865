//! Credentials of services, as the active profile has them.

use std::fmt;

use serde_json::{Map, Value as Json};

use crate::schema::UserSecret;

/// The credentials of one service.
#[derive(Clone)]
pub struct Secret {
    /// Name that endpoints know it by.
    pub name: String,
    /// A type of DuckDB's secrets, or any word.
    pub kind: String,
    /// Its parts, with the types they were written or found with.
    pub parameters: Map<String, Json>,
}

/// The credentials of all services. Names are unique.
#[derive(Clone, Default)]
pub struct Secrets {
    secrets: Vec<Secret>,
}

impl Secrets {
    /// The secret of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.secrets.iter().find(|secret| secret.name == name)
    }

    /// All secrets, in the order they are written.
    pub fn iter(&self) -> std::slice::Iter<'_, Secret> {
        self.secrets.iter()
    }
}

/// Of secrets of the same name the first one counts.
impl FromIterator<Secret> for Secrets {
    fn from_iter<I: IntoIterator<Item = Secret>>(secrets: I) -> Self {
        let mut unique = Self::default();
        for secret in secrets {
            if unique.get(&secret.name).is_none() {
                unique.secrets.push(secret);
            }
        }
        unique
    }
}

impl From<&UserSecret> for Secret {
    fn from(written: &UserSecret) -> Self {
        Self {
            name: written.name.clone(),
            kind: written.kind.clone(),
            parameters: written
                .parameters
                .as_ref()
                .map(|parameters| parameters.expose().clone())
                .unwrap_or_default(),
        }
    }
}

/// Shows name and type only.
impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Secret");
        shown.field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(&self.secrets).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(name: &str, value: &str) -> Secret {
        let parameters = Map::from_iter([("KEY".to_owned(), Json::from(value))]);
        Secret { name: name.to_owned(), kind: "http".to_owned(), parameters }
    }

    #[test]
    fn the_first_of_a_name_counts() {
        let secrets: Secrets = [secret("a", "one"), secret("a", "two")].into_iter().collect();
        assert_eq!(secrets.iter().count(), 1);
        assert_eq!(
            secrets.get("a").and_then(|secret| secret.parameters.get("KEY")),
            Some(&Json::from("one"))
        );
        assert!(secrets.get("b").is_none());
    }

    #[test]
    fn debug_shows_no_parameters() {
        let secrets: Secrets = [secret("a", "s3cr3t")].into_iter().collect();
        let shown = format!("{secrets:?}");
        assert!(shown.contains("\"a\"") && !shown.contains("s3cr3t") && !shown.contains("KEY"), "{shown}");
    }
}
