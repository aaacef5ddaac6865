//! How replicas are set up.

use anyhow::{Context, Result};
use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::source::SourceFile;
use mxcp_core::yaml::Document;
use mxcp_test_support::provider::{CLIENT_ID, CLIENT_SECRET};
use serde_json::{Value, json};

use super::stand::Stand;

/// How it is known who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nobody is asked.
    Nobody,
    /// By a JWT of the provider.
    Jwt,
    /// By a token of mxcp's own, in PostgreSQL.
    Own,
}

/// One way to run the example.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    /// What the tables call it.
    pub(crate) name: &'static str,
    /// How it is known who calls.
    pub(crate) known: Known,
    /// Whether calls are recorded, in PostgreSQL.
    pub(crate) audited: bool,
    /// Whether data is shared; else each replica has the same tables in memory.
    pub(crate) shared: bool,
    /// What is measured of it.
    pub(crate) kinds: &'static [&'static str],
}

impl Setting {
    /// As `server.yml` of the example has it.
    pub(crate) const DEPLOYED: Self = Self {
        name: "own token, audited",
        known: Known::Own,
        audited: true,
        shared: true,
        kinds: &["answer", "find_orders", "stock", "reserve", "rest"],
    };

    /// With the least around a call.
    const BARE: Self =
        Self { name: "nobody asked", known: Known::Nobody, audited: false, shared: true, kinds: &["answer"] };

    /// Others, to tell costs apart.
    pub(crate) const OTHERS: [Self; 5] = [
        Self::BARE,
        Self { name: "nobody asked, audited", audited: true, ..Self::BARE },
        Self { name: "JWT", known: Known::Jwt, ..Self::BARE },
        Self { name: "own token", known: Known::Own, ..Self::BARE },
        Self {
            name: "nobody asked, tables in memory",
            shared: false,
            kinds: &["find_orders", "stock"],
            ..Self::BARE
        },
    ];

    /// The user file: that of the example, for this machine only, and with another block `auth`.
    pub(crate) fn user_file(&self, stand: &Stand, server: &str) -> Result<String> {
        let source = SourceFile::new("server.yml", server);
        let document = Document::parse(&source, &mut Diagnostics::new()).context("server.yml")?;
        let mut user: Value = document.deserialize()?;
        let profile =
            user.pointer_mut("/projects/teahouse/profiles/shared").context("no profile `shared`")?;
        if !self.shared {
            let database = profile.pointer_mut("/secrets/0/parameters/database").context("no `database`")?;
            *database = json!("");
        }
        match self.known {
            Known::Nobody => {
                profile.as_object_mut().context("a profile")?.remove("auth");
            }
            Known::Jwt => {
                let auth = json!({ "mode": "verifier", "provider": "oidc", "oidc": {
                    "config_url": stand.provider.config_url(), "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
                    "scope": "openid", "audience": "mxcp",
                }});
                *profile.get_mut("auth").context("no `auth`")? = auth;
            }
            // The clients here can't press the button of a page.
            Known::Own => *profile.pointer_mut("/auth/consent").context("no `consent`")? = json!(false),
        }
        Ok(user.to_string())
    }
}
