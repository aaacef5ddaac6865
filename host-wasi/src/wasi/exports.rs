//! What the component exports: `setup` at build time, requests ever after.

use std::sync::OnceLock;

use mxcp_core::bundle::Bundle;

use super::bindings::exports::wasi::http::incoming_handler::Guest as IncomingHandler;
use super::bindings::mxcp::edge::project;
use super::bindings::wasi::cli::environment;
use super::bindings::wasi::http::types::{IncomingRequest, ResponseOutparam};
use super::bindings::{self, Guest};
use super::host::WasiHost;
use super::serve;
use crate::front::Front;
use crate::http::Response;
use crate::keys::Keys;
use crate::settings::Settings;

/// The project, compiled. It is part of the memory that `mxcp build` takes a picture of.
static FRONT: OnceLock<Front> = OnceLock::new();

/// What is known of the deployment: read by the first request, never at build time.
static SETTINGS: OnceLock<Result<Settings, String>> = OnceLock::new();

/// The issuer's keys as far as this instance has fetched them.
static KEYS: OnceLock<Keys> = OnceLock::new();

struct Component;

impl Guest for Component {
    fn setup() {
        if FRONT.get().is_some() {
            return;
        }
        match Bundle::from_text(&project::bundle())
            .map_err(|problem| problem.to_string())
            .and_then(Front::new)
        {
            Ok(front) => drop(FRONT.set(front)),
            Err(problems) => {
                project::refuse(&problems);
                std::process::abort();
            }
        }
    }
}

impl IncomingHandler for Component {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        serve::write(&answer(request), out);
    }
}

fn answer(request: IncomingRequest) -> Response {
    let Some(front) = FRONT.get() else {
        return Response::text(503, "no project is built in");
    };
    // Asked of WASI itself: the standard library remembers what it saw at build time.
    let settings = SETTINGS.get_or_init(|| {
        let environment = environment::get_environment();
        let variable =
            |name: &str| environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        Settings::new(front.built_in_settings(), variable)
    });
    let mut host = WasiHost;
    match settings {
        Ok(settings) => match serve::read(request, settings.depends_on_scheme()) {
            Ok(request) => front.answer(&request, settings, KEYS.get_or_init(Keys::default), &mut host),
            Err(response) => response,
        },
        Err(problem) => {
            crate::host::Host::log(&mut host, &format!("edge is not configured: {problem}"));
            Response::text(503, "edge is not configured")
        }
    }
}

/// The exported symbols, which are `unsafe` by their nature.
#[allow(unsafe_code, unreachable_pub, reason = "generated code")]
mod symbols {
    use super::{Component, bindings};

    bindings::export!(Component with_types_in bindings);
}
