//! The network, from `/proc/net/dev`.

use crate::answers::NetworkStatsResponse;

/// What all interfaces have done.
pub(super) fn figures(dev: &str) -> NetworkStatsResponse {
    let mut all = NetworkStatsResponse::default();
    for line in dev.lines() {
        // Only the two lines of the head have no interface.
        let Some((_, counters)) = line.split_once(':') else { continue };
        let counters: Vec<u64> =
            counters.split_whitespace().map(|counter| counter.parse().unwrap_or_default()).collect();
        let counter = |index: usize| counters.get(index).copied().unwrap_or_default();
        all.bytes_recv += counter(0);
        all.packets_recv += counter(1);
        all.errin += counter(2);
        all.dropin += counter(3);
        all.bytes_sent += counter(8);
        all.packets_sent += counter(9);
        all.errout += counter(10);
        all.dropout += counter(11);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_interfaces_are_counted() {
        let dev = "Inter-|   Receive  |  Transmit\n face |bytes packets|bytes packets\n\
            \x20   lo: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n  eth0:10 20 30 40 0 0 0 0 50 60 70 80 0 0 0 0\n";
        let expected = NetworkStatsResponse {
            bytes_recv: 11,
            packets_recv: 22,
            errin: 33,
            dropin: 44,
            bytes_sent: 55,
            packets_sent: 66,
            errout: 77,
            dropout: 88,
        };
        assert_eq!(figures(dev), expected);
    }
}
