//! The front end that this binary carries.

use crate::error::Error;

/// The core module; none in a binary that was built without it.
const FRONT: Option<&[u8]> = include!(concat!(env!("OUT_DIR"), "/front.rs"));

/// The front end.
///
/// # Errors
/// This binary has none.
pub(crate) fn module() -> Result<&'static [u8], Error> {
    FRONT.ok_or(Error::NoFrontEnd)
}
