//! libFuzzer's program for [`mxcp_fuzz::json_rpc`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mxcp_fuzz::json_rpc::send_anything(bytes));
