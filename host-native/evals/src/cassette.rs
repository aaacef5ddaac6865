//! Recorded answers: a folder with a file for each request, by which a run can be repeated without a model.
//!
//! A file is named like the digest of the request, and has the answer in it; neither the request nor any header is stored.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use mxcp_core::call::Secret;
use mxcp_core::schema::ModelKind;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use crate::interface::LIMIT_KEYS;

/// Version of the form of recordings.
const FORMAT: u64 = 1;

/// The largest recording that is read, in bytes.
const LARGEST: u64 = 32 << 20;

/// Characters of a digest that name a file.
const NAME: usize = 32;

/// Secrets shorter than this are words that stand anywhere.
const SHORTEST_SECRET: usize = 6;

/// What stands in the place of a secret.
const REDACTED: &str = "[redacted]";

/// Recorded answers by the digests of their requests.
#[derive(Debug)]
pub struct Cassette {
    folder: PathBuf,
    recordings: Mutex<BTreeMap<String, Recording>>,
    /// What must not be in any file.
    secrets: Vec<Secret>,
}

/// Why answers can't be recorded or replayed.
#[derive(Debug, thiserror::Error)]
pub enum CassetteError {
    /// The folder or a file of it can't be read or made.
    #[error("{}", .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is no recording.
    #[error("{} is no recording of an answer", .path.display())]
    NoRecording {
        /// Which.
        path: PathBuf,
    },
}

/// One answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Recording {
    mxcp_recording: u64,
    digest: String,
    model: String,
    #[serde(rename = "type")]
    interface: String,
    answer: Json,
}

impl Cassette {
    /// Begins to record in a folder, which is made. Files of other runs stay, and are replaced where the same is asked.
    /// `secrets` never get into any file.
    ///
    /// # Errors
    /// The folder can't be made.
    pub fn record(folder: &Path, secrets: Vec<Secret>) -> Result<Self, CassetteError> {
        fs::create_dir_all(folder).map_err(|source| CassetteError::Io { path: folder.to_owned(), source })?;
        let secrets = secrets.into_iter().filter(|secret| secret.reveal().len() >= SHORTEST_SECRET).collect();
        Ok(Self { folder: folder.to_owned(), recordings: Mutex::default(), secrets })
    }

    /// Reads what is recorded in a folder.
    ///
    /// # Errors
    /// The folder can't be read, or has a file that is no recording.
    pub fn replay(folder: &Path) -> Result<Self, CassetteError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| CassetteError::Io { path, source }
        };
        let mut recordings = BTreeMap::new();
        for entry in fs::read_dir(folder).map_err(at(folder))? {
            let path = entry.map_err(at(folder))?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let broken = || CassetteError::NoRecording { path: path.clone() };
            if fs::metadata(&path).map_err(at(&path))?.len() > LARGEST {
                return Err(broken());
            }
            let text = fs::read_to_string(&path).map_err(at(&path))?;
            let recording: Recording = serde_json::from_str(&text).map_err(|_| broken())?;
            if recording.mxcp_recording != FORMAT {
                return Err(broken());
            }
            recordings.insert(recording.digest.clone(), recording);
        }
        Ok(Self { folder: folder.to_owned(), recordings: Mutex::new(recordings), secrets: Vec::new() })
    }

    /// Whose interface the service of a model spoke when it was recorded.
    #[must_use]
    pub fn kind(&self, model: &str) -> Option<ModelKind> {
        let recordings = self.recordings();
        let recording = recordings.values().find(|recording| recording.model == model)?;
        [ModelKind::Claude, ModelKind::Openai]
            .into_iter()
            .find(|kind| crate::interface::of(*kind).word() == recording.interface)
    }

    /// The answer to a request of this digest.
    pub(crate) fn find(&self, digest: &str) -> Option<Json> {
        self.recordings().get(digest).map(|recording| recording.answer.clone())
    }

    /// Records an answer and gives it back as it will be replayed.
    ///
    /// # Errors
    /// It can't be written; why.
    pub(crate) fn keep(
        &self,
        digest: &str,
        model: &str,
        interface: &str,
        answer: &Json,
    ) -> Result<Json, String> {
        let recording = Recording {
            mxcp_recording: FORMAT,
            digest: digest.to_owned(),
            model: model.to_owned(),
            interface: interface.to_owned(),
            answer: self.without_secrets(answer),
        };
        let text = serde_json::to_string_pretty(&recording).map_err(|error| error.to_string())?;
        let name = digest.get(..NAME).unwrap_or(digest);
        self.write(&self.folder.join(format!("{name}.json")), &text).map_err(|error| error.to_string())?;
        let answer = recording.answer.clone();
        self.recordings().insert(recording.digest.clone(), recording);
        Ok(answer)
    }

    /// Writes a file as a whole.
    fn write(&self, path: &Path, text: &str) -> std::io::Result<()> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".mxcp-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // As of any file that is made; the user's mask takes away from it.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let mut file = builder.tempfile_in(&self.folder)?;
        writeln!(file, "{text}")?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    fn without_secrets(&self, json: &Json) -> Json {
        let clean = |text: &str| {
            let replace = |text: String, secret: &Secret| text.replace(secret.reveal(), REDACTED);
            self.secrets.iter().fold(text.to_owned(), replace)
        };
        match json {
            Json::String(text) => Json::String(clean(text)),
            Json::Array(items) => items.iter().map(|item| self.without_secrets(item)).collect(),
            Json::Object(entries) => {
                entries.iter().map(|(key, value)| (clean(key), self.without_secrets(value))).collect()
            }
            other => other.clone(),
        }
    }

    fn recordings(&self) -> MutexGuard<'_, BTreeMap<String, Recording>> {
        self.recordings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The digest of a request, in hexadecimal. How long the answer may be is no part of it: services disagree on how that is said.
pub(crate) fn digest(interface: &str, body: &Json) -> String {
    let mut body = body.clone();
    if let Some(entries) = body.as_object_mut() {
        LIMIT_KEYS.iter().for_each(|key| {
            entries.shift_remove(*key);
        });
    }
    let hash = Sha256::digest(format!("{FORMAT} {interface} {body}"));
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_recorded_is_replayed_without_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("deep/tape");
        let recorder = Cassette::record(&inner, vec![Secret::new("s3cr3t-key"), Secret::new("a")]).unwrap();
        let digest = digest("claude", &json!({ "q": 1 }));
        let answer = json!({ "text": ["my key is s3cr3t-key"] });
        let told = json!({ "text": ["my key is [redacted]"] });
        assert_eq!(recorder.keep(&digest, "m", "claude", &answer).unwrap(), told);
        assert_eq!(recorder.find(&digest), Some(told.clone()));

        let player = Cassette::replay(&inner).unwrap();
        assert_eq!((player.find(&digest), player.find("x")), (Some(told), None));
        assert_eq!((player.kind("m"), player.kind("n")), (Some(ModelKind::Claude), None));
        let files: Vec<_> = fs::read_dir(&inner).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files, [inner.join(format!("{}.json", &digest[..32]))]);
        assert!(!fs::read_to_string(&files[0]).unwrap().contains("s3cr3t"));
    }

    #[test]
    fn other_files_are_no_recordings() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("README.md"), "recorded in March").unwrap();
        assert!(Cassette::replay(folder.path()).is_ok());
        fs::write(folder.path().join("a.json"), "{}").unwrap();
        let problem = Cassette::replay(folder.path()).unwrap_err().to_string();
        assert!(problem.ends_with("a.json is no recording of an answer"), "{problem}");
        assert!(Cassette::replay(&folder.path().join("nowhere")).is_err());
    }

    #[test]
    fn requests_differ_by_all_but_the_length_of_the_answer() {
        let of = |json: Json| digest("claude", &json);
        assert_eq!(of(json!({ "a": 1, "max_tokens": 5 })), of(json!({ "a": 1, "max_completion_tokens": 6 })));
        assert_ne!(of(json!({ "a": 1 })), of(json!({ "a": 2 })));
        assert_ne!(of(json!({ "a": 1 })), digest("openai", &json!({ "a": 1 })));
    }
}
