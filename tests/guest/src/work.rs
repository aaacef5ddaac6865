//! What honest tools do.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::Guest;
use crate::bindings::exports::test::guest::work::{Guest as Work, Statistics};
use crate::bindings::mxcp::tool::host::{self, Level, Parameter, Value};

/// Calls of `remember` that this instance has answered.
static CALLS: AtomicU32 = AtomicU32::new(0);

impl Work for Guest {
    fn add(a: i64, b: i64) -> i64 {
        a.wrapping_add(b)
    }

    fn divide(a: i64, b: i64) -> Result<i64, String> {
        a.checked_div(b).ok_or_else(|| format!("{a} can't be divided by {b}"))
    }

    fn count_words(text: String) -> Statistics {
        let longest = text.split_whitespace().max_by_key(|word| word.len()).map(str::to_owned);
        let words = text.split_whitespace().count().try_into().unwrap_or(u32::MAX);
        Statistics { words, longest }
    }

    fn sum_of_query(up_to: i64) -> Result<i64, String> {
        let parameters = [Parameter { name: "up_to".to_owned(), value: Value::Integer(up_to) }];
        let rows = host::query("SELECT sum(i)::BIGINT AS total FROM range($up_to + 1) t(i)", &parameters)
            .map_err(|error| format!("{error:?}"))?;
        match rows.rows.first().and_then(|row| row.first()) {
            Some(Value::Integer(total)) => Ok(*total),
            other => Err(format!("{other:?} is no integer")),
        }
    }

    fn secret_length(name: String) -> Result<u32, String> {
        let entries = host::secret(&name).map_err(|error| format!("{error:?}"))?;
        let bytes: usize = entries.iter().map(|entry| entry.value.len()).sum();
        Ok(bytes.try_into().unwrap_or(u32::MAX))
    }

    fn talk(times: u32) -> u32 {
        for time in 1..=times {
            host::log(Level::Info, &format!("step {time}"));
            host::progress(f64::from(time), Some(f64::from(times)), Some("talking"));
        }
        times
    }

    fn who() -> String {
        let call = host::current_call();
        call.user.map_or_else(|| format!("nobody by {}", call.transport), |user| user.id)
    }

    fn remember() -> u32 {
        CALLS.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn shout(text: Option<String>) -> String {
        text.map_or_else(|| "SILENCE".to_owned(), |text| text.to_uppercase())
    }

    fn half(value: f64) -> f64 {
        value / 2.0
    }
}
