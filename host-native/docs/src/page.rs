//! What a site is made of.

/// One file of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Where it stands, relative to the site, with `/`: `tools/find_orders.html`.
    pub path: String,
    /// Its media type, with the charset.
    pub content_type: &'static str,
    /// Its text.
    pub body: String,
}

/// Why a page can't be made. Templates are part of the program, so it is a defect of the program.
#[derive(Debug, thiserror::Error)]
#[error("page `{path}` can't be rendered")]
pub struct Error {
    /// The page.
    pub path: String,
    /// What is wrong with its template.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}
