//! Which revision of the protocol a request is of, and whether its headers and `_meta` say the same as its body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mxcp_mcp::catalog::Catalog;
use rmcp::ErrorData;
use rmcp::model::{ErrorCode, JsonObject, MetaObject, ProtocolVersion, RequestMetaObject, ServerResult};
use serde_json::{Map, Value as Json};

use crate::http::Request;
use crate::message::Call;

const VERSION: &str = "mcp-protocol-version";
const METHOD: &str = "mcp-method";
const NAME: &str = "mcp-name";
const PARAMETER: &str = "Mcp-Param-";

/// What a request is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Revision {
    /// 2026-07-28 or later: the request describes itself.
    pub(crate) modern: bool,
    /// Whether errors of the protocol have a status of their own.
    pub(crate) statuses: bool,
}

/// A refusal: always with status 400.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// For a request.
    Error(ErrorData),
    /// Before anyone looked at the message.
    Text(String),
}

impl From<ErrorData> for Refusal {
    fn from(error: ErrorData) -> Self {
        Refusal::Error(error)
    }
}

/// Whether the header names a revision that is known, where it names one.
pub(crate) fn check_header(request: &Request) -> Result<(), Refusal> {
    let known = |version: &str| ProtocolVersion::KNOWN_VERSIONS.iter().any(|known| known.as_str() == version);
    if !request.has_header(VERSION) {
        return Ok(());
    }
    match request.header(VERSION) {
        None => Err(Refusal::Text("Bad Request: Invalid MCP-Protocol-Version header encoding".to_owned())),
        Some(version) if known(version) => Ok(()),
        Some(version) => {
            let versions: Vec<&str> =
                ProtocolVersion::KNOWN_VERSIONS.iter().map(ProtocolVersion::as_str).collect();
            let versions = versions.join(", ");
            Err(Refusal::Text(format!(
                "Bad Request: Unsupported protocol version: {version}. Supported versions: {versions}"
            )))
        }
    }
}

/// The revision of a request.
///
/// # Errors
/// Its headers and its body contradict each other, or it lacks what its revision asks for.
pub(crate) fn of(request: &Request, call: &Call, catalog: &Catalog) -> Result<Revision, Refusal> {
    let header = request.header(VERSION);
    if call.method == "initialize" {
        return initialize(request, call, header);
    }
    let meta = match call.params.get("_meta") {
        Some(Json::Object(meta)) => RequestMetaObject(MetaObject(meta.clone())),
        _ => RequestMetaObject::default(),
    };
    let named = meta.protocol_version();
    if named.is_none() {
        check_header(request)?;
    }
    let newest = &ProtocolVersion::V_2026_07_28;
    let modern_header = header.is_some_and(|version| version >= newest.as_str());
    if modern_header {
        check_standard(request, call, catalog)?;
    }
    let missing = || {
        let missing = meta.missing_required_keys(newest);
        let message =
            format!("request _meta is missing or has malformed required fields: {}", missing.join(", "));
        Refusal::Error(ErrorData::invalid_params(format!("Invalid params: {message}"), None))
    };
    let discover = call.method == "server/discover";
    let Some(named) = named else {
        if discover || modern_header {
            return Err(missing());
        }
        return Ok(Revision { modern: false, statuses: false });
    };
    let mismatch = |message: String| Refusal::Error(ErrorData::header_mismatch(message, None));
    match header {
        None => {
            let message = "request _meta protocolVersion requires MCP-Protocol-Version header";
            return Err(mismatch(message.to_owned()));
        }
        Some(header) if header != named.as_str() => {
            return Err(mismatch(format!(
                "MCP-Protocol-Version header ({header}) does not match request _meta protocolVersion ({named})"
            )));
        }
        Some(_) => {}
    }
    if !ProtocolVersion::KNOWN_VERSIONS.contains(&named) {
        let error = ErrorData::unsupported_protocol_version(named, ProtocolVersion::KNOWN_VERSIONS);
        return Err(Refusal::Error(error));
    }
    let modern = named >= *newest;
    if (modern || discover) && !meta.missing_required_keys(newest).is_empty() {
        return Err(missing());
    }
    Ok(Revision { modern, statuses: true })
}

/// The handshake of the revisions before 2026-07-28. What headers it has must be its own.
fn initialize(request: &Request, call: &Call, header: Option<&str>) -> Result<Revision, Refusal> {
    let body = call.params.get("protocolVersion").and_then(Json::as_str);
    if let (Some(header), Some(body)) = (header, body)
        && header != body
    {
        let message = format!(
            "Invalid Request: MCP-Protocol-Version header ({header}) does not match initialize \
             params.protocolVersion ({body})"
        );
        return Err(Refusal::Error(ErrorData::invalid_request(message, None)));
    }
    if request.has_header(METHOD) && request.header(METHOD) != Some("initialize") {
        let message = "Mcp-Method header does not match body method `initialize`";
        return Err(Refusal::Error(ErrorData::header_mismatch(message, None)));
    }
    Ok(Revision { modern: false, statuses: false })
}

/// Whether the headers that middle boxes route by say what the body says (2026-07-28).
fn check_standard(request: &Request, call: &Call, catalog: &Catalog) -> Result<(), Refusal> {
    let problem = |message: String| Refusal::Error(ErrorData::header_mismatch(message, None));
    let single = |name: &str| {
        let missing = format!("missing required {name} header");
        if !request.has_header(name) { Err(problem(missing)) } else { text(request, name).map_err(problem) }
    };
    let method = single("Mcp-Method")?;
    if method != call.method {
        let body = &call.method;
        return Err(problem(format!("Mcp-Method header `{method}` does not match body method `{body}`")));
    }
    let key = match call.method.as_str() {
        "tools/call" | "prompts/get" => "name",
        "resources/read" => "uri",
        _ => return Ok(()),
    };
    // What has no name at all is told so by its method.
    let Some(name) = call.params.get(key).and_then(Json::as_str) else { return Ok(()) };
    let written =
        decoded(&single("Mcp-Name")?).ok_or_else(|| problem("Mcp-Name header is not valid Base64".into()))?;
    if written != name {
        return Err(problem(format!("Mcp-Name header `{written}` does not match body value `{name}`")));
    }
    match catalog.tool(name).filter(|_| call.method == "tools/call") {
        Some(tool) => check_parameters(request, call, &tool.input_schema).map_err(problem),
        None => Ok(()),
    }
}

/// Whether the headers of parameters say what the arguments say.
fn check_parameters(request: &Request, call: &Call, schema: &JsonObject) -> Result<(), String> {
    let arguments = call.params.get("arguments");
    for (path, header) in annotated(schema) {
        let shown = path.join(".");
        let header = format!("{PARAMETER}{header}");
        let value =
            arguments.and_then(|arguments| path.iter().try_fold(arguments, |value, key| value.get(key)));
        match (request.has_header(&header), value.and_then(form)) {
            (false, None) => {}
            (true, None) => return Err(format!("unexpected {header} header for absent or null `{shown}`")),
            (false, Some(_)) => return Err(format!("missing {header} header for `{shown}`")),
            (true, Some(expected)) => {
                let written = text(request, &header)?;
                let written =
                    decoded(&written).ok_or_else(|| format!("{header} header is not valid Base64"))?;
                if written != expected {
                    return Err(format!(
                        "{header} header `{written}` does not match body value `{expected}`"
                    ));
                }
            }
        }
    }
    Ok(())
}

/// The properties that have a header, by their path from the root.
pub(crate) fn annotated(schema: &JsonObject) -> Vec<(Vec<&str>, &str)> {
    fn collect<'a>(schema: &'a JsonObject, path: &[&'a str], found: &mut Vec<(Vec<&'a str>, &'a str)>) {
        let Some(Json::Object(properties)) = schema.get("properties") else { return };
        for (name, property) in properties {
            let Json::Object(property) = property else { continue };
            let path: Vec<&str> = path.iter().copied().chain([name.as_str()]).collect();
            if let Some(Json::String(header)) = property.get("x-mcp-header")
                && !header.is_empty()
            {
                found.push((path.clone(), header));
            }
            collect(property, &path, found);
        }
    }
    let mut found = Vec::new();
    collect(schema, &[], &mut found);
    found
}

/// A value as its header has it; none for what has none.
fn form(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Bool(value) => Some(value.to_string()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A header that is there.
fn text(request: &Request, name: &str) -> Result<String, String> {
    if request.header_values(name).count() > 1 {
        return Err(format!("duplicate {name} header"));
    }
    request
        .header(name)
        .map(str::to_owned)
        .ok_or_else(|| format!("{name} header contains invalid characters"))
}

/// The value of a header, which is in base64 where no header could have it.
fn decoded(value: &str) -> Option<String> {
    match value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) {
        Some(inner) => String::from_utf8(STANDARD.decode(inner).ok()?).ok(),
        None => Some(value.to_owned()),
    }
}

/// A value as a header.
fn encoded(value: &str) -> String {
    let plain = value.bytes().all(|byte| (0x20..=0x7E).contains(&byte));
    let blank = value.starts_with([' ', '\t']) || value.ends_with([' ', '\t']);
    if plain && !blank && !value.starts_with("=?base64?") {
        value.to_owned()
    } else {
        format!("=?base64?{}?=", STANDARD.encode(value))
    }
}

/// The headers of a request that this edge makes itself.
pub(crate) fn headers(
    method: &str,
    name: &str,
    arguments: Option<&Map<String, Json>>,
    schema: Option<&JsonObject>,
) -> Vec<(String, String)> {
    let mut headers = vec![
        (VERSION.to_owned(), ProtocolVersion::V_2026_07_28.as_str().to_owned()),
        (METHOD.to_owned(), method.to_owned()),
        (NAME.to_owned(), encoded(name)),
    ];
    for (path, header) in schema.map(annotated).unwrap_or_default() {
        let mut keys = path.iter();
        let first = keys.next().and_then(|key| arguments?.get(*key));
        let value = first.and_then(|first| keys.try_fold(first, |value, key| value.get(*key)));
        if let Some(value) = value.and_then(form) {
            headers.push((format!("{PARAMETER}{header}").to_ascii_lowercase(), encoded(&value)));
        }
    }
    headers
}

/// The status of an answer.
pub(crate) fn status(revision: Revision, outcome: &Result<ServerResult, ErrorData>) -> u16 {
    match outcome {
        Err(error) if revision.statuses => match error.code {
            ErrorCode::UNSUPPORTED_PROTOCOL_VERSION
            | ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY
            | ErrorCode::HEADER_MISMATCH => 400,
            ErrorCode::METHOD_NOT_FOUND => 404,
            _ => 200,
        },
        _ => 200,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_that_no_header_can_have_travel_in_base64() {
        for value in ["plain", "", " blank", "grüß", "=?base64?x?=", "line\nbreak"] {
            assert_eq!(decoded(&encoded(value)).as_deref(), Some(value));
        }
        assert_eq!(encoded("a b"), "a b");
        assert_eq!(decoded("=?base64?*?="), None);
    }

    #[test]
    fn own_requests_have_the_headers_of_annotated_arguments() {
        let schema = json!({"properties": {
            "a": {"x-mcp-header": "A"}, "b": {"properties": {"c": {"x-mcp-header": "C"}}}, "d": {"x-mcp-header": "D"},
        }});
        let arguments = json!({"a": 7, "b": {"c": "ü"}, "d": null});
        let headers = headers("tools/call", "t", arguments.as_object(), schema.as_object());
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, [VERSION, METHOD, NAME, "mcp-param-a", "mcp-param-c"]);
        assert_eq!(headers[3].1, "7");
    }
}
