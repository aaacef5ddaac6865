//! Random UUIDs.

/// Bytes of an id.
const LENGTH: usize = 16;
/// Ids for which the system is asked at a time.
const STOCK: usize = 64;

/// Makes ids. The system is asked for randomness seldom, as that takes longer than all else there is to an id.
#[derive(Debug)]
pub(crate) struct Ids {
    stock: [[u8; LENGTH]; STOCK],
    used: usize,
}

impl Default for Ids {
    fn default() -> Self {
        Self { stock: [[0; LENGTH]; STOCK], used: STOCK }
    }
}

impl Ids {
    /// A random UUID (RFC 9562, version 4).
    pub(crate) fn next(&mut self) -> String {
        if self.used >= STOCK {
            // Without randomness, the chain of hashes still tells records apart.
            let _ = getrandom::fill(self.stock.as_flattened_mut());
            self.used = 0;
        }
        let bytes = self.stock.get(self.used).copied().unwrap_or_default();
        self.used += 1;
        let mut id = u128::from_be_bytes(bytes) & !(0xf << 76) & !(0b11 << 62) | 4 << 76 | 0b10 << 62;
        let mut text = String::with_capacity(36);
        for group in [8, 4, 4, 4, 12] {
            if !text.is_empty() {
                text.push('-');
            }
            for _ in 0..group {
                text.push(char::from_digit((id >> 124) as u32, 16).unwrap_or_default());
                id <<= 4;
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_random_uuids() {
        let mut ids = Ids::default();
        let made: BTreeSet<_> = (0..3 * STOCK).map(|_| ids.next()).collect();
        assert_eq!(made.len(), 3 * STOCK);
        for id in made {
            let parts: Vec<_> = id.split('-').map(str::len).collect();
            assert_eq!(parts, [8, 4, 4, 4, 12]);
            assert_eq!(id.as_bytes()[14], b'4');
            assert!(b"89ab".contains(&id.as_bytes()[19]), "{id}");
        }
    }
}
