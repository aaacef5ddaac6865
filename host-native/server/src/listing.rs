//! Lists that are given page by page.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Most items in one answer. Many clients never ask for a second page.
const PAGE: usize = 1000;

/// Items in the order they are listed in, each with a key of its own.
#[derive(Debug)]
pub(crate) struct Listing<T> {
    items: Vec<T>,
    keys: Vec<String>,
    positions: HashMap<String, usize>,
}

/// Some of the items, and where the rest begins.
#[derive(Debug, PartialEq)]
pub(crate) struct Part<'a, T> {
    pub(crate) items: &'a [T],
    pub(crate) next: Option<String>,
}

impl<T> Listing<T> {
    pub(crate) fn new(items: Vec<T>, key: impl Fn(&T) -> &str) -> Self {
        let keys: Vec<String> = items.iter().map(|item| key(item).to_owned()).collect();
        let positions = keys.iter().enumerate().map(|(index, key)| (key.clone(), index)).collect();
        Self { items, keys, positions }
    }

    /// The items that follow a cursor; none if it is no cursor of this list.
    pub(crate) fn page(&self, cursor: Option<&str>) -> Option<Part<'_, T>> {
        self.page_of(cursor, PAGE)
    }

    fn page_of(&self, cursor: Option<&str>, size: usize) -> Option<Part<'_, T>> {
        let start = match cursor {
            None => 0,
            Some(cursor) => self.position(cursor)? + 1,
        };
        let end = (start + size).min(self.items.len());
        let items = self.items.get(start..end)?;
        let last = end.checked_sub(1).and_then(|last| self.keys.get(last)).filter(|_| end < self.items.len());
        Some(Part { items, next: last.map(|key| URL_SAFE_NO_PAD.encode(key.as_bytes())) })
    }

    /// A cursor names the last item seen, so it stays right when a reload adds or removes others.
    fn position(&self, cursor: &str) -> Option<usize> {
        let key = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        self.positions.get(&key).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing() -> Listing<&'static str> {
        Listing::new(vec!["a", "b", "c"], |item| item)
    }

    #[test]
    fn pages_follow_each_other_without_gap_or_repetition() {
        let listing = listing();
        let first = listing.page_of(None, 2).unwrap();
        assert_eq!(first.items, ["a", "b"]);
        let second = listing.page_of(first.next.as_deref(), 2).unwrap();
        assert_eq!(second, Part { items: &["c"], next: None });
    }

    #[test]
    fn everything_is_on_one_page_and_an_empty_list_has_one_too() {
        assert_eq!(listing().page(None).unwrap(), Part { items: &["a", "b", "c"], next: None });
        let empty: Listing<&str> = Listing::new(Vec::new(), |item| item);
        assert_eq!(empty.page(None).unwrap(), Part { items: &[], next: None });
    }

    #[test]
    fn a_foreign_cursor_is_no_cursor() {
        assert_eq!(listing().page(Some("%%%")), None);
        assert_eq!(listing().page(Some(&URL_SAFE_NO_PAD.encode("z"))), None);
    }
}
