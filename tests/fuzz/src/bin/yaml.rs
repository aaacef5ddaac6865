//! libFuzzer's program for [`mxcp_fuzz::project`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mxcp_fuzz::project::load_anything(bytes));
