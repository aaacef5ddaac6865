//! Questions since 2026-07-28: a call ends with them, and is made again with their answers.
//!
//! A call that is made again begins at its beginning and asks everything again. What was answered is answered at once; the
//! first question that was not ends the call.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mxcp_core::call::CallError;
use mxcp_runtime::ports::{Answer as Decision, ApprovalRequest, Approve, Ask, AskError, BoxFuture, Question};
use rmcp::ErrorData;
use rmcp::model::{ClientCapabilities, InputRequest, InputRequests, InputRequiredResult, InputResponses};
use serde_json::{Value as Json, json};

use super::keys::Keys;
use super::memory::{Answer, Fingerprint, Memory, Seal, Subject};
use super::{Retry, answer, approval, question};

/// Answers the questions of one call, or notes them.
#[derive(Debug)]
pub(crate) struct Rounds {
    capabilities: ClientCapabilities,
    seal: Arc<Seal>,
    subject: Subject,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    keys: Keys,
    answers: BTreeMap<String, Answer>,
    /// The keys of the questions that were answered this time.
    answered: BTreeSet<String>,
    open: BTreeMap<String, (InputRequest, Fingerprint)>,
    /// What the client was not asked because it has not the capability.
    unsupported: Option<(AskError, ClientCapabilities)>,
    /// Whether anybody was asked to approve the call, which an answer is good for once.
    approval: bool,
    ended: bool,
}

impl Rounds {
    /// The questions of a call that is made once, or once more.
    ///
    /// # Errors
    /// What the client brings along is not what it was given, or too old, or its answers are none.
    pub(super) async fn begin(
        capabilities: ClientCapabilities,
        seal: Arc<Seal>,
        subject: Subject,
        retry: Retry,
    ) -> Result<Self, ErrorData> {
        let given = retry.answers.unwrap_or_default();
        if let Some((key, _)) = given.iter().find(|(_, answer)| !answer.is_object()) {
            let problem = format!("Invalid params: `inputResponses.{key}` must be an object");
            return Err(ErrorData::invalid_params(problem, None));
        }
        let (answers, approval) = match retry.state {
            None => (of_nothing_asked(given), false),
            Some(sealed) => {
                let memory = seal.open(&sealed, &subject).await?;
                let approval = memory.ticket.is_some();
                (of_the_last_round(memory, given), approval)
            }
        };
        let (keys, open) = (Keys::default(), BTreeMap::new());
        let answered = BTreeSet::new();
        let state = State { keys, answers, answered, open, unsupported: None, approval, ended: false };
        Ok(Self { capabilities, seal, subject, state: Mutex::new(state) })
    }

    /// The questions of a call that ended with `error`, if it did so because of them.
    ///
    /// # Errors
    /// The call ended because the client has not a capability that it needs, or there is too much to be kept.
    pub(super) fn input_required(&self, error: &CallError) -> Result<Option<InputRequiredResult>, ErrorData> {
        let state = self.state();
        if let CallError::Execution(text) = error
            && let Some((refusal, needed)) = &state.unsupported
            && text.contains(&refusal.to_string())
        {
            return Err(ErrorData::missing_required_client_capability(needed.clone()));
        }
        if *error != CallError::AwaitsInput || state.open.is_empty() {
            return Ok(None);
        }
        let asked: InputRequests =
            state.open.iter().map(|(key, (request, _))| (key.clone(), request.clone())).collect();
        let answers = state.answers.iter().filter(|(_, answer)| answer.question.is_some());
        let memory = Memory {
            answers: answers.map(|(key, answer)| (key.clone(), answer.clone())).collect(),
            open: state.open.iter().map(|(key, (_, question))| (key.clone(), question.clone())).collect(),
            ticket: if state.approval { Some(self.seal.ticket()?) } else { None },
        };
        drop(state);
        let sealed = self.seal.close(&memory, &self.subject)?;
        Ok(Some(InputRequiredResult::new(Some(asked), Some(sealed))))
    }

    /// Whether the call has asked for every answer that the client brought along, and there were some.
    pub(super) fn asked_for_all(&self) -> bool {
        let state = self.state();
        !state.answers.is_empty() && state.answers.keys().all(|key| state.answered.contains(key))
    }

    /// Takes no more questions.
    pub(super) fn end(&self) {
        self.state().ended = true;
    }

    /// The answer to a question, if there is one.
    ///
    /// # Errors
    /// There is none yet, or it does not fit, or the question can't be put.
    pub(super) fn answer(&self, question: &Question) -> Result<Json, AskError> {
        let request = question::request(question)?;
        let mut state = self.state();
        if state.ended {
            return Err(AskError::Cancelled);
        }
        if let Some(needed) = question::missing(&request, &self.capabilities) {
            let refusal = AskError::Unsupported(question.kind);
            state.unsupported = Some((refusal.clone(), needed));
            return Err(refusal);
        }
        let key = state.keys.next(question)?;
        let asked = Fingerprint::of(&json!([question.kind.method(), question.params]));
        if let Some(known) = state.answers.get_mut(&key) {
            if *known.question.get_or_insert_with(|| asked.clone()) == asked {
                let value = known.value.clone();
                state.answered.insert(key);
                return answer::checked(&request, value);
            }
            // An answer to one question is none to another, such as whether to pay another amount.
            tracing::warn!(key, "a question is another than the one that was answered, and is put again");
            state.answers.remove(&key);
        }
        state.open.insert(key, (request, asked));
        Err(AskError::Deferred)
    }

    /// What a person says of the call. An answer counts only if this very question was put: not if it came with the first
    /// request, or for another call.
    ///
    /// # Errors
    /// Nobody said anything yet, or nobody can be asked.
    pub(super) fn decision(&self, request: &ApprovalRequest) -> Result<Decision, AskError> {
        let question = approval::question(request);
        let asked = question::request(&question)?;
        let mut state = self.state();
        if state.ended {
            return Err(AskError::Cancelled);
        }
        if question::missing(&asked, &self.capabilities).is_some() {
            return Err(AskError::Unsupported(question.kind));
        }
        state.approval = true;
        let key = state.keys.approval()?;
        let fingerprint = approval::fingerprint(request);
        match state.answers.remove(&key) {
            Some(known) if known.question.as_ref() == Some(&fingerprint) => {
                let decision = answer::checked(&asked, known.value.clone()).map(|it| approval::read(&it));
                state.answered.insert(key.clone());
                state.answers.insert(key, known);
                decision
            }
            _ => {
                state.open.insert(key, (asked, fingerprint));
                Err(AskError::Deferred)
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers of a client that was asked nothing, as far as this server knows: it may have been asked without being told to
/// bring anything along. They are for whatever question has their key.
fn of_nothing_asked(given: InputResponses) -> BTreeMap<String, Answer> {
    given.into_iter().map(|(key, value)| (key, Answer { question: None, value })).collect()
}

/// The answers of earlier rounds, and those to the questions of the last one. What was not asked is passed over.
fn of_the_last_round(memory: Memory, given: InputResponses) -> BTreeMap<String, Answer> {
    let Memory { mut answers, mut open, ticket: _ } = memory;
    for (key, value) in given {
        if let Some(question) = open.remove(&key) {
            answers.insert(key, Answer { question: Some(question), value });
        }
    }
    answers
}

impl Ask for Rounds {
    fn ask(&self, question: Question) -> BoxFuture<'static, Result<Json, AskError>> {
        let answer = self.answer(&question);
        Box::pin(async { answer })
    }
}

impl Approve for Rounds {
    fn approve(&self, request: ApprovalRequest) -> BoxFuture<'static, Result<Decision, AskError>> {
        let decision = self.decision(&request);
        Box::pin(async { decision })
    }
}

#[cfg(test)]
mod tests;
