//! A page for people, which loads nothing from anywhere.

use std::fmt::Write as _;
use std::sync::LazyLock;

use serde_json::Value as Json;

use crate::openapi;

/// The page.
pub(crate) fn html() -> &'static str {
    static PAGE: LazyLock<String> = LazyLock::new(|| write(openapi::document()));
    &PAGE
}

/// Lists what a description describes. Its texts are those of this program, and need no escaping.
fn write(document: &Json) -> String {
    let mut rows = String::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let summary = operation["summary"].as_str().unwrap_or_default();
            // Writing to a text never fails.
            let _ = write!(
                rows,
                "<tr><td>{}</td><td><code>{path}</code></td><td>{summary}</td></tr>",
                method.to_uppercase()
            );
        }
    }
    let title = document.pointer("/info/title").and_then(Json::as_str).unwrap_or_default();
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>body{{font:16px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em}}\
         td{{padding:.2em 1em .2em 0;vertical-align:top}}</style></head><body><h1>{title}</h1>\
         <p>The whole description, for programs: <a href=\"/openapi.json\">/openapi.json</a></p>\
         <table>{rows}</table></body></html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_route_and_loads_nothing() {
        for path in ["/health", "/audit/query", "/system/process"] {
            assert!(html().contains(&format!("<code>{path}</code>")), "{path}");
        }
        assert!(!html().contains("<script") && !html().contains("//"));
    }
}
