//! For whom a result is.

/// For whom a result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// People: headings, tables, colour.
    Human,
    /// Programs: one JSON document.
    Json,
}

impl Output {
    /// As `--json-output` says.
    pub(crate) fn from_flag(json: bool) -> Self {
        if json { Self::Json } else { Self::Human }
    }
}
