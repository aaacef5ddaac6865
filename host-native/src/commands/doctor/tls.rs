//! The certificate of a server, and its key.

use mxcp_core::schema::Tls;

use super::check::Check;
use super::disk;
use crate::project::Project;

/// Whether both can be read. What is in them is looked at by the server. Their paths may come from references, and are not shown.
pub(super) fn check(project: &Project, Tls { cert, key }: &Tls) -> Check {
    const NAME: &str = "certificate";
    for (written, place) in [(cert, "transport.http.tls.cert"), (key, "transport.http.tls.key")] {
        if let Err(error) = std::fs::read(project.path_of_user(written)) {
            return Check::problem(NAME, format!("the file of `{place}` can't be read: {error}"))
                .help(format!("correct `{place}` in the user file"));
        }
    }
    if disk::others_may_read(&project.path_of_user(key)) {
        return Check::warning(NAME, "others on this machine can read the file of `transport.http.tls.key`")
            .help("chmod 600 that file");
    }
    Check::ok(NAME, "certificate and key can be read")
}
