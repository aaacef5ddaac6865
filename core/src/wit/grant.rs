//! What a component needs of its host, and which permission gives it that.

/// How an import is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Every component has it: clocks, chance, what it prints.
    Free,
    /// It is there, and empty without `permissions: {http: […]}`.
    Http,
    /// It is there, and empty without `permissions: {files: […]}`.
    Files,
    /// It is there, and empty without `permissions: {env: […]}`.
    Environment,
    /// It is there; queries need `permissions: {sql: …}`, secrets `permissions: {secrets: […]}`.
    Tool,
    /// It is never granted: components reach the network by HTTP only.
    Never,
    /// Nobody here provides it.
    Unknown,
}

impl Grant {
    /// How an import such as `wasi:http/outgoing-handler@0.2.6` is met.
    #[must_use]
    pub fn of(import: &str) -> Self {
        let path = import.split_once('@').map_or(import, |(path, _)| path);
        let (package, interface) = path.split_once('/').unwrap_or((path, ""));
        match (package, interface) {
            ("wasi:http", _) => Self::Http,
            ("wasi:filesystem", _) => Self::Files,
            ("wasi:cli", "environment") => Self::Environment,
            ("mxcp:tool", _) => Self::Tool,
            ("wasi:sockets", _) => Self::Never,
            ("wasi:cli" | "wasi:io" | "wasi:clocks" | "wasi:random", _) => Self::Free,
            _ => Self::Unknown,
        }
    }

    /// The entries under `permissions` that give something to such an import, each as it is written.
    #[must_use]
    pub fn permissions(self) -> &'static [&'static str] {
        match self {
            Self::Http => &["http: [api.example.com]"],
            Self::Files => &["files: [{folder: data}]"],
            Self::Environment => &["env: [NAME]"],
            Self::Tool => &["sql: read", "secrets: [name]"],
            Self::Free | Self::Never | Self::Unknown => &[],
        }
    }

    /// What there is to know of it in a few words.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Free => "always there",
            Self::Http => "no host is reached unless `permissions: {http: […]}` lists it",
            Self::Files => "no folder is seen unless `permissions: {files: […]}` lists it",
            Self::Environment => "no variable is seen unless `permissions: {env: […]}` lists it",
            Self::Tool => "queries need `permissions: {sql: read}`, secrets `permissions: {secrets: […]}`",
            Self::Never => "never granted: sockets can't be opened",
            Self::Unknown => "provided by nobody here",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_met_by_their_package_whatever_the_version() {
        for (import, grant) in [
            ("wasi:http/outgoing-handler@0.2.6", Grant::Http),
            ("wasi:http/types", Grant::Http),
            ("wasi:filesystem/preopens@0.2.0", Grant::Files),
            ("wasi:cli/environment@0.2.6", Grant::Environment),
            ("wasi:cli/stdout@0.2.6", Grant::Free),
            ("mxcp:tool/host@0.1.0", Grant::Tool),
            ("wasi:sockets/tcp@0.2.6", Grant::Never),
            ("acme:other/thing", Grant::Unknown),
            ("wasi:https/outgoing-handler", Grant::Unknown),
            ("alone", Grant::Unknown),
        ] {
            assert_eq!(Grant::of(import), grant, "{import}");
        }
    }
}
