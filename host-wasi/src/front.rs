//! The project, ready to answer.

use std::sync::Arc;

use mxcp_core::bundle::{self, Bundle};
use mxcp_core::call::{CallContext, Caller, Headers, Principal};
use mxcp_core::load::LoadedFile;
use mxcp_core::registry::Registry;
use mxcp_mcp::catalog::Catalog;
use mxcp_mcp::wire;
use rmcp::model::{Implementation, MetaObject};
use serde_json::{Value as Json, json};

use crate::host::Host;
use crate::http::{Request, Response};
use crate::keys::Keys;
use crate::limits::REQUEST_BYTES;
use crate::message::{self, Call, Message};
use crate::methods;
use crate::revision::{self, Refusal, Revision};
use crate::settings::Settings;
use crate::{authentication, guard};

/// A project that answers requests.
#[derive(Debug)]
pub struct Front {
    bundle: Bundle,
    registry: Arc<Registry>,
    catalog: Catalog,
    implementation: Implementation,
}

/// What answering one request takes.
pub(crate) struct Turn<'a> {
    pub(crate) front: &'a Front,
    pub(crate) settings: &'a Settings,
    pub(crate) host: &'a mut dyn Host,
    pub(crate) request: &'a Request,
    pub(crate) principal: Option<Arc<Principal>>,
    pub(crate) revision: Revision,
}

impl Front {
    /// Compiles a project. All that loading finds out is found out here, before any request.
    ///
    /// # Errors
    /// Definitions that don't load, a line each: what was built must be whole.
    pub fn new(bundle: Bundle) -> Result<Self, String> {
        let loaded = bundle.load();
        let problem = |file: &LoadedFile| file.first_error().map(|error| format!("{}: {error}", file.path));
        let problems: Vec<String> = loaded.files.iter().filter_map(problem).collect();
        if !problems.is_empty() {
            return Err(problems.join("\n"));
        }
        let registry = Arc::new(loaded.registry);
        let catalog = Catalog::new(Arc::clone(&registry), []);
        let implementation = Implementation::new("mxcp", bundle.version.clone()).with_title("mxcp");
        Ok(Self { bundle, registry, catalog, implementation })
    }

    /// What the bundle says of the deployment.
    #[must_use]
    pub fn built_in_settings(&self) -> &bundle::Settings {
        &self.bundle.settings
    }

    pub(crate) fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    pub(crate) fn implementation(&self) -> &Implementation {
        &self.implementation
    }

    /// The `_meta` that names the server.
    pub(crate) fn identity(&self) -> MetaObject {
        wire::identity(&self.implementation)
    }

    /// Answers a request.
    pub fn answer(
        &self,
        request: &Request,
        settings: &Settings,
        keys: &Keys,
        host: &mut dyn Host,
    ) -> Response {
        match (request.path.as_str(), request.method.as_str()) {
            ("/health", "GET" | "HEAD") => Response::text(200, "ok"),
            ("/mcp" | "/mcp/", "POST") => self.mcp(request, settings, keys, host),
            ("/mcp" | "/mcp/", _) => refuse(405, "Method Not Allowed").with_header("allow", "POST"),
            (authentication::METADATA, "GET") => metadata(request, settings),
            (path, "GET") if path.strip_prefix(authentication::METADATA) == Some("/mcp") => {
                metadata(request, settings)
            }
            _ => Response::text(404, "Not Found"),
        }
    }

    fn mcp(&self, request: &Request, settings: &Settings, keys: &Keys, host: &mut dyn Host) -> Response {
        if let Err(refusal) = guard::check(request, &settings.allowed_hosts) {
            return refusal;
        }
        let principal = match authentication::caller(request, settings, keys, host) {
            Ok(principal) => principal,
            Err(refusal) => return refusal,
        };
        let message = match message(request) {
            Ok(message) => message,
            Err(refusal) => return refusal,
        };
        match message {
            Message::Request(call) => self.call(&call, request, principal, settings, host),
            Message::Notification => match revision::check_header(request) {
                Ok(()) => Response { status: 202, ..Response::default() },
                Err(refusal) => refused(&Json::Null, refusal),
            },
            Message::Response => refuse(400, "Invalid Request: the server asked nothing"),
        }
    }

    fn call(
        &self,
        call: &Call,
        request: &Request,
        principal: Option<Arc<Principal>>,
        settings: &Settings,
        host: &mut dyn Host,
    ) -> Response {
        let revision = match revision::of(request, call, &self.catalog) {
            Ok(revision) => revision,
            Err(refusal) => return refused(&call.id, refusal),
        };
        let mut turn = Turn { front: self, settings, host, request, principal, revision };
        let outcome = methods::answer(&mut turn, call);
        let status = revision::status(revision, &outcome);
        match outcome {
            Ok(result) => Response::json(status, &message::result(&call.id, &result)),
            Err(error) => Response::json(status, &message::error(&call.id, &error)),
        }
    }
}

impl Turn<'_> {
    /// The facts of a call that begins now.
    pub(crate) fn context(&mut self) -> CallContext {
        let id: String = self.host.random().iter().map(|byte| format!("{byte:02x}")).collect();
        CallContext {
            request_id: id,
            now: self.host.now(),
            caller: Caller::Http,
            principal: self.principal.clone(),
            headers: headers(self.request),
            session_id: None,
            trace: None,
        }
    }
}

/// The headers by lower-case name; repeated ones are joined as RFC 9110 section 5.3 allows.
fn headers(request: &Request) -> Headers {
    let mut joined: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
    for (name, value) in &request.headers {
        let text = String::from_utf8_lossy(value);
        let before = joined.entry(name.to_ascii_lowercase()).or_default();
        if !before.is_empty() {
            before.push_str(", ");
        }
        before.push_str(&text);
    }
    Headers::new(joined.into_iter().map(|(name, text)| (name, text.into())))
}

/// The message in a request.
fn message(request: &Request) -> Result<Message, Response> {
    let accepted = request.header_values("accept").any(|accepted| accepts(accepted, "application/json"))
        && request.header_values("accept").any(|accepted| accepts(accepted, "text/event-stream"));
    if !accepted {
        let text = "Not Acceptable: Client must accept both application/json and text/event-stream";
        return Err(refuse(406, text));
    }
    let kind = request.header("content-type").unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Err(refuse(415, "Unsupported Media Type: Content-Type must be application/json"));
    }
    let Some(body) = &request.body else {
        return Err(Response::text(
            413,
            format!("Payload Too Large: a request may have {REQUEST_BYTES} bytes"),
        ));
    };
    Message::parse(body).map_err(|answer| Response::json(400, &answer))
}

/// Whether a media type is among those of an `Accept` header, and not ruled out there.
fn accepts(header: &[u8], wanted: &str) -> bool {
    String::from_utf8_lossy(header).split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let same = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case(wanted));
        let weight = |part: &str| part.strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
        same && parts.filter_map(weight).all(|weight| weight > 0.0)
    })
}

fn metadata(request: &Request, settings: &Settings) -> Response {
    authentication::metadata(request, settings).unwrap_or_else(|| Response::text(404, "Not Found"))
}

fn refused(id: &Json, refusal: Refusal) -> Response {
    match refusal {
        Refusal::Error(error) => Response::json(400, &message::error(id, &error)),
        Refusal::Text(text) => refuse(400, &text),
    }
}

/// A refusal of what is no message, as a JSON-RPC error.
fn refuse(status: u16, reason: &str) -> Response {
    Response::json(
        status,
        &json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32600, "message": reason}}),
    )
}
