//! The `mxcp` program.

use std::process::ExitCode;

/// Loading a project and answering calls are made of small allocations from several threads at a time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    mxcp::run(&words, None)
}
