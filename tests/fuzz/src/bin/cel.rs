//! libFuzzer's program for [`mxcp_fuzz::policy`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mxcp_fuzz::policy::decide_anything(bytes));
