//! Projects, rules and calls that nobody thought of: the library and the component must agree on each.
//!
//! `MXCP_GENERATED=10000` plays more of them. A disagreement is left as a case file, for `tests/cases`.

mod random;

use mxcp_test_support::case::Case;
use mxcp_test_support::component::Instance;
use mxcp_test_support::native::Native;
use mxcp_test_support::transcript::play;

#[test]
fn the_component_does_what_the_library_does_with_generated_cases() {
    let wanted = std::env::var("MXCP_GENERATED").ok().and_then(|count| count.parse().ok());
    let mut component = Instance::new().unwrap();
    let (mut calls, mut results, mut loaded) = (0, 0, 0);
    for seed in 0..wanted.unwrap_or(150_u64) {
        let case = random::case(seed);
        let native = play(&mut Native, &case).unwrap();
        calls += native.calls.len();
        results += native.calls.iter().filter(|call| call.result.is_some()).count();
        loaded += native.files.iter().filter(|file| file.state != "broken").count();
        let native = native.to_text().unwrap();
        let through_component = play(&mut component, &case).unwrap().to_text().unwrap();
        if native != through_component {
            panic!("the two differ in {}", keep(&case, seed));
        }
    }
    // What is generated must reach the deeper parts, or the test shows nothing.
    assert!(calls > 0 && results * 10 > calls && loaded * 2 > calls / 6, "{results} of {calls}, {loaded}");
}

#[test]
fn a_generated_case_is_the_same_after_it_was_kept() {
    let case = random::case(7);
    let path = keep(&case, 7);
    let replayed = Case::read(path.as_ref()).unwrap();
    let play = |case: &Case| play(&mut Native, case).unwrap().to_text().unwrap();
    assert_eq!(play(&case), play(&replayed));
}

/// Writes a case to a file, and gives its path.
fn keep(case: &Case, seed: u64) -> String {
    let path = format!("{}/generated-{seed}.yml", env!("CARGO_TARGET_TMPDIR"));
    // JSON is YAML, too.
    std::fs::write(&path, serde_json::to_string_pretty(case).unwrap()).unwrap();
    path
}
