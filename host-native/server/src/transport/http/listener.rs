//! Where connections come from.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, lookup_host};

use crate::error::Error;

/// Time to wait after the system could not accept, mostly for want of file descriptors.
const RECOVERY: Duration = Duration::from_millis(100);

/// Accepts connections.
#[derive(Debug)]
pub(in crate::transport) struct Listener {
    inner: TcpListener,
}

impl Listener {
    /// Listens on the first address of the host that allows it, IPv4 before IPv6.
    pub(in crate::transport) async fn bind(host: &str, port: u16) -> Result<(Self, SocketAddr), Error> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => Error::AddressInUse { host: host.to_owned(), port },
            _ => Error::Bind { host: host.to_owned(), port, source },
        };
        let unknown = |source| Error::UnknownHost { host: host.to_owned(), source };
        let name = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let mut addresses: Vec<SocketAddr> =
            lookup_host((name, port)).await.map_err(|error| unknown(Some(error)))?.collect();
        addresses.sort_by_key(SocketAddr::is_ipv6);
        let mut problem = unknown(None);
        for address in addresses {
            match TcpListener::bind(address).await {
                Ok(inner) => {
                    let address = inner.local_addr().map_err(failed)?;
                    return Ok((Self { inner }, address));
                }
                // A port that is taken on one address must not send clients to another.
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(failed(error)),
                Err(error) => problem = failed(error),
            }
        }
        Err(problem)
    }

    /// The next connection, and where it comes from. Small writes leave at once: with Nagle's algorithm a streamed answer, which is written in
    /// pieces, waits 40 ms for the client's delayed acknowledgement.
    pub(in crate::transport) async fn accept(&self) -> (TcpStream, IpAddr) {
        loop {
            match self.inner.accept().await {
                Ok((stream, peer)) => match stream.set_nodelay(true) {
                    Ok(()) => return (stream, peer.ip()),
                    Err(error) => tracing::debug!(%error, "client left before it was served"),
                },
                Err(error) => {
                    tracing::warn!(%error, "can't accept a connection");
                    tokio::time::sleep(RECOVERY).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn accepted_connections_send_without_delay() {
        let (listener, address) = Listener::bind("127.0.0.1", 0).await.unwrap();
        let ((accepted, _), connected) = tokio::join!(listener.accept(), TcpStream::connect(address));
        connected.unwrap();
        assert!(accepted.nodelay().unwrap());
    }

    #[tokio::test]
    async fn localhost_is_its_ipv4_address() {
        let (_listener, address) = Listener::bind("localhost", 0).await.unwrap();
        assert_eq!(address.ip().to_string(), "127.0.0.1");
    }

    #[tokio::test]
    async fn a_port_in_use_is_reported_with_its_address() {
        let (_listener, address) = Listener::bind("127.0.0.1", 0).await.unwrap();
        let error = Listener::bind("127.0.0.1", address.port()).await.unwrap_err();
        assert_eq!(error.to_string(), format!("address 127.0.0.1:{} is already in use", address.port()));
    }

    #[tokio::test]
    async fn an_unresolvable_host_is_named() {
        let error = Listener::bind("no such host", 0).await.unwrap_err();
        assert_eq!(error.to_string(), "can't find an address of host `no such host`");
    }
}
