//! Asks the linker for a core module: `mxcp build` makes the component, once it knows which functions are called.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|architecture| architecture == "wasm32") {
        println!("cargo::rustc-link-arg-cdylib=--skip-wit-component");
    }
}
