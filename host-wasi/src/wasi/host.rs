//! WASI as the [`Host`].

use chrono::{DateTime, Utc};
use mxcp_core::wit;

use super::bindings::wasi::cli::stderr;
use super::bindings::wasi::clocks::wall_clock;
use super::bindings::wasi::random::random;
use super::{fetch, invoke};
use crate::host::{Fetch, FetchError, Fetched, Host};

/// The host that this instance runs on.
#[derive(Clone, Copy, Debug)]
pub(super) struct WasiHost;

impl Host for WasiHost {
    fn now(&mut self) -> DateTime<Utc> {
        let now = wall_clock::now();
        let seconds = i64::try_from(now.seconds).unwrap_or(i64::MAX);
        DateTime::from_timestamp(seconds, now.nanoseconds).unwrap_or_default()
    }

    fn random(&mut self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(random::get_random_bytes(16)).for_each(|(to, from)| *to = from);
        bytes
    }

    fn fetch(&mut self, request: &Fetch) -> Result<Fetched, FetchError> {
        fetch::fetch(request)
    }

    fn invoke(
        &mut self,
        index: u32,
        function: &wit::Function,
        arguments: &[wit::Value],
    ) -> Result<Option<wit::Value>, String> {
        invoke::invoke(index, function, arguments)
    }

    fn log(&mut self, line: &str) {
        let stream = stderr::get_stderr();
        for piece in format!("{line}\n").as_bytes().chunks(4096) {
            if stream.blocking_write_and_flush(piece).is_err() {
                return;
            }
        }
    }
}
