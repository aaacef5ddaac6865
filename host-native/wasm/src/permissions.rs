//! What a component may reach: nothing but what its definition grants.

mod folder;
mod hosts;
mod http;

use std::path::Path;
use std::sync::Arc;

use mxcp_core::schema::{Permissions, SqlAccess};
use wasmtime_wasi::WasiCtxBuilder;

use self::folder::Folder;
use self::hosts::Hosts;
pub(crate) use self::http::HttpGate;

/// The permissions of a definition, looked at once.
#[derive(Debug)]
pub(crate) struct Grants {
    hosts: Arc<Hosts>,
    sql: Option<SqlAccess>,
    secrets: Vec<String>,
    environment: Vec<String>,
    folders: Vec<Folder>,
}

impl Grants {
    /// What a definition grants; folders are those of the project in `root`.
    ///
    /// # Errors
    /// A host can't be read, or a folder isn't one of the project's.
    pub(crate) fn new(written: &Permissions, root: &Path) -> Result<Self, String> {
        let hosts = Hosts::parse(written.http.as_deref().unwrap_or_default())?;
        let folders = written.files.as_deref().unwrap_or_default();
        Ok(Self {
            hosts: Arc::new(hosts),
            sql: written.sql,
            secrets: written.secrets.clone().unwrap_or_default(),
            environment: written.env.clone().unwrap_or_default(),
            folders: folders.iter().map(|folder| Folder::new(folder, root)).collect::<Result<_, _>>()?,
        })
    }

    /// What it may do with the database.
    pub(crate) fn sql(&self) -> Option<SqlAccess> {
        self.sql
    }

    /// Whether it may read a secret.
    pub(crate) fn allows_secret(&self, name: &str) -> bool {
        self.secrets.iter().any(|granted| granted == name)
    }

    /// The way out for its HTTP requests.
    pub(crate) fn http(&self) -> HttpGate {
        HttpGate::new(Arc::clone(&self.hosts))
    }

    /// Gives WASI the variables and folders that are granted, and nothing else: no arguments, no input, no sockets, no names
    /// of hosts.
    ///
    /// # Errors
    /// A folder is no longer there.
    pub(crate) fn apply(&self, wasi: &mut WasiCtxBuilder) -> Result<(), String> {
        wasi.allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false);
        for name in &self.environment {
            if let Ok(value) = std::env::var(name) {
                wasi.env(name, value);
            }
        }
        self.folders.iter().try_for_each(|folder| folder.open(wasi))
    }
}
