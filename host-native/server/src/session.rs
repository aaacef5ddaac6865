//! What a client asked for on its connection, before 2026-07-28.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use mxcp_runtime::ports::LogLevel;

/// Most resources that a client may subscribe to.
pub(crate) const SUBSCRIPTIONS: usize = 1000;

/// The wishes of one client. Requests that stand alone have one each, which nothing ever comes of.
#[derive(Debug)]
pub(crate) struct Session {
    reach: Reach,
    least_level: Mutex<LogLevel>,
    /// URI templates as written, by the URI subscribed to.
    subscriptions: Mutex<BTreeMap<String, String>>,
}

/// Whether the client can be told anything between its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Something is open that messages can be sent on.
    Anytime,
    /// There is nothing but the answers to its requests.
    WithAnswers,
}

impl Session {
    /// The session of a client that said nothing yet.
    pub(crate) fn new(reach: Reach) -> Self {
        Self { reach, least_level: Mutex::new(LogLevel::Debug), subscriptions: Mutex::default() }
    }

    pub(crate) fn reach(&self) -> Reach {
        self.reach
    }

    /// The least severe level that the client wants to hear of; everything, unless it said.
    pub(crate) fn least_level(&self) -> LogLevel {
        *self.least_level.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_least_level(&self, level: LogLevel) {
        *self.least_level.lock().unwrap_or_else(PoisonError::into_inner) = level;
    }

    /// Subscribes to a resource. Gives whether there is room for it.
    pub(crate) fn subscribe(&self, uri: String, template: String) -> bool {
        let mut subscriptions = self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
        let room = subscriptions.len() < SUBSCRIPTIONS || subscriptions.contains_key(&uri);
        if room {
            subscriptions.insert(uri, template);
        }
        room
    }

    pub(crate) fn unsubscribe(&self, uri: &str) {
        self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner).remove(uri);
    }

    /// The URIs subscribed to whose template is one that `wanted` says yes to.
    pub(crate) fn subscribed(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let subscriptions = self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
        subscriptions.iter().filter(|(_, template)| wanted(template)).map(|(uri, _)| uri.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscriptions_are_bounded_and_one_can_be_renewed() {
        let session = Session::new(Reach::Anytime);
        for number in 0..SUBSCRIPTIONS {
            assert!(session.subscribe(format!("x://{number}"), String::new()));
        }
        assert!(!session.subscribe("x://more".into(), String::new()));
        assert!(session.subscribe("x://7".into(), String::new()));
        session.unsubscribe("x://7");
        assert!(session.subscribe("x://more".into(), String::new()));
    }

    #[test]
    fn resources_are_found_by_their_template() {
        let session = Session::new(Reach::Anytime);
        session.subscribe("x://1".into(), "x://{n}".into());
        session.subscribe("y://1".into(), "y://{n}".into());
        assert_eq!(session.subscribed(|template| template == "x://{n}"), ["x://1"]);
    }
}
