//! One thing that was looked at.

use serde::Serialize;

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// As it should be.
    Ok,
    /// Usable, and not as one would expect.
    Warning,
    /// Something will fail.
    Problem,
    /// Not looked at; the message says why.
    Skipped,
}

/// One thing that was looked at, and what came of it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Check {
    /// What it is.
    pub(super) name: String,
    pub(super) state: State,
    /// How it is, on one line. Never a secret.
    pub(super) message: String,
    /// What to do about it: a command, or a line of YAML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) help: Option<String>,
}

impl State {
    /// The word for it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
            Self::Skipped => "skipped",
        }
    }
}

impl Check {
    /// It is as it should be.
    pub(super) fn ok(name: impl Into<String>, message: impl AsRef<str>) -> Self {
        Self::new(State::Ok, name, message)
    }

    /// It is usable, and not as one would expect.
    pub(super) fn warning(name: impl Into<String>, message: impl AsRef<str>) -> Self {
        Self::new(State::Warning, name, message)
    }

    /// It is why something will fail.
    pub(super) fn problem(name: impl Into<String>, message: impl AsRef<str>) -> Self {
        Self::new(State::Problem, name, message)
    }

    /// It is not looked at.
    pub(super) fn skipped(name: impl Into<String>, message: impl AsRef<str>) -> Self {
        Self::new(State::Skipped, name, message)
    }

    /// What to do about it.
    pub(super) fn help(mut self, help: impl AsRef<str>) -> Self {
        self.help = Some(one_line(help.as_ref()));
        self
    }

    /// Whether it is in a state.
    pub(super) fn is(&self, state: State) -> bool {
        self.state == state
    }

    fn new(state: State, name: impl Into<String>, message: impl AsRef<str>) -> Self {
        Self { name: name.into(), state, message: one_line(message.as_ref()), help: None }
    }
}

/// A number of things.
pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A text without line ends: what others say may have several lines.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_said_is_one_line() {
        let check = Check::problem("database", "IO Error: no\n\n  LINE 1\n").help("a\nb");
        assert_eq!((check.message.as_str(), check.help.as_deref()), ("IO Error: no; LINE 1", Some("a; b")));
    }

    #[test]
    fn states_are_told_in_the_same_words_everywhere() {
        for state in [State::Ok, State::Warning, State::Problem, State::Skipped] {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }
}
