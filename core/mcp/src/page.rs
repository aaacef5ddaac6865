//! Lists in pages.
//!
//! A cursor names the last item seen, so it stays right when a reload adds or removes others. It means
//! something only to whoever may see that item: otherwise it would tell whether there is one of a name.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Most items in one answer. Many clients never ask for a second page, so it is far beyond any project's number of
/// tools that a model could still choose from.
pub const PAGE: usize = 1000;

/// Some items of a list, and where the rest begins.
#[derive(Debug)]
pub struct Page<'a, T> {
    pub items: Vec<&'a T>,
    pub next: Option<String>,
}

/// The items that follow a cursor, at most `size` of those that the caller may see, which `keep` says; none if it is
/// no cursor of theirs. `items` is all there is, in the order it is listed in, each known by another `name`.
pub fn page<'a, T>(
    items: &'a [T],
    cursor: Option<&str>,
    size: usize,
    name: impl Fn(&T) -> &str,
    keep: impl Fn(&T) -> bool,
) -> Option<Page<'a, T>> {
    let rest = match cursor {
        None => items,
        Some(cursor) => {
            let seen = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
            let last = items.iter().position(|item| name(item) == seen)?;
            items.get(last).filter(|item| keep(item))?;
            items.get(last + 1..)?
        }
    };
    let mut kept = rest.iter().filter(|item| keep(item));
    let items: Vec<&T> = kept.by_ref().take(size).collect();
    let more = kept.next().is_some();
    let next = items.last().filter(|_| more).map(|item| URL_SAFE_NO_PAD.encode(name(item)));
    Some(Page { items, next })
}

#[cfg(test)]
mod tests {
    use super::*;

    static ITEMS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

    /// A page of what a caller sees who may not see `hidden`.
    fn page_without(hidden: &str, cursor: Option<&str>, size: usize) -> Option<Page<'static, &'static str>> {
        page(&ITEMS, cursor, size, |item| item, |item| !hidden.contains(item))
    }

    fn pages(hidden: &str, size: usize) -> Vec<String> {
        let mut pages = Vec::new();
        let mut cursor = None;
        loop {
            let page = page_without(hidden, cursor.as_deref(), size).expect("a cursor of its own");
            pages.push(page.items.into_iter().copied().collect());
            cursor = page.next;
            if cursor.is_none() {
                return pages;
            }
        }
    }

    fn is_cursor(hidden: &str, cursor: &str) -> bool {
        page_without(hidden, Some(cursor), 2).is_some()
    }

    #[test]
    fn pages_follow_each_other_without_gap_or_repetition() {
        assert_eq!(pages("", 2), ["ab", "cd", "ef"]);
        assert_eq!(pages("", 6), ["abcdef"]);
        assert_eq!(pages("", 4), ["abcd", "ef"]);
    }

    #[test]
    fn what_is_hidden_takes_no_place_and_leaves_no_empty_page() {
        assert_eq!(pages("bd", 2), ["ac", "ef"]);
        assert_eq!(pages("ef", 2), ["ab", "cd"]);
        assert_eq!(pages("abcdef", 2), [""]);
    }

    #[test]
    fn a_cursor_is_of_an_item_that_the_caller_sees() {
        let cursor = URL_SAFE_NO_PAD.encode("c");
        assert!(is_cursor("", &cursor));
        assert!(!is_cursor("c", &cursor));
        assert!(!is_cursor("", &URL_SAFE_NO_PAD.encode("z")));
        assert!(!is_cursor("", "%%%"));
    }
}
