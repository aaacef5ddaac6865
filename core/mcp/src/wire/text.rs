//! Results in the text form that a tool asks for: one block for the whole of it, in which the columns of a list are named once.

mod csv;
mod markdown;
mod table;
mod toon;

use mxcp_core::schema::TextFormat;
use mxcp_core::value::Value;

use self::table::Table;

/// The text of a result; none where it is sent as JSON is. A text, a number and a truth value look the same in every form.
pub(super) fn of(value: &Value, format: TextFormat) -> Option<String> {
    if !matches!(value, Value::Array(_) | Value::Object(_)) {
        return None;
    }
    match format {
        TextFormat::Json => None,
        TextFormat::Toon => Some(toon::of(value)),
        TextFormat::Csv => Some(csv::of(&Table::of(value))),
        TextFormat::Markdown => Some(markdown::of(&Table::of(value))),
    }
}
