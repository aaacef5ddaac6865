//! The certificate of a server, and its key.

use mxcp_core::schema::Tls;

use super::check::Check;
use super::disk;
use crate::project::Project;

/// Whether both can be read. What is in them is looked at by the server.
pub(super) fn check(project: &Project, Tls { cert, key }: &Tls) -> Check {
    const NAME: &str = "certificate";
    for written in [cert, key] {
        let path = project.path_of_user(written);
        if let Err(error) = std::fs::read(&path) {
            return Check::problem(NAME, format!("{} can't be read: {error}", path.display()))
                .help("correct `transport.http.tls` in the user file");
        }
    }
    let key = project.path_of_user(key);
    if disk::others_may_read(&key) {
        return Check::warning(NAME, format!("others on this machine can read {}", key.display()))
            .help(format!("chmod 600 {}", key.display()));
    }
    Check::ok(NAME, "certificate and key can be read")
}
