//! The models that suites are for.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use mxcp_core::call::Secret;
use mxcp_core::schema::{self, EvalFile};
use mxcp_core::user::User;
use mxcp_evals::{Cassette, CassetteError, Model, ModelError, Service, Tape};
use serde_json::Value as Json;

/// What is said of a suite for which no model is named anywhere.
pub(super) const UNSPECIFIED: &str = "No model specified. Name one with --model, as `model` of the suite, or as \
                                      `models.default` in the user config";

/// The models of the user file, each with one service.
#[derive(Debug)]
pub(super) struct Models<'a> {
    written: &'a schema::Models,
    tape: Tape,
    services: BTreeMap<String, Arc<Service>>,
}

impl<'a> Models<'a> {
    /// The models of a user file, whose answers are recorded or come from recordings if there is such a folder.
    ///
    /// # Errors
    /// The folder can't be used.
    pub(super) fn new(
        user: &'a User,
        record: Option<&Path>,
        replay: Option<&Path>,
    ) -> Result<Self, CassetteError> {
        let tape = match (record, replay) {
            (Some(folder), _) => Tape::Record(Arc::new(Cassette::record(folder, secrets(user))?)),
            (None, Some(folder)) => Tape::Replay(Arc::new(Cassette::replay(folder)?)),
            (None, None) => Tape::Off,
        };
        Ok(Self { written: &user.models, tape, services: BTreeMap::new() })
    }

    /// Name of the model that a suite is for, unless `asked` names another.
    pub(super) fn name_for(&self, asked: Option<&str>, suite: &EvalFile) -> Option<String> {
        let names = [asked, suite.model.as_deref(), self.written.default.as_deref()];
        names.into_iter().flatten().find(|name| !name.is_empty()).map(str::to_owned)
    }

    /// The service of a model.
    ///
    /// # Errors
    /// The model can't be asked.
    pub(super) fn service(&mut self, name: &str) -> Result<Arc<Service>, ModelError> {
        if let Some(service) = self.services.get(name) {
            return Ok(Arc::clone(service));
        }
        let replayed = match &self.tape {
            Tape::Replay(cassette) => Some(cassette),
            Tape::Off | Tape::Record(_) => None,
        };
        let model = match Model::configured(self.written, name, replayed.is_some()) {
            Err(ModelError::NoModels | ModelError::Unknown(_)) if let Some(cassette) = replayed => {
                let kind = cassette.kind(name).ok_or_else(|| ModelError::NotRecorded(name.to_owned()))?;
                Model::recorded(name, kind)
            }
            model => model?,
        };
        let service = Arc::new(Service::new(model, self.tape.clone()));
        self.services.insert(name.to_owned(), Arc::clone(&service));
        Ok(service)
    }
}

/// All secrets that the user file gives to the project: none of them may be recorded.
fn secrets(user: &User) -> Vec<Secret> {
    let keys = user.models.models.iter().flatten().filter_map(|(_, model)| model.api_key.as_ref());
    let mut texts: Vec<String> = keys.map(|key| key.expose().clone()).collect();
    for secret in user.secrets().iter() {
        secret.parameters.values().for_each(|value| collect(value, &mut texts));
    }
    texts.into_iter().map(Secret::new).collect()
}

fn collect(value: &Json, texts: &mut Vec<String>) {
    match value {
        Json::String(text) => texts.push(text.clone()),
        Json::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Json::Object(entries) => entries.values().for_each(|value| collect(value, texts)),
        _ => {}
    }
}
