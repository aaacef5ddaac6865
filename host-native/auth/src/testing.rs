//! A store, an identity provider and a web that play along.

mod memory;
mod upstream;
mod web;

pub(crate) use memory::MemoryStore;
pub(crate) use upstream::FakeUpstream;
pub(crate) use web::Web;

use crate::store::{Client, ClientAuthentication};

/// A public client with one URL.
pub(crate) fn client(id: &str) -> Client {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    Client {
        id: id.to_owned(),
        secret: None,
        authentication: ClientAuthentication::None,
        redirect_uris: owned(&["https://client.example/cb"]),
        grant_types: owned(&["authorization_code", "refresh_token"]),
        response_types: owned(&["code"]),
        scopes: None,
        name: Some("The Client".to_owned()),
        created_at: 0,
    }
}
