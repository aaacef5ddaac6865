//! What the core asks of its host, which is next to nothing: a new line here is a loss of purity. And how large it is.

use mxcp_test_support::component::{self, Instance};

#[test]
fn the_component_imports_what_it_always_did() {
    let expected = include_str!("component_imports.txt");
    let imports = Instance::imports().unwrap().join("\n") + "\n";
    assert_eq!(
        imports, expected,
        "the core component has other imports than tests/suites/component_imports.txt"
    );
}

#[test]
fn the_component_is_smaller_than_four_mebibytes() {
    let bytes = std::fs::metadata(component::build().unwrap()).unwrap().len();
    assert!(bytes < 4 << 20, "the component has {bytes} bytes");
}
