//! Links of pages to files.

use std::path::Path;

use pulldown_cmark::{Event, Options, Parser, Tag};

/// The links of a page that lead to no file; `folder` is where the page is.
pub(super) fn broken(text: &str, folder: &Path) -> Vec<String> {
    let links = Parser::new_ext(text, Options::ENABLE_TABLES).filter_map(|event| match event {
        Event::Start(Tag::Link { dest_url, .. }) => Some(dest_url),
        _ => None,
    });
    let files = links.filter(|link| !link.contains(':') && !link.starts_with('#'));
    let path = |link: &str| folder.join(link.split('#').next().unwrap_or_default());
    files.filter(|link| !path(link).exists()).map(|link| link.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::broken;

    #[test]
    fn files_have_to_be_there_and_nothing_else() {
        let text =
            "[a](Cargo.toml) [b](src/main.rs#L1) [c](#c) [d](http://d)\n\n| e |\n|---|\n| [f](gone.md) |\n";
        assert_eq!(broken(text, Path::new(env!("CARGO_MANIFEST_DIR"))), ["gone.md"]);
    }
}
