//! The facts of a call, as a transport knows them.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::HeaderMap;
use axum::http::request::Parts;
use chrono::Utc;
use mxcp_core::call::{CallContext, Caller, Headers, TraceContext};
use mxcp_runtime::ports::Place;
use rmcp::RoleServer;
use rmcp::model::{Extensions, JsonObject};
use rmcp::service::RequestContext;

use crate::authentication::{Owner, Requester};

const SESSION_HEADER: &str = "mcp-session-id";

/// The name of a trace, as a header and in `_meta` alike.
const TRACE: &str = "traceparent";

/// The name of what others keep with it, in the same places.
const STATE: &str = "tracestate";

/// Most bytes of that: what W3C has everybody pass on at least (Trace Context, section 3.3.1.5).
const LONGEST_STATE: usize = 512;

/// The session of a request whose headers don't name it.
#[derive(Clone, Debug)]
pub(crate) struct SessionId(pub(crate) Arc<str>);

/// Where the client of a request is, as part of its extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

/// Counts a request for as long as anybody has it, as part of its extensions.
#[derive(Clone, Debug)]
pub(crate) struct InFlight(#[expect(dead_code, reason = "held")] pub(crate) Arc<Place>);

/// Ids of calls: unique in this process, and between processes as far as their start differs.
#[derive(Debug)]
pub(crate) struct RequestIds {
    prefix: String,
    next: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new() -> Self {
        let prefix = format!("{:x}-{:x}", Utc::now().timestamp_micros(), std::process::id());
        Self { prefix, next: AtomicU64::new(1) }
    }

    fn next(&self) -> String {
        format!("{}-{:x}", self.prefix, self.next.fetch_add(1, Ordering::Relaxed))
    }
}

/// The context of a call that a request asks for now; unlike that of another request, it knows of the trace.
pub(crate) fn of_call(ids: &RequestIds, context: &RequestContext<RoleServer>) -> CallContext {
    let headers = context.extensions.get::<Parts>().map(|parts| &parts.headers);
    CallContext { trace: trace(&context.meta, headers), ..of_request(ids, &context.extensions) }
}

/// The trace that a request says it is part of. What the client says of this very request counts more than what may be said of
/// its way here.
fn trace(meta: &JsonObject, headers: Option<&HeaderMap>) -> Option<TraceContext> {
    let said = || {
        let trace = TraceContext::parse(meta.get(TRACE)?.as_str()?)?;
        let state = meta.get(STATE).and_then(|state| state.as_str()).unwrap_or_default();
        Some(TraceContext { state: bounded(state), ..trace })
    };
    let carried = || {
        let headers = headers?;
        let mut values = headers.get_all(TRACE).iter();
        let value = values.next().filter(|_| values.next().is_none())?;
        let trace = TraceContext::parse(value.to_str().ok()?)?;
        let states: Vec<_> = headers.get_all(STATE).iter().filter_map(|state| state.to_str().ok()).collect();
        Some(TraceContext { state: bounded(&states.join(",")), ..trace })
    };
    said().or_else(carried)
}

/// As many of the first entries of a `tracestate` as are passed on; the last ones are those of who was there first.
fn bounded(state: &str) -> String {
    let state = state.trim();
    match state.get(..LONGEST_STATE) {
        Some(start) if state.len() > LONGEST_STATE => {
            start.rsplit_once(',').map(|(kept, _cut)| kept.to_owned()).unwrap_or_default()
        }
        None if state.len() > LONGEST_STATE => String::new(),
        _ => state.to_owned(),
    }
}

/// The context of a request that begins now. Only requests over HTTP carry the parts of one.
pub(crate) fn of_request(ids: &RequestIds, extensions: &Extensions) -> CallContext {
    let parts = extensions.get::<Parts>();
    CallContext {
        request_id: ids.next(),
        now: Utc::now(),
        caller: if parts.is_some() { Caller::Http } else { Caller::Stdio },
        principal: parts
            .and_then(|parts| parts.extensions.get::<Requester>())
            .and_then(|Requester(principal)| principal.clone()),
        headers: parts.map_or_else(Headers::none, |parts| {
            let own = parts.headers.clone();
            Headers::deferred(move || headers(&own))
        }),
        session_id: extensions
            .get::<SessionId>()
            .map(|SessionId(id)| &**id)
            .or_else(|| parts?.headers.get(SESSION_HEADER)?.to_str().ok())
            .map(str::to_owned),
        trace: None,
    }
}

/// To whom belongs what a request begins; nobody where people don't say who they are.
pub(crate) fn owner(extensions: &Extensions) -> Owner {
    extensions.get::<Parts>()?.extensions.get::<Requester>()?.owner()
}

/// What counts a request that is in flight; none where nobody counts.
pub(crate) fn place(extensions: &Extensions) -> Option<InFlight> {
    extensions.get::<Parts>()?.extensions.get::<InFlight>().cloned()
}

/// Where the client of a request is; none over standard input and output.
pub(crate) fn address(extensions: &Extensions) -> Option<IpAddr> {
    let ClientAddress(address) = extensions.get::<Parts>()?.extensions.get()?;
    Some(*address)
}

/// The headers by lower-case name; repeated ones are joined as RFC 9110 section 5.3 allows.
fn headers(headers: &HeaderMap) -> Vec<(String, serde_json::Value)> {
    let mut joined: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in headers {
        let text = String::from_utf8_lossy(value.as_bytes());
        match joined.get_mut(name.as_str()) {
            Some(before) => {
                before.push_str(", ");
                before.push_str(&text);
            }
            None => drop(joined.insert(name.as_str(), text.into_owned())),
        }
    }
    joined.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect()
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn http_extensions() -> Extensions {
        let request = Request::builder()
            .header("X-Tenant", "a")
            .header("x-tenant", "b")
            .header("Mcp-Session-Id", "s1")
            .body(())
            .unwrap();
        let mut extensions = Extensions::new();
        extensions.insert(request.into_parts().0);
        extensions
    }

    #[test]
    fn a_request_over_http_has_headers_and_a_session() {
        let context = of_request(&RequestIds::new(), &http_extensions());
        assert_eq!(context.caller, Caller::Http);
        assert_eq!(context.headers.get("X-TENANT").as_deref(), Some("a, b"));
        assert_eq!(context.session_id.as_deref(), Some("s1"));
    }

    #[test]
    fn a_request_over_stdio_has_no_headers_at_all() {
        let context = of_request(&RequestIds::new(), &Extensions::new());
        assert_eq!(context.caller, Caller::Stdio);
        assert_eq!(context.headers.to_json_text(), None);
        assert_eq!(context.session_id, None);
    }

    #[test]
    fn a_client_knows_better_than_a_proxy_which_trace_a_request_is_part_of() {
        let (own, other) = ("0af7651916cd43dd8448eb211c80319c", "4bf92f3577b34da6a3ce929d0e0e4736");
        let traceparent = |id: &str| format!("00-{id}-b7ad6b7169203331-01");
        let meta = |id: &str| JsonObject::from_iter([(TRACE.to_owned(), traceparent(id).into())]);
        let mut headers = HeaderMap::new();
        headers.insert(TRACE, traceparent(other).parse().unwrap());
        let id = |trace: Option<TraceContext>| trace.map(|trace| trace.trace_id);
        assert_eq!(id(trace(&meta(own), Some(&headers))).as_deref(), Some(own));
        assert_eq!(id(trace(&meta("no trace"), Some(&headers))).as_deref(), Some(other));
        assert_eq!(id(trace(&JsonObject::new(), Some(&headers))).as_deref(), Some(other));
        headers.append(TRACE, traceparent(own).parse().unwrap());
        assert_eq!(trace(&JsonObject::new(), Some(&headers)), None);
        assert_eq!(trace(&JsonObject::new(), None), None);
    }

    #[test]
    fn what_others_keep_with_a_trace_goes_with_the_trace_it_came_with() {
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let mut headers = HeaderMap::new();
        headers.insert(TRACE, parent.parse().unwrap());
        headers.append(STATE, "a=1".parse().unwrap());
        headers.append(STATE, "b=2, c=3".parse().unwrap());
        let state = |meta: &JsonObject| trace(meta, Some(&headers)).unwrap().state;
        assert_eq!(state(&JsonObject::new()), "a=1,b=2, c=3");
        let mut meta = JsonObject::from_iter([(TRACE.to_owned(), parent.into())]);
        assert_eq!(state(&meta), "", "what came with the other trace is not of this one");
        meta.insert(STATE.to_owned(), "d=4".into());
        assert_eq!(state(&meta), "d=4");
        let many = vec!["vendor=0123456789"; 40].join(",");
        assert_eq!(bounded(&many), vec!["vendor=0123456789"; 28].join(","));
        assert_eq!(bounded(&"x".repeat(600)), "");
    }

    #[test]
    fn no_two_calls_have_the_same_id() {
        let ids = RequestIds::new();
        assert_ne!(ids.next(), ids.next());
    }
}
