//! The routes there are.

/// What can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Root,
    Health,
    Status,
    Reload,
    Config,
    Endpoints,
    SystemInfo,
    SystemCpu,
    SystemMemory,
    SystemDisk,
    SystemNetwork,
    SystemProcess,
    AuditQuery,
    AuditStats,
    Description,
    Docs,
    Redoc,
}

impl Route {
    /// All routes, those of the description in its order first.
    pub(crate) const ALL: [Self; 17] = [
        Self::Health,
        Self::Status,
        Self::Reload,
        Self::Config,
        Self::Endpoints,
        Self::SystemInfo,
        Self::SystemCpu,
        Self::SystemMemory,
        Self::SystemDisk,
        Self::SystemNetwork,
        Self::SystemProcess,
        Self::AuditQuery,
        Self::AuditStats,
        Self::Root,
        Self::Description,
        Self::Docs,
        Self::Redoc,
    ];

    /// Its path.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Root => "/",
            Self::Health => "/health",
            Self::Status => "/status",
            Self::Reload => "/reload",
            Self::Config => "/config",
            Self::Endpoints => "/endpoints",
            Self::SystemInfo => "/system/info",
            Self::SystemCpu => "/system/cpu",
            Self::SystemMemory => "/system/memory",
            Self::SystemDisk => "/system/disk",
            Self::SystemNetwork => "/system/network",
            Self::SystemProcess => "/system/process",
            Self::AuditQuery => "/audit/query",
            Self::AuditStats => "/audit/stats",
            Self::Description => "/openapi.json",
            Self::Docs => "/docs",
            Self::Redoc => "/redoc",
        }
    }

    /// The one method that it is asked with.
    pub(crate) fn method(self) -> &'static str {
        if self == Self::Reload { "POST" } else { "GET" }
    }

    /// The route of a path.
    pub(crate) fn at(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|route| route.path() == path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_found_at_its_path() {
        for route in Route::ALL {
            assert_eq!(Route::at(route.path()), Some(route));
        }
        assert_eq!(Route::at("/health/"), None);
    }
}
