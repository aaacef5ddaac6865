//! What a component says during a call: messages, and lines on its standard output and error.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::limits::Allowance;

/// Bytes of a line that is logged before it ends.
const LINE: usize = 4 << 10;

/// Where a component writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

/// What an instance says, for one call after the other. Too much is cut, and said once.
#[derive(Clone, Debug)]
pub(crate) struct Speech(Arc<Mutex<Call>>);

#[derive(Debug, Default)]
struct Call {
    component: String,
    request_id: String,
    allowance: Allowance,
    output: Vec<u8>,
    error: Vec<u8>,
}

impl Speech {
    /// For the component of a file, before its first call.
    pub(crate) fn of(component: &str) -> Self {
        Self(Arc::new(Mutex::new(Call { component: component.to_owned(), ..Call::default() })))
    }

    /// A call begins.
    pub(crate) fn begin(&self, request_id: &str) {
        let mut call = self.call();
        let component = mem::take(&mut call.component);
        *call = Call { component, request_id: request_id.to_owned(), ..Call::default() };
    }

    /// As much of a message as may be said; none if it is left out.
    pub(crate) fn message<'m>(&self, message: &'m str) -> Option<&'m str> {
        self.call().allowance.take(message)
    }

    /// Takes what the component writes.
    pub(crate) fn write(&self, channel: Channel, bytes: &[u8]) {
        let mut call = self.call();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let line = call.line(channel);
            // What doesn't fit is lost with the rest of its line.
            let room = LINE.saturating_sub(line.len());
            line.extend_from_slice(piece.get(..piece.len().min(room)).unwrap_or_default());
            if piece.ends_with(b"\n") {
                call.end_line(channel);
            }
        }
    }

    /// The call ends: begun lines are said, and what was left out is counted.
    pub(crate) fn end(&self) {
        let mut call = self.call();
        for channel in [Channel::Output, Channel::Error] {
            if !call.line(channel).is_empty() {
                call.end_line(channel);
            }
        }
        let left_out = call.allowance.left_out();
        if left_out > 0 {
            let (component, request_id) = (&*call.component, &*call.request_id);
            tracing::warn!(component, request_id, left_out, "a component says too much");
        }
    }

    fn call(&self) -> MutexGuard<'_, Call> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Call {
    fn line(&mut self, channel: Channel) -> &mut Vec<u8> {
        match channel {
            Channel::Output => &mut self.output,
            Channel::Error => &mut self.error,
        }
    }

    fn end_line(&mut self, channel: Channel) {
        let line = mem::take(self.line(channel));
        let text = String::from_utf8_lossy(&line);
        let Some(said) = self.allowance.take(text.trim_end()) else { return };
        let (component, request_id) = (&*self.component, &*self.request_id);
        // As literals, so that no line can pass itself off as one of the log's own.
        match channel {
            Channel::Output => tracing::info!(component, request_id, said, "component writes"),
            Channel::Error => {
                tracing::warn!(component, request_id, said, "component writes to standard error")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_on_standard_output_keeps_nothing() {
        let speech = Speech::of("flood.wasm");
        speech.begin("1");
        for _ in 0..10_000 {
            speech.write(Channel::Output, &[b'x'; 10_000]);
        }
        let call = speech.call();
        assert_eq!(call.output.len(), LINE);
        assert_eq!(call.allowance.left_out(), 0);
        drop(call);
        for _ in 0..10_000 {
            speech.write(Channel::Error, b"line\n");
        }
        assert!(speech.call().allowance.left_out() > 9_000);
        speech.begin("2");
        assert_eq!(speech.call().allowance.left_out(), 0);
    }
}
