//! What a worker says, as it says it.

use std::sync::Arc;

use mxcp_core::value::Value;
use mxcp_runtime::ports::{
    AskError, LogLevel, LogMessage, Progress as Step, Question as ClientQuestion, QuestionKind, SqlError,
    SqlParameters,
};

use super::{Reply, Worker};
use crate::decode;
use crate::encode::{Cells, Tagged};
use crate::frame;
use crate::message::{
    self, Answer, Ask, Content, Execute, Failure, Log, Note, Noted, Outcome, Question, Reload, Said,
};
use crate::payload::Payload;
use crate::pool::Lease;
use crate::process::{Ended, Hear};
use crate::running::RunningCall;

/// The text that the reference implementation has where nothing is served.
const NOT_SERVED: &str = "Server reference not available in context. This function can only be called from within \
                          MXCP server endpoints.";

/// Listens to a worker.
#[derive(Debug)]
pub(super) struct Listener(pub(super) Arc<Worker>);

impl Hear for Listener {
    fn frame(&mut self, frame: &[u8]) {
        match Said::parse(frame) {
            Some(Said::Reply { request, outcome }) => self.reply(request, outcome),
            Some(Said::Ask { ask, call, question }) => self.ask(ask, call, question),
            Some(Said::Note { call, note }) => self.note(call, note),
            None => {
                tracing::error!("a Python worker process said what has no meaning");
                self.0.process.kill();
            }
        }
    }

    fn end(self, how: Ended) {
        self.0.end(&how);
    }
}

impl Listener {
    fn reply(&self, request: u64, outcome: Outcome) {
        let mut table = self.0.table();
        let entry = table.entries.remove(&request);
        let kill = table.is_abandoned();
        drop(table);
        if let Some(entry) = entry {
            let awaited = entry.awaited;
            entry.settle(match outcome {
                Outcome::Done { result, content } => Reply::Done { result, content, awaited },
                Outcome::Failed { failed, text } => Reply::Failed(failed, text),
            });
        }
        if kill {
            self.0.process.kill();
        }
    }

    fn call(&self, number: u64) -> Option<Arc<RunningCall>> {
        self.0.table().entries.get(&number)?.call.clone()
    }

    fn note(&self, call: u64, note: Note) {
        if matches!(note, Note::Async) {
            self.awaited(call);
            return;
        }
        let Some(call) = self.call(call) else { return };
        let notify = &call.scope.notify;
        match note {
            Note::Log(Log { level, data, logger }) => {
                let level = LogLevel::from_name(&level).unwrap_or(LogLevel::Info);
                let data = decode::value(data).unwrap_or(Value::Null);
                notify.log(LogMessage { level, logger, data });
            }
            Note::Progress(step) => {
                let Some(done) = step.progress else { return };
                notify.progress(Step { done, total: step.total, message: step.message });
            }
            Note::Report(report) => {
                if let Some(telemetry) = &call.scope.telemetry {
                    report.tell(&**telemetry);
                }
            }
            Note::Noted(Noted { note }) => call.scope.notes.add(decode::value(note).unwrap_or(Value::Null)),
            Note::Async => {}
        }
    }

    /// A call turned out to be of a function that awaits: others may run beside it.
    fn awaited(&self, call: u64) {
        let mut table = self.0.table();
        let Some(entry) = table.entries.get_mut(&call) else { return };
        entry.awaited = true;
        let lease = entry.lease.take();
        drop(table);
        // Outside of the lock, under which no lease may be given back.
        let lease = lease.map(Lease::share);
        let mut table = self.0.table();
        if let Some(entry) = table.entries.get_mut(&call) {
            entry.lease = lease;
        } else {
            drop(table);
            drop(lease);
        }
    }

    fn ask(&self, ask: u64, call: u64, question: Question) {
        let worker = Arc::clone(&self.0);
        let Some(call) = self.call(call) else {
            return worker.answer(ask, failed(Failure::Cancelled, "call was cancelled"));
        };
        let runtime = &worker.services.runtime;
        match question {
            Question::Execute(question) => {
                let answering = Arc::clone(&worker);
                runtime.spawn_blocking(move || answering.execute(ask, &call, question));
            }
            Question::Ask(question) => {
                let answering = Arc::clone(&worker);
                runtime.spawn(async move { answering.ask_client(ask, &call, question).await });
            }
            Question::Reload(question) => worker.reload(ask, question),
        }
    }
}

impl Worker {
    fn answer(&self, answer: u64, content: Content<'_>) {
        if let Some(frame) = message::frame(&Answer { answer, content }) {
            return self.process.send(frame);
        }
        let text = format!("Result is larger than {} MiB", frame::LIMIT / 1024 / 1024);
        let content = Content::Failed { failed: Failure::Sql, text };
        if let Some(frame) = message::frame(&Answer { answer, content }) {
            self.process.send(frame);
        }
    }

    fn execute(&self, ask: u64, call: &RunningCall, question: Execute) {
        let parameters = match decode::value(question.parameters) {
            None | Some(Value::Null) => SqlParameters::Positional(Vec::new()),
            Some(Value::Object(named)) => SqlParameters::Named(named),
            Some(Value::Array(items)) => SqlParameters::Positional(items),
            Some(_) => {
                return self.answer(ask, failed(Failure::Other, "parameters must be a dict or a list"));
            }
        };
        if call.scope.cancel.is_cancelled() {
            return self.answer(ask, failed(Failure::Cancelled, "call was cancelled"));
        }
        match call.session(&self.services.sql).execute(&question.sql, &parameters) {
            Ok(table) => self.answer(ask, Content::Table(Cells(&table))),
            Err(SqlError::Cancelled) => self.answer(ask, failed(Failure::Cancelled, "query was cancelled")),
            Err(error @ SqlError::Internal(_)) => self.answer(ask, failed(Failure::Other, error)),
            Err(error) => self.answer(ask, failed(Failure::Sql, error)),
        }
    }

    async fn ask_client(&self, ask: u64, call: &RunningCall, question: Ask) {
        let Some(kind) = QuestionKind::from_method(&question.method) else {
            return self.answer(ask, failed(Failure::Ask, "there is no such question"));
        };
        let Some(client) = &call.scope.ask else {
            return self.answer(ask, failed(Failure::Unsupported, AskError::Unsupported(kind)));
        };
        let params = decode::value(question.params).unwrap_or(Value::Null).to_json();
        let asked = client.ask(ClientQuestion { key: question.key, kind, params });
        let answered = tokio::select! {
            answered = asked => answered,
            () = call.scope.cancel.cancelled() => Err(AskError::Cancelled),
        };
        match answered {
            Ok(result) => {
                let result = Value::from_json(result);
                self.answer(ask, Content::Result { result: Tagged::argument(&result) });
            }
            Err(error) => {
                let kind = match error {
                    AskError::Unsupported(_) => Failure::Unsupported,
                    AskError::Deferred => Failure::Input,
                    AskError::Failed(_) => Failure::Ask,
                    AskError::Cancelled => Failure::Cancelled,
                };
                self.answer(ask, failed(kind, error));
            }
        }
    }

    fn reload(self: &Arc<Self>, ask: u64, question: Reload) {
        let payload = question.payload.map(|number| Payload::hold(self, number));
        let Some(reload) = &self.services.reload else {
            return self.answer(ask, failed(Failure::Other, NOT_SERVED));
        };
        reload.request(question.description, payload.map(Payload::into_function));
        self.answer(ask, Content::Result { result: Tagged::argument(&Value::Null) });
    }
}

fn failed(failed: Failure, text: impl ToString) -> Content<'static> {
    Content::Failed { failed, text: text.to_string() }
}
