//! URI templates: what matches is what values expand to.

use std::collections::BTreeMap;

use mxcp_core::uri_template::UriTemplate;

/// Matches what comes after the first blank with the template before it.
pub fn match_anything(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (template, uri) = text.split_once(' ').unwrap_or((text, text));
    let Ok(template) = UriTemplate::parse(template) else { return };
    let written = template.to_string();
    let again = UriTemplate::parse(&written).expect("what is written is a template");
    assert_eq!(again.to_string(), written);
    let Some(values) = template.matches(uri) else { return };
    let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    assert!(template.placeholders().eq(names.iter().copied()), "{names:?}");
    let values: BTreeMap<&str, String> = values.into_iter().collect();
    let expanded = template.expand(|name| values.get(name).map(String::as_str)).expect("no value is empty");
    // Not the same text, as a value may be encoded in many ways, but the same URI once nothing is.
    assert_eq!(decoded(&expanded), decoded(uri), "{values:?} are not those of the uri");
    assert!(template.matches(&expanded).is_some(), "{expanded} does not match");
}

/// A URI without its scheme, which has no case, and without encoding.
fn decoded(uri: &str) -> Vec<u8> {
    let (_, rest) = uri.split_once(':').expect("a URI has a scheme");
    percent_encoding::percent_decode_str(rest).collect()
}
