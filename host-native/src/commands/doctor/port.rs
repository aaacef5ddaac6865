//! Where a server would be reached: its ports, and the socket that it is looked after on.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, ToSocketAddrs as _};

use mxcp_core::schema::TransportName;

use super::check::Check;
use super::listener::{self, Listener};
use super::subject::Subject;
use super::{disk, tls};
use crate::project::Project;

/// How they are.
pub(super) fn checks(subject: &Subject<'_>, project: &Project) -> Vec<Check> {
    if !subject.user_file {
        return vec![Subject::not_known("port"), admin_socket(subject, project)];
    }
    let transport = &project.user.transport;
    let http = transport.http.clone().unwrap_or_default();
    let mut checks = if transport.provider == TransportName::Stdio {
        vec![Check::skipped(
            "port",
            "the user file says `transport.provider: stdio`: clients start the server",
        )]
    } else {
        vec![port("port", &http.host, http.port, "transport.http.port", subject)]
    };
    if let Some(number) = http.metrics_port {
        let host = http.metrics_host.as_deref().unwrap_or(&http.host);
        checks.push(port("metrics port", host, number, "transport.http.metrics_port", subject));
    }
    checks.extend(http.tls.as_ref().map(|files| tls::check(project, files)));
    checks.push(admin_socket(subject, project));
    checks
}

/// What to write where the host can't be used.
const LOCALHOST: &str = "transport: {http: {host: localhost}} in the user file";

/// Whether a server could listen there. It is tried, and nobody is answered. A name of a host may come from a reference, and is not
/// shown.
fn port(name: &str, host: &str, port: u16, key: &str, subject: &Subject<'_>) -> Check {
    let addresses = match addresses(host, port, subject.network) {
        Ok(Some(addresses)) => addresses,
        Ok(None) => {
            return Check::skipped(
                name,
                "the host is a name, and a name server would have to be asked for it",
            )
            .help("to ask: mxcp doctor --network");
        }
        Err(error) => {
            return Check::problem(name, format!("the host is not known: {error}")).help(LOCALHOST);
        }
    };
    // As a server does it: the first address that can be had, and none instead of one that is taken.
    let mut problem = Check::problem(name, "the host has no address");
    for address in addresses {
        match TcpListener::bind(address) {
            Ok(_) => return Check::ok(name, format!("{address} is free")),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return taken(name, address, key),
            Err(error) => {
                let help = match error.kind() {
                    io::ErrorKind::PermissionDenied => {
                        format!("a port above 1023, as `{key}` in the user file")
                    }
                    _ => LOCALHOST.to_owned(),
                };
                problem = Check::problem(name, format!("{address} can't be listened on: {error}")).help(help);
            }
        }
    }
    problem
}

fn taken(name: &str, address: SocketAddr, key: &str) -> Check {
    let port = address.port();
    let other = format!(
        "mxcp serve --port {}, or another `{key}` in the user file",
        port.checked_add(1).unwrap_or(8000)
    );
    match listener::on(port) {
        Some(Listener { process, program }) if program == "mxcp" => {
            Check::warning(name, format!("{address} is taken by mxcp (process {process})"))
                .help(format!("nothing, if that is the server of this project; else: {other}"))
        }
        Some(Listener { process, program }) => {
            Check::problem(name, format!("{address} is taken by {program} (process {process})")).help(other)
        }
        None => Check::problem(name, format!("{address} is taken by another program")).help(other),
    }
}

/// The addresses of a host, IPv4 first; none if somebody else would have to be asked.
fn addresses(host: &str, port: u16, network: bool) -> io::Result<Option<Vec<SocketAddr>>> {
    let name = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if name.eq_ignore_ascii_case("localhost") {
        return Ok(Some(vec![(Ipv4Addr::LOCALHOST, port).into()]));
    }
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(Some(vec![(address, port).into()]));
    }
    if !network {
        return Ok(None);
    }
    let mut found: Vec<_> = (name, port).to_socket_addrs()?.collect();
    found.sort_by_key(SocketAddr::is_ipv6);
    Ok(Some(found))
}

#[cfg(unix)]
fn admin_socket(subject: &Subject<'_>, project: &Project) -> Check {
    use std::os::unix::fs::FileTypeExt as _;
    use std::os::unix::net::UnixStream;

    const NAME: &str = "admin socket";
    const HELP: &str = "another path in MXCP_ADMIN_SOCKET";
    /// Most bytes of a path that every system takes.
    const LONGEST: usize = 103;
    let Some(path) = project.admin_socket() else {
        let path = subject.environment.admin_socket();
        return Check::skipped(NAME, format!("a server would make none at {}", path.display()))
            .help("to have one: MXCP_ADMIN_ENABLED=true");
    };
    let shown = path.display();
    if path.as_os_str().len() > LONGEST {
        return Check::problem(NAME, format!("{shown} is too long for a socket")).help(HELP);
    }
    match path.symlink_metadata() {
        Ok(found) if !found.file_type().is_socket() => {
            Check::problem(NAME, format!("what is at {shown} is no socket")).help(HELP)
        }
        Ok(_) => match UnixStream::connect(&path) {
            Ok(_) => Check::warning(NAME, format!("a server listens at {shown}"))
                .help(format!("nothing, if that is the server of this project; else: {HELP}")),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                Check::ok(NAME, format!("{shown}, left by a server that has ended, will be replaced"))
            }
            Err(error) => Check::problem(NAME, format!("{shown} can't be used: {error}")).help(HELP),
        },
        Err(_) => match disk::can_make_files(path.parent().unwrap_or(&path)) {
            Ok(()) => Check::ok(NAME, shown.to_string()),
            Err(problem) => Check::problem(NAME, format!("{shown} can't be made: {problem}")).help(HELP),
        },
    }
}

#[cfg(not(unix))]
fn admin_socket(_subject: &Subject<'_>, _project: &Project) -> Check {
    Check::skipped("admin socket", "there are no such sockets on this system")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_have_to_be_asked_for() {
        let first = |host: &str| addresses(host, 80, false).unwrap().map(|found| found[0].to_string());
        assert_eq!(first("localhost").as_deref(), Some("127.0.0.1:80"));
        assert_eq!(first("[::1]").as_deref(), Some("[::1]:80"));
        assert_eq!(first("0.0.0.0").as_deref(), Some("0.0.0.0:80"));
        assert_eq!(first("shop.example"), None);
    }
}
