//! Texts that cross the border.

use std::ffi::{CStr, CString, c_char, c_void};

/// A copy with a closing NUL.
///
/// # Errors
/// The text has a NUL in it, in DuckDB's form of a message.
pub(super) fn to_c(text: &str) -> Result<CString, String> {
    CString::new(text).map_err(|_| "Invalid Input Error: text must not contain a NUL byte".to_owned())
}

/// A copy of a text that stays DuckDB's; none for a null pointer.
///
/// # Safety
/// `text` is null or points to a NUL-terminated text that lives during the call.
pub(super) unsafe fn borrowed(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: the caller vouches for the pointer.
    Some(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}

/// A copy of a text that DuckDB gave away, which is freed; none for a null pointer.
///
/// # Safety
/// `text` is null or a NUL-terminated text allocated by DuckDB, and nobody uses it afterwards.
pub(super) unsafe fn owned(text: *mut c_char) -> Option<String> {
    // SAFETY: as the caller says.
    let copy = unsafe { borrowed(text) };
    // SAFETY: DuckDB allocated the text, and `duckdb_free` takes null.
    unsafe { duckdb::duckdb_free(text.cast::<c_void>()) };
    copy
}
