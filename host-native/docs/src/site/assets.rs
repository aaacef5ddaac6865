//! Styles and scripts.

/// A file that is the same for every project.
#[derive(Debug)]
pub(super) struct Asset {
    pub(super) path: &'static str,
    pub(super) content_type: &'static str,
    pub(super) body: &'static str,
    /// Whether only the inspector uses it.
    pub(super) inspector: bool,
}

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! asset {
    ($path:literal, $content_type:expr, inspector: $inspector:literal) => {
        Asset {
            path: concat!("assets/", $path),
            content_type: $content_type,
            body: include_str!(concat!("../../assets/", $path)),
            inspector: $inspector,
        }
    };
}

pub(super) const ALL: &[Asset] = &[
    asset!("site.css", STYLE, inspector: false),
    asset!("site.js", SCRIPT, inspector: false),
    asset!("icon.svg", "image/svg+xml", inspector: false),
    asset!("inspector.css", STYLE, inspector: true),
    asset!("inspector.js", SCRIPT, inspector: true),
    asset!("inspector/client.js", SCRIPT, inspector: true),
    asset!("inspector/content.js", SCRIPT, inspector: true),
    asset!("inspector/control.js", SCRIPT, inspector: true),
    asset!("inspector/dom.js", SCRIPT, inspector: true),
    asset!("inspector/form.js", SCRIPT, inspector: true),
    asset!("inspector/questions.js", SCRIPT, inspector: true),
    asset!("inspector/schema.js", SCRIPT, inspector: true),
    asset!("inspector/subjects.js", SCRIPT, inspector: true),
    asset!("inspector/result.js", SCRIPT, inspector: true),
];
