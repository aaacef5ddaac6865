//! The program and what it is linked with.

use std::env::consts::{ARCH, OS};

use super::check::Check;
use crate::compose::{self, Library};

/// How the program is.
pub(super) fn checks() -> Vec<Check> {
    vec![
        Check::ok("mxcp", format!("version {} on {OS} {ARCH}", env!("CARGO_PKG_VERSION"))),
        library(&compose::library()),
    ]
}

fn library(found: &Library) -> Check {
    let Library { version, wanted, file } = found;
    let file = file.as_ref().map_or("part of the program".to_owned(), |file| file.display().to_string());
    if version == wanted {
        return Check::ok("libduckdb", format!("{version}, {file}"));
    }
    Check::warning("libduckdb", format!("{version}, {file}, where {wanted} is expected"))
        .help(format!("put the library of DuckDB {wanted} in its place, or install mxcp again"))
}

#[cfg(test)]
mod tests {
    use super::super::check::State;
    use super::*;

    #[test]
    fn another_version_of_the_library_is_remarked_upon() {
        let library_of = |version: &str| Library { version: version.to_owned(), wanted: "v2", file: None };
        assert!(library(&library_of("v2")).is(State::Ok));
        assert!(library(&library_of("v1")).is(State::Warning));
    }
}
