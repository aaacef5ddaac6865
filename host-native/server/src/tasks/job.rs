//! One task.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat, Utc};
use mxcp_runtime::ports::{LogMessage, Notify, Party, Progress};
use rmcp::ErrorData;
use rmcp::model::{
    CallToolResponse, CallToolResult, DetailedTask, InputResponses, JsonObject, Task, TaskPayload, TaskStatus,
};
use serde::Serialize;
use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

use crate::asking::Within;
use crate::authentication::Owner;
use crate::single_use::random;

/// A call that runs as a task, or did.
#[derive(Debug)]
pub(crate) struct Job {
    id: String,
    owner: Owner,
    party: Party,
    created_at: DateTime<Utc>,
    created: Instant,
    lifetime: Lifetime,
    questions: Arc<Within>,
    cancel: CancellationToken,
    ended: CancellationToken,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    message: Option<String>,
    updated_at: DateTime<Utc>,
    end: Option<End>,
}

/// How long a task lives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lifetime {
    /// How long it may take; none if nothing says.
    pub(super) longest: Option<Duration>,
    /// How long it is kept at least after it has ended.
    pub(super) kept: Duration,
}

/// How a task ended.
#[derive(Debug)]
struct End {
    after: Duration,
    reply: Result<CallToolResponse, ErrorData>,
    cancelled: bool,
    bytes: usize,
}

impl Job {
    /// A task of `owner`, whose tasks are counted with those of `party`. None if there is no randomness: nobody else may guess
    /// its id.
    pub(super) fn new(
        owner: Owner,
        party: Party,
        questions: Arc<Within>,
        lifetime: Lifetime,
    ) -> Option<Arc<Self>> {
        let now = Utc::now();
        Some(Arc::new(Self {
            id: random()?,
            owner,
            party,
            created_at: now,
            created: Instant::now(),
            lifetime,
            questions,
            cancel: CancellationToken::new(),
            ended: CancellationToken::new(),
            state: Mutex::new(State { message: None, updated_at: now, end: None }),
        }))
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn party(&self) -> &Party {
        &self.party
    }

    /// Whether it belongs to whoever asks.
    pub(super) fn is_of(&self, owner: &Owner) -> bool {
        self.owner == *owner
    }

    /// Takes the call back.
    pub(super) fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }

    /// Resolves when it has ended.
    pub(super) async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// Ends it with what a plain call would be answered with.
    pub(super) fn end(&self, reply: Result<CallToolResponse, ErrorData>, cancelled: bool) {
        let bytes = match &reply {
            Ok(CallToolResponse::Complete(result)) => size(result),
            _ => 0,
        };
        let mut state = self.state();
        state.updated_at = Utc::now();
        state.end = Some(End { after: self.created.elapsed(), reply, cancelled, bytes });
        drop(state);
        self.ended.cancel();
    }

    /// What a plain call would be answered with, after it has ended.
    pub(super) fn reply(&self) -> Result<CallToolResponse, ErrorData> {
        let state = self.state();
        let end = state.end.as_ref();
        end.map_or_else(
            || Err(ErrorData::internal_error("the call has not ended", None)),
            |end| end.reply.clone(),
        )
    }

    /// Bytes of its result, which is kept.
    pub(super) fn bytes(&self) -> usize {
        self.state().end.as_ref().map_or(0, |end| end.bytes)
    }

    /// How long from now on it has to be kept, after it has ended.
    pub(super) fn kept_for(&self) -> Duration {
        let lifetime = self.lives(self.state().end.as_ref());
        lifetime.map_or(self.lifetime.kept, |lifetime| lifetime.saturating_sub(self.created.elapsed()))
    }

    /// How long it is kept after it was created; none while nobody can tell. Once said, it is never less.
    fn lives(&self, end: Option<&End>) -> Option<Duration> {
        let takes = self.lifetime.longest.max(end.map(|end| end.after))?;
        Some(takes + self.lifetime.kept)
    }

    /// Takes answers to its questions.
    pub(super) fn answer(&self, given: InputResponses) -> Result<(), ErrorData> {
        self.questions.answer(given)?;
        self.state().updated_at = Utc::now();
        Ok(())
    }

    /// How it goes.
    pub(super) fn task(&self) -> Task {
        self.detailed().task
    }

    /// How it goes, what it asks, and what came of it.
    pub(super) fn detailed(&self) -> DetailedTask {
        let state = self.state();
        let payload = match &state.end {
            Some(end) => end.payload(),
            None => match self.questions.open() {
                open if open.is_empty() => TaskPayload::Working,
                input_requests => TaskPayload::InputRequired { input_requests },
            },
        };
        let mut task =
            Task::new(&*self.id, TaskStatus::Working, time(self.created_at), time(state.updated_at));
        task.status_message.clone_from(&state.message);
        task.ttl_ms = self.lives(state.end.as_ref()).map(milliseconds);
        task.poll_interval_ms = Some(poll_interval(self.created.elapsed()));
        DetailedTask::new(task, payload)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl End {
    fn payload(&self) -> TaskPayload {
        match &self.reply {
            _ if self.cancelled => TaskPayload::Cancelled,
            Ok(CallToolResponse::Complete(result)) => TaskPayload::Completed { result: object(result) },
            Ok(_) => {
                let error = ErrorData::internal_error("the call ended without a result", None);
                TaskPayload::Failed { error: object(&error) }
            }
            Err(error) => TaskPayload::Failed { error: object(error) },
        }
    }
}

impl Notify for Job {
    /// What the client hears of progress is the message of the status.
    fn progress(&self, progress: Progress) {
        if !progress.done.is_finite() {
            return;
        }
        let Progress { done, total, message } = progress;
        let message = message.unwrap_or_else(|| match total {
            Some(total) => format!("{done} of {total}"),
            None => done.to_string(),
        });
        let mut state = self.state();
        if state.end.is_none() {
            state.message = Some(message);
            state.updated_at = Utc::now();
        }
    }

    /// There is no request to tell of it.
    fn log(&self, _message: LogMessage) {}
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// How often it is worth looking after a task of an age, in milliseconds: the longer it runs, the less soon it ends.
fn poll_interval(age: Duration) -> u64 {
    milliseconds(age / 10).clamp(500, 5000)
}

fn object(value: &impl Serialize) -> JsonObject {
    match serde_json::to_value(value) {
        Ok(Json::Object(object)) => object,
        _ => JsonObject::new(),
    }
}

/// Bytes of a result as JSON.
fn size(result: &CallToolResult) -> usize {
    struct Counted(usize);
    impl std::io::Write for Counted {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut counted = Counted(0);
    // Counting never fails.
    let _ = serde_json::to_writer(&mut counted, result);
    counted.0
}
