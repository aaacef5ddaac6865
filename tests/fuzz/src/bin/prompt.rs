//! libFuzzer's program for [`mxcp_fuzz::prompt`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mxcp_fuzz::prompt::render_anything(bytes));
