//! Lets this crate's tests find DuckDB's library where the linker found it.
//!
//! Cargo sets `LD_LIBRARY_PATH` for tests by itself and leaves out what `[env]` says of it.

fn main() {
    println!("cargo::rerun-if-env-changed=DUCKDB_LIB_DIR");
    if let Ok(folder) = std::env::var("DUCKDB_LIB_DIR") {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{folder}");
    }
}
