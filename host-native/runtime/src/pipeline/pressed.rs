//! Questions that don't keep a reload waiting, and everybody else with it.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::gate::Gate;
use crate::ports::{Ask, AskError, BoxFuture, Question};

/// What a call is told whose question nobody answered before a reload.
const RELOADING: &str = "the server reloads and can't wait for the answer: make the call again";

/// Passes questions on, and gives them up where others wait for the call.
#[derive(Debug)]
pub(super) struct Pressed {
    ask: Arc<dyn Ask>,
    gate: Arc<Gate>,
}

impl Pressed {
    /// The same questions, of a call that is behind a gate.
    pub(super) fn over(ask: Arc<dyn Ask>, gate: Arc<Gate>) -> Arc<dyn Ask> {
        Arc::new(Self { ask, gate })
    }
}

impl Ask for Pressed {
    fn ask(&self, question: Question) -> BoxFuture<'static, Result<Json, AskError>> {
        let (answer, gate) = (self.ask.ask(question), Arc::clone(&self.gate));
        Box::pin(async move {
            tokio::select! {
                biased;
                answer = answer => answer,
                () = gate.presses() => Err(AskError::Failed(RELOADING.to_owned())),
            }
        })
    }
}
