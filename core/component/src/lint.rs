//! The interface `lint`.

use mxcp_core::lint::{self, Client};

use crate::bindings::exports::mxcp::core::lint::{Error, Finding, Guest};
use crate::bindings::exports::mxcp::core::registry::ProjectBorrow;
use crate::registry::Registry;
use crate::{Component, convert};

impl Guest for Component {
    fn codes() -> Vec<String> {
        lint::codes().into_iter().map(str::to_owned).collect()
    }

    fn clients() -> Vec<String> {
        Client::ALL.into_iter().map(|client| client.as_str().to_owned()).collect()
    }

    fn check(project: ProjectBorrow<'_>, clients: Vec<String>) -> Result<Vec<Finding>, Error> {
        let client = |word: String| Client::from_word(&word).ok_or(Error::UnknownClient(word));
        let clients = clients.into_iter().map(client).collect::<Result<Vec<_>, _>>()?;
        let findings = lint::lint(&project.get::<Registry>().0, &clients);
        Ok(findings.into_iter().map(convert::finding).collect())
    }
}
