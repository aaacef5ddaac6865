//! Addresses of the public internet, and all others.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether everybody can reach an address, so that it is nobody's own network.
///
/// IPv6 addresses that hold one of IPv4 are not: where they lead depends on the network.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Whether a name can be one of the public internet. Where it leads is another question.
pub(super) fn is_public_name(name: &str) -> bool {
    const OWN: [&str; 6] = ["localhost", "local", "internal", "home.arpa", "lan", "intranet"];
    let name = name.trim_end_matches('.');
    name.contains('.')
        && !OWN
            .iter()
            .any(|own| name.strip_suffix(own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        // This network.
        || first == 0
        // Between carriers and their customers.
        || (first == 100 && (64..128).contains(&second))
        // Of protocols, and the relays from IPv6.
        || (first == 192 && second == 0 && third == 0)
        || (first == 192 && second == 88 && third == 99)
        // Benchmarks.
        || (first == 198 && (18..20).contains(&second))
        // For the future.
        || first >= 240)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // All that is public begins like this...
    (first & 0xe000) == 0x2000
        // ...but not Teredo and other protocols,
        && !(first == 0x2001 && second < 0x0200)
        // documentation,
        && !(first == 0x2001 && second == 0x0db8)
        && !(first == 0x3fff && second < 0x1000)
        // and addresses of IPv4 behind relays.
        && first != 0x2002
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_internet_are_public() {
        for text in
            ["1.1.1.1", "93.184.216.34", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"]
        {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn addresses_of_networks_of_ones_own_are_not() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:1.1.1.1",
            "64:ff9b::7f00:1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn names_of_ones_own_network_are_not_public() {
        for name in ["client.example", "localhost.example", "mylocal.example"] {
            assert!(is_public_name(name), "{name}");
        }
        for name in
            ["localhost", "localhost.", "a.localhost", "printer.local", "metadata.google.internal", "db"]
        {
            assert!(!is_public_name(name), "{name}");
        }
    }
}
