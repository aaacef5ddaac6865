//! What a call said and the client has not heard yet.

#![expect(deprecated, reason = "logging is deprecated since 2026-07-28 and part of every revision before")]

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mxcp_core::value::Value;
use mxcp_runtime::ports::{LogLevel, LogMessage, Notify, Progress};
use rmcp::model::{
    LoggingMessageNotification, LoggingMessageNotificationParam, ProgressNotification,
    ProgressNotificationParam, ProgressToken, ServerNotification,
};
use tokio::sync;
use tokio::sync::oneshot;

use super::pace::Pace;
use crate::logging;

/// Most log messages that wait for a client that reads slowly. What comes on top is left out.
const WAITING: usize = 256;

/// Takes what a call says, and never waits.
#[derive(Debug)]
pub(crate) struct Outbox {
    /// None if the client doesn't want to hear of progress.
    token: Option<ProgressToken>,
    /// None if the client doesn't want to hear of anything logged.
    least_level: Option<LogLevel>,
    state: Mutex<State>,
    changed: sync::Notify,
}

#[derive(Debug)]
struct State {
    waiting: VecDeque<Said>,
    closed: bool,
    /// The greatest progress that was told.
    done: f64,
    /// Progress that came too soon after another; told in the end if nothing came after it.
    held: Option<Progress>,
    progress_pace: Pace,
    log_pace: Pace,
    /// Log messages left out.
    left_out: u64,
}

#[derive(Debug)]
enum Said {
    Progress(Progress),
    Log(LogMessage),
    /// Nothing, but somebody wants to know when everything before has been told.
    Mark(oneshot::Sender<()>),
}

impl Outbox {
    pub(super) fn new(token: Option<ProgressToken>, least_level: Option<LogLevel>) -> Self {
        let state = State {
            waiting: VecDeque::new(),
            closed: false,
            done: f64::NEG_INFINITY,
            held: None,
            progress_pace: Pace::new(32, Duration::from_millis(100)),
            log_pace: Pace::new(256, Duration::from_millis(10)),
            left_out: 0,
        };
        Self { token, least_level, state: Mutex::new(state), changed: sync::Notify::new() }
    }

    /// Takes nothing more: the call has ended.
    pub(super) fn close(&self) {
        let mut state = self.state();
        if let Some(held) = state.held.take() {
            state.waiting.push_back(Said::Progress(held));
        }
        if state.left_out > 0 && self.wants(LogLevel::Warning) {
            let data =
                Value::string(format!("{} log messages were left out: there were too many", state.left_out));
            let logger = Some("mxcp".to_owned());
            state.waiting.push_back(Said::Log(LogMessage { level: LogLevel::Warning, logger, data }));
        }
        state.closed = true;
        self.changed.notify_one();
    }

    /// Resolves when everything that was said up to now has been told, or never will be.
    pub(crate) fn told(&self) -> impl Future<Output = ()> + Send + use<> {
        let (reached, told) = oneshot::channel();
        let mut state = self.state();
        if !state.closed {
            state.waiting.push_back(Said::Mark(reached));
            self.changed.notify_one();
        }
        async {
            let _ = told.await;
        }
    }

    /// The next thing to tell the client; none when all is told and the outbox closed.
    pub(super) async fn next(&self) -> Option<ServerNotification> {
        loop {
            let said = {
                let mut state = self.state();
                match state.waiting.pop_front() {
                    None if state.closed => return None,
                    said => said,
                }
            };
            match said {
                Some(Said::Progress(progress)) => return self.progress_message(progress),
                Some(Said::Log(message)) => return Some(log_message(message)),
                Some(Said::Mark(reached)) => {
                    let _ = reached.send(());
                }
                None => self.changed.notified().await,
            }
        }
    }

    fn progress_message(&self, progress: Progress) -> Option<ServerNotification> {
        let mut params = ProgressNotificationParam::new(self.token.clone()?, progress.done);
        params.total = progress.total;
        params.message = progress.message;
        Some(ProgressNotification::new(params).into())
    }

    fn wants(&self, level: LogLevel) -> bool {
        self.least_level.is_some_and(|least| level >= least)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notify for Outbox {
    fn progress(&self, progress: Progress) {
        let mut state = self.state();
        // What is not more than before, or no number at all, is no progress.
        if self.token.is_none() || state.closed || !progress.done.is_finite() || progress.done <= state.done {
            return;
        }
        state.done = progress.done;
        if !state.progress_pace.allows(Instant::now()) {
            state.held = Some(progress);
            return;
        }
        state.held = None;
        // The pace bounds what waits here, too, unless the client stopped reading.
        if state.waiting.len() < WAITING {
            state.waiting.push_back(Said::Progress(progress));
        } else {
            state.held = Some(progress);
        }
        drop(state);
        self.changed.notify_one();
    }

    fn log(&self, message: LogMessage) {
        if !self.wants(message.level) {
            return;
        }
        let mut state = self.state();
        if state.closed {
            return;
        }
        if state.waiting.len() >= WAITING || !state.log_pace.allows(Instant::now()) {
            state.left_out += 1;
            return;
        }
        state.waiting.push_back(Said::Log(message));
        drop(state);
        self.changed.notify_one();
    }
}

fn log_message(message: LogMessage) -> ServerNotification {
    let level = logging::to_wire(message.level);
    let mut params = LoggingMessageNotificationParam::new(level, message.data.to_json());
    params.logger = message.logger;
    LoggingMessageNotification::new(params).into()
}

#[cfg(test)]
mod tests {
    use rmcp::model::NumberOrString;
    use serde_json::{Value as Json, json};

    use super::*;

    fn progress(done: f64) -> Progress {
        Progress { done, total: None, message: None }
    }

    fn log(level: LogLevel, text: &str) -> LogMessage {
        LogMessage { level, logger: None, data: Value::string(text) }
    }

    fn for_progress() -> Outbox {
        Outbox::new(Some(ProgressToken(NumberOrString::Number(7))), None)
    }

    /// Everything that is told in the end.
    async fn told(outbox: &Outbox) -> Vec<Json> {
        outbox.close();
        let mut told = Vec::new();
        while let Some(notification) = outbox.next().await {
            told.push(serde_json::to_value(&notification).unwrap()["params"].take());
        }
        told
    }

    #[tokio::test]
    async fn progress_has_the_token_of_the_request_and_only_ever_increases() {
        let outbox = for_progress();
        for done in [1.0, 1.0, 0.5, f64::NAN, f64::INFINITY, 2.0] {
            outbox.progress(progress(done));
        }
        let told = told(&outbox).await;
        let told: Vec<_> =
            told.iter().map(|it| (it["progressToken"].as_i64(), it["progress"].as_f64())).collect();
        assert_eq!(told, [(Some(7), Some(1.0)), (Some(7), Some(2.0))]);
    }

    #[tokio::test]
    async fn of_very_much_progress_the_last_is_told() {
        let outbox = for_progress();
        (1..=10_000).for_each(|done| outbox.progress(progress(f64::from(done))));
        let told = told(&outbox).await;
        assert!(told.len() < 1000, "{}", told.len());
        assert_eq!(told.last().unwrap()["progress"], json!(10_000.0));
    }

    #[tokio::test]
    async fn nothing_is_told_that_was_not_asked_for() {
        let outbox = Outbox::new(None, Some(LogLevel::Warning));
        outbox.progress(progress(1.0));
        outbox.log(log(LogLevel::Notice, "no"));
        outbox.log(log(LogLevel::Error, "yes"));
        assert_eq!(told(&outbox).await, [json!({"level": "error", "data": "yes"})]);
        let outbox = for_progress();
        outbox.log(log(LogLevel::Emergency, "no"));
        assert!(told(&outbox).await.is_empty());
    }

    #[tokio::test]
    async fn too_many_log_messages_are_counted_instead() {
        let outbox = Outbox::new(None, Some(LogLevel::Debug));
        (0..1000).for_each(|number| outbox.log(log(LogLevel::Debug, &number.to_string())));
        let told = told(&outbox).await;
        assert_eq!(told.len(), WAITING + 1);
        assert_eq!(told[WAITING]["data"], "744 log messages were left out: there were too many");
    }

    #[tokio::test]
    async fn one_may_wait_until_everything_before_has_been_told() {
        let outbox = Outbox::new(None, Some(LogLevel::Debug));
        outbox.log(log(LogLevel::Error, "before"));
        let mut before = tokio::spawn(outbox.told());
        outbox.log(log(LogLevel::Error, "after"));
        assert!(outbox.next().await.is_some());
        assert!(!before.is_finished());
        assert!(outbox.next().await.is_some());
        (&mut before).await.unwrap();
        outbox.close();
        outbox.told().await;
    }

    #[tokio::test]
    async fn what_is_said_after_the_end_is_not_told() {
        let outbox = Outbox::new(None, Some(LogLevel::Debug));
        outbox.close();
        outbox.log(log(LogLevel::Error, "late"));
        assert!(told(&outbox).await.is_empty());
    }
}
