//! libFuzzer's program for [`mxcp_fuzz::token`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mxcp_fuzz::token::verify_anything(bytes));
