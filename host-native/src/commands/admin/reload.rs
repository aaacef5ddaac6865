//! `mxcp admin reload`.

use std::thread;
use std::time::{Duration, Instant};

use mxcp_admin::Client;
use serde_json::Value as Json;

use super::{Asking, expect, field, show};
use crate::failure::{Failure, Outcome};
use crate::ui::{Output, Ui};

/// How often the server is asked whether the reload is done.
const PAUSE: Duration = Duration::from_millis(50);

/// Longest wait for it: running calls alone may take 90 s.
const PATIENCE: Duration = Duration::from_secs(300);

/// Arguments of `mxcp admin reload`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Wait until it is done; exit code 1 if it fails
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    pub(super) asking: Asking,
}

/// Asks for a reload.
///
/// # Errors
/// No server answers, it refuses, or it takes too long.
pub(super) fn run(args: &Args, client: &Client, ui: &mut Ui) -> Result<Outcome, Failure> {
    let asked = expect(client.post("/reload")?)?;
    if !args.wait {
        show(&asked, None, ui)?;
        return Ok(Outcome::Fine);
    }
    let id = field(&asked, "reload_request_id").as_str().unwrap_or_default().to_owned();
    let begun = Instant::now();
    // Other reloads may follow at once, and the last one is all that is told.
    let mut done = None;
    while done.is_none() {
        if begun.elapsed() > PATIENCE {
            return Err(Failure::message(format!("reload {id} is not done after {} s", PATIENCE.as_secs())));
        }
        thread::sleep(PAUSE);
        let status = expect(client.get("/status")?)?;
        done = Some(field(&status, "reload").clone()).filter(|reload| is_done(reload, &id));
    }
    let reload = done.unwrap_or_default();
    if field(&reload, "last_reload_request_id") != id.as_str() {
        return Err(Failure::message(format!("reload {id} is done, and another one hides how it ended")));
    }
    if field(&reload, "last_reload_status") == "error" {
        let reason = field(&reload, "last_reload_error").as_str().unwrap_or_default();
        return Err(Failure::message(format!("the reload failed: {reason}")));
    }
    match ui.output() {
        Output::Json => show(&reload, None, ui)?,
        Output::Human => {
            let took = field(&reload, "last_reload_duration_ms");
            ui.line(format_args!("Reloaded in {took} ms, generation {}", field(&reload, "generation")))?;
        }
    }
    Ok(Outcome::Fine)
}

/// Whether a reload has ended: it was the last one, or nothing is left to be done.
fn is_done(reload: &Json, id: &str) -> bool {
    field(reload, "last_reload_request_id") == id
        || field(reload, "in_progress") == false
            && field(reload, "queued") == 0
            && !field(reload, "last_reload").is_null()
}
