//! References to values that stand elsewhere: variables, files, secret managers (spec `configuration.md` section 6).
//!
//! What a text means and which settings it needs is decided here; a host's [`Resolver`] does the looking up.

use serde_json::Value as Json;

use crate::schema::{OnePassword, Vault};

/// Looks things up for references. Its errors are shown to people, so they must not hold what was found.
pub trait Resolver {
    /// An environment variable; none if it is not set.
    fn variable(&mut self, name: &str) -> Option<String>;

    /// The text of a file; a relative path starts at the working directory.
    ///
    /// # Errors
    /// It can't be read; what is wrong.
    fn file(&mut self, path: &str) -> Result<String, String>;

    /// A key of a secret in HashiCorp Vault at `address`.
    ///
    /// # Errors
    /// There is no such key, or no way to Vault; what is wrong.
    fn vault(&mut self, settings: &Vault, address: &str, path: &str, key: &str) -> Result<Json, String>;

    /// A field in 1Password, by its whole URL.
    ///
    /// # Errors
    /// There is no such field, or no way to 1Password; what is wrong.
    fn one_password(&mut self, settings: &OnePassword, url: &str) -> Result<String, String>;

    /// What the keyring of the operating system has for an account of a service.
    ///
    /// # Errors
    /// There is no such entry, or no keyring; what is wrong.
    fn keyring(&mut self, service: &str, account: &str) -> Result<String, String>;
}

/// A text that stands for something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reference<'a> {
    /// `vault://PATH#KEY`.
    Vault(&'a str),
    /// `file://PATH`.
    File(&'a str),
    /// `op://VAULT/ITEM/FIELD`.
    OnePassword(&'a str),
    /// `keyring://SERVICE/ACCOUNT`.
    Keyring(&'a str),
    /// A text with `${NAME}` in it.
    Variables(&'a str),
}

/// What came of a reference.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) value: Json,
    /// What is odd about it.
    pub(crate) remark: Option<String>,
}

/// The settings of the secret managers, as far as they are known yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Managers<'a> {
    pub(crate) vault: &'a Vault,
    pub(crate) one_password: &'a OnePassword,
}

impl<'a> Reference<'a> {
    /// What a text refers to; none if it is just a text. A text that begins with a scheme is not searched for variables.
    pub(crate) fn of(text: &'a str) -> Option<Self> {
        if text.starts_with("vault://") {
            Some(Self::Vault(text))
        } else if text.starts_with("file://") {
            Some(Self::File(text))
        } else if text.starts_with("op://") {
            Some(Self::OnePassword(text))
        } else if text.starts_with("keyring://") {
            Some(Self::Keyring(text))
        } else {
            next_variable(text).map(|_| Self::Variables(text))
        }
    }

    /// Looks it up.
    ///
    /// # Errors
    /// What is wrong, in words that show the reference as written.
    pub(crate) fn resolve(
        &self,
        managers: Managers<'_>,
        resolver: &mut dyn Resolver,
    ) -> Result<Resolved, String> {
        let plain = |value: Json| Resolved { value, remark: None };
        match *self {
            Self::Variables(text) => expand(text, |name| resolver.variable(name))
                .map(|text| plain(text.into()))
                .map_err(|name| format!("Environment variable {name} is not set")),
            Self::File(url) => {
                let path = url.strip_prefix("file://").unwrap_or(url);
                let text = resolver.file(path)?;
                let text = text.trim();
                let remark = text.is_empty().then(|| format!("file `{path}` is empty"));
                Ok(Resolved { value: text.into(), remark })
            }
            Self::Vault(url) => {
                let (address, path, key) = vault_parts(url, managers.vault)?;
                resolver.vault(managers.vault, address, path, key).map(plain)
            }
            Self::OnePassword(url) => {
                check_one_password(url, managers.one_password)?;
                resolver.one_password(managers.one_password, url).map(|text| plain(text.into()))
            }
            Self::Keyring(url) => {
                let (service, account) = keyring_parts(url)?;
                resolver.keyring(service, account).map(|text| plain(text.into()))
            }
        }
    }
}

/// Address, path and key of a Vault URL.
fn vault_parts<'t>(url: &'t str, settings: &'t Vault) -> Result<(&'t str, &'t str, &'t str), String> {
    if !settings.enabled {
        return Err(format!("Vault URL '{url}' found but Vault is not enabled in configuration"));
    }
    let rest = url.strip_prefix("vault://").unwrap_or(url);
    let (path, key) = rest
        .split_once('#')
        .filter(|(_, key)| !key.is_empty())
        .ok_or_else(|| format!("Vault URL '{url}' must specify a key after '#'"))?;
    let address = settings.address.as_deref().filter(|address| !address.is_empty());
    let address =
        address.ok_or("Vault address must be configured (`vault.address`) to resolve Vault URLs")?;
    Ok((address, path.trim_matches('/'), key))
}

/// `op://VAULT/ITEM/FIELD`, possibly with a section before the field and `?attribute=otp` behind it.
fn check_one_password(url: &str, settings: &OnePassword) -> Result<(), String> {
    if !settings.enabled {
        return Err(format!("1Password URL '{url}' found but 1Password is not enabled in configuration"));
    }
    let rest = url.strip_prefix("op://").unwrap_or(url);
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    let parts: Vec<&str> = path.split('/').collect();
    let complete = (3..=4).contains(&parts.len()) && parts.iter().all(|part| !part.is_empty());
    if complete && query.is_none_or(|query| query == "attribute=otp") {
        Ok(())
    } else {
        Err(format!("Invalid 1Password URL format: {url} (it is `op://VAULT/ITEM/FIELD`)"))
    }
}

/// Service and account of a URL of the keyring. Neither may look like an option of a tool that is asked.
fn keyring_parts(url: &str) -> Result<(&str, &str), String> {
    let parts = url.strip_prefix("keyring://").and_then(|rest| rest.split_once('/'));
    let fine = |part: &str| !part.is_empty() && !part.starts_with('-') && !part.contains('\0');
    parts
        .filter(|(service, account)| fine(service) && fine(account))
        .ok_or_else(|| format!("Invalid keyring URL format: {url} (it is `keyring://SERVICE/ACCOUNT`)"))
}

/// A text with every `${NAME}` replaced by what `lookup` gives for it. What is put in is not searched again.
///
/// # Errors
/// The name of a variable that is not set.
pub fn expand(text: &str, mut lookup: impl FnMut(&str) -> Option<String>) -> Result<String, String> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, name, after)) = next_variable(rest) {
        expanded.push_str(before);
        expanded.push_str(&lookup(name).ok_or(name)?);
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

/// The first `${NAME}` of a text: what is before it, the name, and what is behind it.
fn next_variable(text: &str) -> Option<(&str, &str, &str)> {
    let word = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    text.match_indices("${").find_map(|(at, opening)| {
        let (name, after) = text.get(at + opening.len()..)?.split_once('}')?;
        word(name).then_some((text.get(..at)?, name, after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<String> {
        match name {
            "A" => Some("x".to_owned()),
            "SELF" => Some("${A}".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    #[test]
    fn variables_are_replaced_and_other_dollars_kept() {
        assert_eq!(expand("${A}/${A}.db", lookup).as_deref(), Ok("x/x.db"));
        assert_eq!(expand("$A ${A:-b} ${} ${", lookup).as_deref(), Ok("$A ${A:-b} ${} ${"));
        assert_eq!(expand("${A:-${A}}", lookup).as_deref(), Ok("${A:-x}"));
        assert_eq!(expand("${EMPTY}", lookup).as_deref(), Ok(""));
        assert_eq!(expand("${A}${B}", lookup), Err("B".to_owned()));
    }

    #[test]
    fn what_is_put_in_is_not_searched_again() {
        assert_eq!(expand("${SELF}", lookup).as_deref(), Ok("${A}"));
    }

    #[test]
    fn the_start_of_a_text_decides() {
        assert_eq!(Reference::of("vault://a#${K}"), Some(Reference::Vault("vault://a#${K}")));
        assert_eq!(Reference::of("keyring://a/b"), Some(Reference::Keyring("keyring://a/b")));
        assert_eq!(Reference::of("x ${K}"), Some(Reference::Variables("x ${K}")));
        for text in ["see file://a", "", "$K", "${K:-x}", "VAULT://a#b"] {
            assert_eq!(Reference::of(text), None, "{text}");
        }
    }

    #[test]
    fn urls_of_managers_are_checked_before_anybody_is_asked() {
        let off = Vault::default();
        let on = |address: Option<&str>| Vault {
            enabled: true,
            address: address.map(str::to_owned),
            ..Vault::default()
        };
        let problem = |settings: &Vault, url| vault_parts(url, settings).map(|_| ()).unwrap_err();
        assert!(problem(&off, "vault://a#k").ends_with("found but Vault is not enabled in configuration"));
        assert!(problem(&on(Some("u")), "vault://a").ends_with("must specify a key after '#'"));
        assert!(problem(&on(Some("u")), "vault://a#").ends_with("must specify a key after '#'"));
        assert!(problem(&on(None), "vault://a#k").starts_with("Vault address must be configured"));
        assert_eq!(vault_parts("vault:///a/b#k#l", &on(Some("u"))), Ok(("u", "a/b", "k#l")));

        let one = OnePassword { enabled: true, ..OnePassword::default() };
        for fine in ["op://v/i/f", "op://v/i/s/f", "op://v/i/one-time password?attribute=otp"] {
            assert!(check_one_password(fine, &one).is_ok(), "{fine}");
        }
        for bad in ["op://v/i", "op://v//f", "op://v/i/f?attribute=x", "op://a/b/c/d/e"] {
            let problem = check_one_password(bad, &one).unwrap_err();
            assert!(problem.starts_with("Invalid 1Password URL format: "), "{problem}");
        }
        assert!(check_one_password("op://v/i/f", &OnePassword::default()).is_err());

        assert_eq!(keyring_parts("keyring://mxcp/a key/of it"), Ok(("mxcp", "a key/of it")));
        for bad in [
            "keyring://",
            "keyring://mxcp",
            "keyring://mxcp/",
            "keyring:///a",
            "keyring://-s/a",
            "keyring://s/-a",
        ] {
            let problem = keyring_parts(bad).unwrap_err();
            assert!(problem.starts_with("Invalid keyring URL format: "), "{problem}");
        }
    }
}
