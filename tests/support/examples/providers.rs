//! The identity providers that the suites play, for programs that are not written in Rust. The first line of the output tells
//! the settings `auth` of a server for each of them, as JSON by the provider's name. They play until the input ends.

#![expect(clippy::print_stdout, reason = "the output is what it is for")]

use mxcp_test_support::provider::{Kind, Provider};
use serde_json::{Map, Value as Json, json};

const KINDS: [Kind; 7] =
    [Kind::Oidc, Kind::Github, Kind::Google, Kind::Atlassian, Kind::Salesforce, Kind::Keycloak, Kind::Entra];

fn main() -> anyhow::Result<()> {
    let mut settings = Map::new();
    for kind in KINDS {
        settings.insert(format!("{kind:?}"), Provider::start_as(kind)?.settings(&json!({})));
    }
    println!("{}", Json::Object(settings));
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}
