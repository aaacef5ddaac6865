//! Questions of a call that runs as a task: they wait, and the call with them, until its client brings the answers.
//!
//! A definition may have questions put before there is a task. Then they end the call as those of [`Rounds`] do, until it is
//! made again with answers, and the call has asked for all that were brought. What it asks after that is the task's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mxcp_core::call::CallError;
use mxcp_runtime::Admitted;
use mxcp_runtime::ports::{Answer, ApprovalRequest, Approve, Ask, AskError, BoxFuture, Question};
use rmcp::ErrorData;
use rmcp::model::{ClientCapabilities, InputRequest, InputRequests, InputRequiredResult, InputResponses};
use serde_json::Value as Json;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::sleep;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::keys::Keys;
use super::rounds::Rounds;
use super::{PATIENCE, answer, approval, question};

/// How long who is waited for.
#[derive(Clone, Copy, Debug)]
struct Times {
    /// How long a client may take for an answer.
    patience: Duration,
    /// How long a call that is to ask before it becomes a task may run without asking anything.
    grace: Duration,
}

const TIMES: Times = Times { patience: PATIENCE, grace: Duration::from_secs(5) };

/// Puts the questions of one task.
#[derive(Debug)]
pub(crate) struct Within {
    capabilities: ClientCapabilities,
    /// Puts what is asked before there is a task.
    before: Option<Arc<Rounds>>,
    state: Arc<Mutex<State>>,
    /// Told when questions are the task's from now on.
    entered: Admitted,
    /// Told when the task has asked something.
    asked: Admitted,
    /// Cancelled when no answer can come any more.
    closing: CancellationToken,
    /// Questions are put from threads that know of no runtime.
    runtime: Handle,
    times: Times,
}

#[derive(Debug, Default)]
struct State {
    keys: Keys,
    open: BTreeMap<String, Open>,
    /// What the client was not asked because it has not the capability.
    unsupported: Option<(AskError, ClientCapabilities)>,
    phase: Phase,
}

/// Where questions go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// To the client, in the answer to its call.
    Before,
    /// There as well, and the call ends with them.
    Ending,
    /// To whoever looks after the task.
    #[default]
    Within,
    /// Nowhere: the call has ended.
    Ended,
}

/// A question that waits for its answer.
#[derive(Debug)]
struct Open {
    request: InputRequest,
    tell: oneshot::Sender<Result<Json, AskError>>,
}

impl Within {
    /// The questions of a task that begins now. `before` puts those that are put before there is one.
    pub(super) fn new(
        capabilities: ClientCapabilities,
        before: Option<Arc<Rounds>>,
        closing: CancellationToken,
    ) -> Self {
        let phase = if before.is_some() { Phase::Before } else { Phase::Within };
        Self {
            capabilities,
            before,
            state: Arc::new(Mutex::new(State { phase, ..State::default() })),
            entered: Admitted::default(),
            asked: Admitted::default(),
            closing,
            runtime: Handle::current(),
            times: TIMES,
        }
    }

    /// Those of a task whose client can't be asked anything.
    #[cfg(test)]
    pub(crate) fn nobody() -> Self {
        Self::new(ClientCapabilities::default(), None, CancellationToken::new())
    }

    /// Resolves when the call goes on as a task: it has been let in, and has asked what it asks before.
    pub(crate) async fn task_begins(&self, admitted: &Admitted) {
        let runs = async {
            admitted.wait().await;
            if self.before.is_none() {
                return;
            }
            tokio::select! {
                () = self.entered.wait() => {}
                () = sleep(self.times.grace) => if !self.enter() {
                    // It ends with its questions.
                    std::future::pending::<()>().await;
                },
            }
        };
        tokio::select! {
            biased;
            () = self.asked.wait() => {}
            () = runs => {}
        }
    }

    /// The questions that wait for an answer.
    pub(crate) fn open(&self) -> InputRequests {
        self.state().open.iter().map(|(key, open)| (key.clone(), open.request.clone())).collect()
    }

    /// Takes answers. Those to nothing that waits are passed over.
    ///
    /// # Errors
    /// One of them is no answer to anything.
    pub(crate) fn answer(&self, given: InputResponses) -> Result<(), ErrorData> {
        if let Some((key, _)) = given.iter().find(|(_, answer)| !answer.is_object()) {
            let problem = format!("Invalid params: `inputResponses.{key}` must be an object");
            return Err(ErrorData::invalid_params(problem, None));
        }
        let mut state = self.state();
        for (key, answer) in given {
            if let Some(open) = state.open.remove(&key) {
                let _nobody_waits = open.tell.send(Ok(answer));
            }
        }
        Ok(())
    }

    /// The questions of a call that ended with `error`, if it did so because of some that were put before there was a task.
    ///
    /// # Errors
    /// The call ended because the client has not a capability that it needs, or there is too much to be kept.
    pub(super) fn input_required(&self, error: &CallError) -> Result<Option<InputRequiredResult>, ErrorData> {
        if let CallError::Execution(text) = error
            && let Some((refusal, needed)) = &self.state().unsupported
            && text.contains(&refusal.to_string())
        {
            return Err(ErrorData::missing_required_client_capability(needed.clone()));
        }
        match &self.before {
            Some(rounds) => rounds.input_required(error),
            None => Ok(None),
        }
    }

    /// Takes no more questions, and answers none.
    pub(super) fn end(&self) {
        if let Some(rounds) = &self.before {
            rounds.end();
        }
        let mut state = self.state();
        state.phase = Phase::Ended;
        state.open.clear();
    }

    /// What puts the next question, if it is put before there is a task.
    fn rounds(&self) -> Option<&Arc<Rounds>> {
        let phase = self.state().phase;
        self.before.as_ref().filter(|_| matches!(phase, Phase::Before | Phase::Ending))
    }

    /// Notes what came of a question that was put before there is a task.
    fn put_before<T>(&self, rounds: &Rounds, outcome: &Result<T, AskError>) {
        match outcome {
            Err(AskError::Deferred) => self.state().phase = Phase::Ending,
            _ if rounds.asked_for_all() => drop(self.enter()),
            _ => {}
        }
    }

    /// Puts questions within the task from now on. Gives whether that is so.
    fn enter(&self) -> bool {
        let mut state = self.state();
        if state.phase == Phase::Before {
            state.phase = Phase::Within;
            self.entered.tell();
        }
        state.phase == Phase::Within
    }

    /// Puts a question within the task, by the key that `key` gives.
    fn put(
        &self,
        question: &Question,
        key: impl FnOnce(&mut Keys) -> Result<String, AskError>,
    ) -> Result<Asked, AskError> {
        let request = question::request(question)?;
        let mut state = self.state();
        if state.phase == Phase::Ended || self.closing.is_cancelled() {
            return Err(AskError::Cancelled);
        }
        if let Some(needed) = question::missing(&request, &self.capabilities) {
            let refusal = AskError::Unsupported(question.kind);
            state.unsupported = Some((refusal.clone(), needed));
            return Err(refusal);
        }
        let key = key(&mut state.keys)?;
        let (tell, told) = oneshot::channel();
        state.open.insert(key.clone(), Open { request: request.clone(), tell });
        drop(state);
        self.asked.tell();
        let given_up = CancellationToken::new();
        let ends = (given_up.clone(), self.closing.clone());
        self.runtime.spawn(watch(Arc::clone(&self.state), key, ends, self.times.patience));
        Ok(Asked { request, told, _given_up: given_up.drop_guard() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question that was put.
struct Asked {
    request: InputRequest,
    told: oneshot::Receiver<Result<Json, AskError>>,
    /// Takes it back.
    _given_up: DropGuard,
}

impl Asked {
    async fn answered(self) -> Result<Json, AskError> {
        let Self { request, told, _given_up } = self;
        let answer = told.await.unwrap_or(Err(AskError::Cancelled))?;
        answer::checked(&request, answer)
    }
}

/// Takes a question back that nobody answers, or nobody wants an answer to any more.
async fn watch(
    state: Arc<Mutex<State>>,
    key: String,
    (given_up, closing): (CancellationToken, CancellationToken),
    patience: Duration,
) {
    let why = tokio::select! {
        biased;
        () = given_up.cancelled() => AskError::Cancelled,
        () = closing.cancelled() => AskError::Cancelled,
        () = sleep(patience) => {
            AskError::Failed(format!("the client did not answer within {} s", patience.as_secs()))
        }
    };
    let open = state.lock().unwrap_or_else(PoisonError::into_inner).open.remove(&key);
    if let Some(open) = open {
        let _nobody_waits = open.tell.send(Err(why));
    }
}

impl Ask for Within {
    fn ask(&self, question: Question) -> BoxFuture<'static, Result<Json, AskError>> {
        if let Some(rounds) = self.rounds() {
            let outcome = rounds.answer(&question);
            self.put_before(rounds, &outcome);
            return Box::pin(async { outcome });
        }
        let asked = self.put(&question, |keys| keys.next(&question));
        Box::pin(async { asked?.answered().await })
    }
}

impl Approve for Within {
    fn approve(&self, request: ApprovalRequest) -> BoxFuture<'static, Result<Answer, AskError>> {
        if let Some(rounds) = self.rounds() {
            let outcome = rounds.decision(&request);
            self.put_before(rounds, &outcome);
            return Box::pin(async { outcome });
        }
        let asked = self.put(&approval::question(&request), Keys::approval);
        Box::pin(async { Ok(approval::read(&asked?.answered().await?)) })
    }
}

#[cfg(test)]
mod tests;
