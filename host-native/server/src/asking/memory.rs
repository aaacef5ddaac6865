//! What a client brings along from one round of a call to the next, so that the server need not keep it.
//!
//! It is readable for the client, whose answers these are, and sealed: a client can't change it, nor use it for another
//! request, as another user, or after a while.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rmcp::ErrorData;
use rmcp::model::{RequestStateCodec, RequestStateError, SealOptions};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

use super::tickets::{Ticket, Tickets};
use super::{PATIENCE, Request};
use crate::error::Error;
use crate::single_use::SingleUse;

/// Most bytes of what is remembered.
const LARGEST: usize = 1 << 20;

/// The answers of a call so far, and its open questions.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Memory {
    /// By the keys of the questions.
    pub(super) answers: BTreeMap<String, Answer>,
    /// Fingerprints of the questions that wait for an answer, by their keys.
    pub(super) open: BTreeMap<String, Fingerprint>,
    /// Good for one request; none where nothing was asked that is good for one call only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ticket: Option<Ticket>,
}

/// An answer, and which question it is for.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Answer {
    /// None if the client answered what it was not asked yet.
    pub(super) question: Option<Fingerprint>,
    /// As the client wrote it.
    pub(super) value: Json,
}

/// What tells a question, or a request, from others.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Fingerprint(String);

/// What a memory is bound to: the request, and who makes it.
#[derive(Clone, Debug)]
pub(super) struct Subject(Fingerprint);

/// Seals memories. Servers that share a key open each other's.
#[derive(Debug)]
pub(crate) struct Seal {
    /// None if there is no randomness to make a key of.
    codec: Option<RequestStateCodec>,
    tickets: Tickets,
}

impl Seal {
    /// A seal of this process alone.
    pub(crate) fn random() -> Self {
        let mut key = [0; RequestStateCodec::MIN_KEY_LENGTH];
        let filled = getrandom::fill(&mut key).inspect_err(|error| {
            tracing::error!(%error, "no randomness: calls can't ask clients since 2026-07-28 anything");
        });
        Self {
            codec: filled.ok().and_then(|()| RequestStateCodec::try_new(key).ok()),
            tickets: Tickets::new(),
        }
    }

    /// The seal of a key.
    ///
    /// # Errors
    /// The key is too short to be safe.
    pub(crate) fn with_key(key: &[u8]) -> Result<Self, Error> {
        let least = RequestStateCodec::MIN_KEY_LENGTH;
        let codec = RequestStateCodec::try_new(key).map_err(|_| Error::ShortStateKey { least })?;
        Ok(Self { codec: Some(codec), tickets: Tickets::new() })
    }

    /// The same seal, whose tickets are good at all servers that share a memory of what was used.
    pub(crate) fn with_single_use(self, used: Arc<dyn SingleUse>) -> Self {
        Self { tickets: Tickets::shared(used), ..self }
    }

    /// What the client is to bring along.
    ///
    /// # Errors
    /// It is too much.
    pub(super) fn close(&self, memory: &Memory, subject: &Subject) -> Result<String, ErrorData> {
        let codec = self.codec()?;
        let bytes = serde_json::to_vec(memory)
            .map_err(|error| ErrorData::internal_error(format!("answers can't be kept: {error}"), None))?;
        if bytes.len() > LARGEST {
            let problem = format!("the answers of a call may have {LARGEST} bytes together");
            return Err(ErrorData::internal_error(problem, None));
        }
        let options = SealOptions::new().associated_data(subject.bytes()).ttl(PATIENCE);
        Ok(codec.seal_with(&bytes, &options))
    }

    /// What makes a memory good for one request.
    ///
    /// # Errors
    /// There is no randomness.
    pub(super) fn ticket(&self) -> Result<Ticket, ErrorData> {
        self.tickets.give(now())
    }

    /// What the client brought along. One that is good for one request only is used up.
    ///
    /// # Errors
    /// It is not what it was given for this request, too old, or used up.
    pub(super) async fn open(&self, sealed: &str, subject: &Subject) -> Result<Memory, ErrorData> {
        let memory: Memory = self.codec()?.open_json_with(sealed, subject.bytes()).map_err(|error| {
            let problem = match error {
                RequestStateError::Expired => "has expired: make the request again without it",
                _ => "is not what this server gave for this request",
            };
            ErrorData::invalid_params(format!("Invalid params: `requestState` {problem}"), None)
        })?;
        if let Some(ticket) = &memory.ticket {
            self.tickets.take(ticket, now()).await?;
        }
        Ok(memory)
    }

    fn codec(&self) -> Result<&RequestStateCodec, ErrorData> {
        let problem = "this server can't keep answers of clients";
        self.codec.as_ref().ok_or_else(|| ErrorData::internal_error(problem, None))
    }
}

/// Seconds since 1970.
fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

impl Subject {
    pub(super) fn new(request: &Request<'_>) -> Self {
        let none = Map::new();
        let arguments = Json::Object(request.arguments.unwrap_or(&none).clone());
        let user = request.principal.map(|user| (&*user.provider, &*user.user_id));
        let who = user.map_or(Json::Null, |(provider, id)| Json::from(vec![provider, id]));
        let what = Json::from(vec![Json::from(request.method), Json::from(request.name), arguments, who]);
        Self(Fingerprint::of(&what))
    }

    fn bytes(&self) -> &[u8] {
        self.0.0.as_bytes()
    }
}

impl Fingerprint {
    /// The same for equal values, in whatever order their fields are.
    pub(super) fn of(value: &Json) -> Self {
        let mut hash = Sha256::new();
        digest(value, &mut hash);
        Self(URL_SAFE_NO_PAD.encode(hash.finalize()))
    }
}

fn digest(value: &Json, hash: &mut Sha256) {
    match value {
        Json::Array(items) => {
            hash.update(format!("[{}:", items.len()));
            items.iter().for_each(|item| digest(item, hash));
        }
        Json::Object(fields) => {
            hash.update(format!("{{{}:", fields.len()));
            let sorted: BTreeMap<&String, &Json> = fields.iter().collect();
            for (name, value) in sorted {
                hash.update(format!("{}:{name}", name.len()));
                digest(value, hash);
            }
        }
        Json::String(text) => hash.update(format!("\"{}:{text}", text.len())),
        // Their texts end before whatever comes next begins.
        Json::Null | Json::Bool(_) | Json::Number(_) => hash.update(format!("{value};")),
    }
}

#[cfg(test)]
mod tests {
    use mxcp_core::call::Principal;
    use rmcp::model::ErrorCode;
    use serde_json::json;

    use super::*;

    fn request<'a>(name: &'a str, arguments: Option<&'a Map<String, Json>>) -> Request<'a> {
        Request { method: "tools/call", name, arguments, principal: None }
    }

    fn memory() -> Memory {
        let answer = Answer { question: None, value: json!({"action": "accept"}) };
        Memory { answers: BTreeMap::from([("a".to_owned(), answer)]), ..Memory::default() }
    }

    fn problem(outcome: Result<Memory, ErrorData>) -> String {
        let error = outcome.unwrap_err();
        assert_eq!(error.code, ErrorCode::INVALID_PARAMS);
        error.message.into_owned()
    }

    #[tokio::test]
    async fn a_memory_comes_back_for_the_same_request_only() {
        let seal = Seal::random();
        let arguments = json!({"a": 1, "b": [2]}).as_object().unwrap().clone();
        let subject = Subject::new(&request("t", Some(&arguments)));
        let sealed = seal.close(&memory(), &subject).unwrap();
        let reordered = json!({"b": [2], "a": 1}).as_object().unwrap().clone();
        let same = Subject::new(&request("t", Some(&reordered)));
        assert_eq!(seal.open(&sealed, &same).await.unwrap().answers["a"].value, json!({"action": "accept"}));

        let foreign = "Invalid params: `requestState` is not what this server gave for this request";
        assert_eq!(problem(seal.open(&format!("{sealed}x"), &subject).await), foreign);
        assert_eq!(problem(seal.open(&sealed, &Subject::new(&request("t", None))).await), foreign);
        assert_eq!(
            problem(seal.open(&sealed, &Subject::new(&request("u", Some(&arguments)))).await),
            foreign
        );
        assert_eq!(problem(Seal::random().open(&sealed, &subject).await), foreign);
    }

    #[tokio::test]
    async fn a_memory_is_of_one_user() {
        let user = |id: &str| {
            let profile = mxcp_core::value::Value::from_json(json!({"user_id": id}));
            Principal::from_context(profile, "test").unwrap()
        };
        let (one, other) = (user("one"), user("other"));
        let subject = |principal| Subject::new(&Request { principal, ..request("t", None) });
        let seal = Seal::random();
        let sealed = seal.close(&memory(), &subject(Some(&one))).unwrap();
        assert!(seal.open(&sealed, &subject(Some(&one))).await.is_ok());
        assert!(seal.open(&sealed, &subject(Some(&other))).await.is_err());
        assert!(seal.open(&sealed, &subject(None)).await.is_err());
    }

    #[tokio::test]
    async fn servers_that_share_a_key_open_what_each_other_sealed() {
        let key = [7; 32];
        let subject = Subject::new(&request("t", None));
        let sealed = Seal::with_key(&key).unwrap().close(&memory(), &subject).unwrap();
        assert!(Seal::with_key(&key).unwrap().open(&sealed, &subject).await.is_ok());
        assert!(matches!(Seal::with_key(&key[1..]), Err(Error::ShortStateKey { least: 32 })));
    }

    #[test]
    fn a_memory_is_bounded() {
        let mut memory = memory();
        memory.answers.get_mut("a").unwrap().value = json!("x".repeat(LARGEST));
        assert!(Seal::random().close(&memory, &Subject::new(&request("t", None))).is_err());
    }

    #[test]
    fn different_values_have_different_fingerprints() {
        let values = [
            json!(null),
            json!(0),
            json!("0"),
            json!([0]),
            json!([[0]]),
            json!([0, 0]),
            json!({}),
            json!([]),
            json!({"a": 0}),
            json!({"a": [0]}),
            json!(["ab", "c"]),
            json!(["a", "bc"]),
            json!([1, 23]),
            json!([12, 3]),
        ];
        for (index, one) in values.iter().enumerate() {
            for other in &values[index + 1..] {
                assert_ne!(Fingerprint::of(one), Fingerprint::of(other), "{one} {other}");
            }
        }
    }
}
