//! The parts of web addresses that decide who may reach a server: hosts, origins, networks.

mod host;
mod network;
mod origin;

pub use host::Host;
pub use network::Network;
pub use origin::Origin;
