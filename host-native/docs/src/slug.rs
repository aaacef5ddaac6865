//! Names of files for names of endpoints.

use std::fmt::Write as _;

/// Most characters taken over from a name.
const LENGTH: usize = 60;

/// Names that Windows keeps for devices, whatever their extension.
const DEVICES: &[&str] = &["aux", "con", "nul", "prn"];

/// A file name without extension: the name itself if every file system can hold it, else what is left of it
/// and a number that depends on nothing but the name.
///
/// Different names have different slugs, also where upper and lower case are the same: only slugs with a number
/// have a dot.
pub(crate) fn slug(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
    if is_usable(name) && name.bytes().all(plain) {
        return name.to_owned();
    }
    let mut slug = String::new();
    for character in name.chars().flat_map(char::to_lowercase) {
        match u8::try_from(character) {
            Ok(byte) if plain(byte) => slug.push(character),
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
        if slug.len() == LENGTH {
            break;
        }
    }
    let mut slug = slug.trim_matches('-').to_owned();
    if slug.is_empty() {
        slug.push_str("endpoint");
    }
    // Writing to a string can't fail.
    let _ = write!(slug, ".{:012x}", fingerprint(name) >> 16);
    slug
}

fn is_usable(name: &str) -> bool {
    let is_port = |prefix| name.strip_prefix(prefix).is_some_and(|rest: &str| rest.len() == 1);
    !name.is_empty()
        && name.len() <= LENGTH
        && !name.starts_with('-')
        && !DEVICES.contains(&name)
        && !is_port("com")
        && !is_port("lpt")
}

/// FNV-1a: the same number on every machine and in every release, which the standard library's hashes don't promise.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn simple_names_are_their_own_slugs() {
        for name in ["find_orders", "a", "2-go"] {
            assert_eq!(slug(name), name);
        }
    }

    #[test]
    fn slugs_differ_where_names_do() {
        let names =
            ["a/b", "a-b", "a b", "A-b", "a--b", "a\\b", "ä", "ö", "", "-", "..", "../a", "con", "com1"];
        let slugs: BTreeSet<String> = names.iter().map(|name| slug(name)).collect();
        assert_eq!(slugs.len(), names.len(), "{slugs:?}");
    }

    #[test]
    fn slugs_are_safe_as_file_names_everywhere() {
        let long = "x".repeat(500);
        for name in ["../../etc/passwd", "con", "a\0b", "orders://{id}?q=1#x", "日本", "\"<script>", &long]
        {
            let slug = slug(name);
            let safe = slug.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
            assert!(safe && !slug.starts_with(['.', '-']) && slug.len() < 80, "{slug}");
        }
    }

    #[test]
    fn slugs_are_stable() {
        assert_eq!(slug("orders://{id}"), "orders-id.eecd0d137b17");
    }
}
