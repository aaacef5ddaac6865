//! libFuzzer's program for [`mxcp_fuzz::uri`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mxcp_fuzz::uri::match_anything(bytes));
