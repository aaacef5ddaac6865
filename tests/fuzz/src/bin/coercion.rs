//! libFuzzer's program for [`mxcp_fuzz::coercion`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mxcp_fuzz::coercion::compare_anything(bytes));
