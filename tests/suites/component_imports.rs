//! What the core asks of its host, which is next to nothing: a new line here is a loss of purity.

use mxcp_test_support::component::Instance;

#[test]
fn the_component_imports_what_it_always_did() {
    let expected = include_str!("component_imports.txt");
    let imports = Instance::imports().unwrap().join("\n") + "\n";
    assert_eq!(
        imports, expected,
        "the core component has other imports than tests/suites/component_imports.txt"
    );
}
