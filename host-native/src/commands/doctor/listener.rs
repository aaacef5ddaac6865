//! Who listens on a port of this machine.

/// A process that listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listener {
    /// Its number.
    pub(super) process: u32,
    /// The name of its program.
    pub(super) program: String,
}

/// The process that listens on a port; none if nobody does, or the system does not tell.
#[cfg(target_os = "linux")]
pub(super) fn on(port: u16) -> Option<Listener> {
    use std::fs;

    let sockets: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| sockets(&table, port))
        .map(|number| format!("socket:[{number}]"))
        .collect();
    let owns = |process: u32| {
        let files = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
        files
            .filter_map(|file| fs::read_link(file.path()).ok())
            .any(|target| target.to_str().is_some_and(|target| sockets.iter().any(|socket| socket == target)))
    };
    let mut processes =
        fs::read_dir("/proc").ok()?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let process = processes.find(|process| !sockets.is_empty() && owns(*process))?;
    let program = fs::read_to_string(format!("/proc/{process}/comm")).ok()?.trim().to_owned();
    Some(Listener { process, program })
}

#[cfg(not(target_os = "linux"))]
pub(super) fn on(_port: u16) -> Option<Listener> {
    None
}

/// The numbers of the sockets that listen on a port, from a table of the kernel.
#[cfg(target_os = "linux")]
fn sockets(table: &str, port: u16) -> Vec<String> {
    /// How the kernel writes that a socket listens.
    const LISTENS: &str = "0A";
    let end = format!(":{port:04X}");
    let number = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_it = fields.get(1)?.ends_with(&end) && *fields.get(3)? == LISTENS;
        is_it.then(|| fields.get(9).map(|field| (*field).to_owned()))?
    };
    table.lines().filter_map(number).collect()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn sockets_that_listen_are_told_from_those_that_talk() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            \x20  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0\n\
            \x20  1: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0\n\
            \x20  2: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0\n";
        assert_eq!(sockets(table, 8080), ["4711"]);
    }

    #[test]
    fn this_process_is_found_behind_its_port() {
        let own = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let found = on(own.local_addr().unwrap().port()).unwrap();
        assert_eq!(found.process, std::process::id());
    }
}
