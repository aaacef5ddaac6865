//! Names of WIT in definitions.

/// The key of a variant's object that names its case.
pub(super) const TAG: &str = "tag";

/// The key of a variant's object that holds what its case carries.
pub(super) const PAYLOAD: &str = "value";

/// Whether a name in a definition is that of the WIT: `max_items` is `max-items`, as it must be where SQL or CEL name it.
pub(super) fn same(one: &str, other: &str) -> bool {
    one.len() == other.len()
        && one.bytes().zip(other.bytes()).all(|(one, other)| dashed(one) == dashed(other))
}

fn dashed(byte: u8) -> u8 {
    if byte == b'_' { b'-' } else { byte }
}

/// A name of the WIT as definitions write it.
pub(super) fn in_definitions(name: &str) -> String {
    name.replace('-', "_")
}
