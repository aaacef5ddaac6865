//! Results of which a part is shown: what a model is told of the rest, and what a program is.

use mxcp_core::delivery::{ExportLink, Kept, Part, TooLarge};
use rmcp::model::{CallToolResult, ContentBlock, Resource};
use serde_json::{Value as Json, json};

/// What is shown of the result, for programs.
const RESULT: &str = "io.mxcp/result";

/// Says which rows a result has, and where the others are: in a last text, with a link to the complete result, and in `_meta`.
pub(super) fn tell(part: &Part, result: &mut CallToolResult) {
    result.content.push(ContentBlock::text(part.to_string()));
    let mut told = json!({
        "firstRow": part.before + 1,
        "rows": part.rows,
        "totalRows": part.total_rows,
        "bytes": part.size.bytes,
        "totalBytes": part.total_size.bytes,
    });
    add(part.kept.as_ref(), &mut told, result);
}

/// Why a result is not shown, and where it is, for models.
pub(super) fn refusal(error: &TooLarge) -> String {
    let kept = error.kept.as_ref().map(Kept::to_string).unwrap_or_default();
    format!("{error}{kept}")
}

/// Says for programs how large a result is that is not shown, and where it is.
pub(super) fn tell_refused(error: &TooLarge, result: &mut CallToolResult) {
    let mut told = json!({ "rows": 0, "tooLargeBytes": error.size.bytes });
    add(error.kept.as_ref(), &mut told, result);
}

fn add(kept: Option<&Kept>, told: &mut Json, result: &mut CallToolResult) {
    if let Some(kept) = kept {
        let Kept { next, export, .. } = kept;
        if let Some(next) = next {
            told["nextCursor"] = next.clone().into();
        }
        if let Some(export) = export {
            let (uri, mime_type) = (&export.uri, export.mime_type);
            told["export"] = match &export.url {
                Some(url) => json!({ "uri": uri, "mimeType": mime_type, "url": url }),
                None => json!({ "uri": uri, "mimeType": mime_type }),
            };
            result.content.push(ContentBlock::resource_link(link(export)));
        }
        told["expiresAt"] = kept.expires().into();
    }
    result.meta.get_or_insert_default().insert(RESULT.to_owned(), told.take());
}

fn link(export: &ExportLink) -> Resource {
    Resource::new(export.uri.clone(), export.name.clone())
        .with_description("The complete result".to_owned())
        .with_mime_type(export.mime_type.to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mxcp_core::audit::Measure;
    use mxcp_core::call::CallError;
    use mxcp_core::delivery::{ResultLimits, Whole};
    use mxcp_core::registry::Success;
    use mxcp_core::schema::Export;
    use mxcp_core::value::Value;

    use super::*;
    use crate::wire;

    fn kept() -> Kept {
        Kept {
            next: Some("c1".to_owned()),
            export: Some(ExportLink {
                name: "t.csv".to_owned(),
                uri: "mxcp://results/k/t.csv".to_owned(),
                url: Some("https://a.example/results/k/t.csv".to_owned()),
                mime_type: "text/csv",
            }),
            expires_at: "2026-01-02T03:04:05Z".parse().unwrap(),
        }
    }

    fn shown(kept: Option<Kept>) -> Json {
        let part = Part {
            before: 2,
            rows: 2,
            size: Measure::of_bytes(5),
            total_rows: 9,
            total_size: Measure::of_bytes(19),
            kept,
        };
        let value = Value::parse_json("[3,4]").unwrap();
        let success = Success { value, typed: true, content: None, part: Some(Box::new(part)) };
        serde_json::to_value(wire::success(&success, mxcp_core::schema::TextFormat::Json)).unwrap()
    }

    #[test]
    fn the_last_text_says_how_to_go_on_and_a_link_follows() {
        let shown = shown(Some(kept()));
        let texts: Vec<_> = shown["content"].as_array().unwrap().iter().map(|block| &block["text"]).collect();
        let note = "Rows 3 to 4 of 9 are shown. For the next rows, make the same call with `cursor`: \"c1\". The complete \
                    result is mxcp://results/k/t.csv. That is good until 2026-01-02T03:04:05Z.";
        assert_eq!(texts, [&json!("3"), &json!("4"), &json!(note), &Json::Null]);
        let link = &shown["content"][3];
        assert_eq!(
            (&link["type"], &link["uri"]),
            (&json!("resource_link"), &json!("mxcp://results/k/t.csv"))
        );
        assert_eq!(shown["structuredContent"], json!({"result": [3, 4]}));
        let meta = &shown["_meta"]["io.mxcp/result"];
        assert_eq!(meta["nextCursor"], "c1");
        assert_eq!(meta["export"]["url"], "https://a.example/results/k/t.csv");
        assert_eq!((&meta["firstRow"], &meta["totalRows"]), (&json!(3), &json!(9)));
    }

    #[test]
    fn where_nothing_is_kept_nothing_is_promised() {
        let shown = shown(None);
        assert_eq!(
            shown["content"][2]["text"],
            "Rows 3 to 4 of 9 are shown. The others can't be had here: ask for less."
        );
        assert_eq!(shown["content"].as_array().unwrap().len(), 3);
        assert_eq!(shown["_meta"]["io.mxcp/result"].get("expiresAt"), None);
    }

    #[test]
    fn what_is_not_shown_at_all_is_an_error_with_the_link() {
        let limits = ResultLimits {
            rows: None,
            bytes: Some(10),
            tokens: None,
            export: Export::Csv,
            expires: Duration::from_secs(1),
        };
        let (what, size) = (Whole::Result, Measure::of_bytes(99));
        let kept = Some(Kept { next: None, ..kept() });
        let error = CallError::TooLarge(Box::new(TooLarge { what, size, limits, kept }));
        let shown = serde_json::to_value(wire::failure("t", &error).unwrap()).unwrap();
        assert_eq!(shown["isError"], true);
        assert_eq!(
            shown["content"][0]["text"],
            "Error executing tool t: The result is too large: 99 bytes of JSON, about 25 tokens, where at most 10 bytes are \
             shown. Ask for less. The complete result is mxcp://results/k/t.csv. That is good until 2026-01-02T03:04:05Z."
        );
        assert_eq!(shown["content"][1]["uri"], "mxcp://results/k/t.csv");
    }
}
