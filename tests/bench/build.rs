//! Lets `floor-sql` find DuckDB's library where the linker found it, without any environment variable.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=DUCKDB_LIB_DIR");
    if let Ok(folder) = std::env::var("DUCKDB_LIB_DIR") {
        println!("cargo::rustc-link-arg-bin=floor-sql=-Wl,-rpath,{folder}");
    }
}
