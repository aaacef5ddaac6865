//! Every case of `tests/cases`, natively against the transcript beside it, and through the component against
//! the native one. `BLESS=1` rewrites the transcripts: read the difference before you commit it.

use mxcp_test_support::case::{self, Case};
use mxcp_test_support::component::Instance;
use mxcp_test_support::native::Native;
use mxcp_test_support::transcript::play;

#[test]
fn the_core_does_what_the_cases_say() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut differences = Vec::new();
    let files = case::files().unwrap();
    assert!(!files.is_empty(), "no cases found");
    for path in files {
        let transcript = play(&mut Native, &Case::read(&path).unwrap()).unwrap().to_text().unwrap();
        let expected_path = path.with_extension("out.json");
        if bless {
            std::fs::write(&expected_path, &transcript).unwrap();
        }
        let expected = std::fs::read_to_string(&expected_path).unwrap_or_default();
        if expected != transcript {
            let differing = expected.lines().zip(transcript.lines()).find(|(expected, got)| expected != got);
            differences.push(format!("{}: first difference {differing:?}", path.display()));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn the_component_does_what_the_library_does() {
    let mut component = Instance::new().unwrap();
    let mut vectors = 0;
    for path in case::files().unwrap() {
        let case = Case::read(&path).unwrap();
        vectors += case.vectors();
        let native = play(&mut Native, &case).unwrap().to_text().unwrap();
        let through_component = play(&mut component, &case).unwrap().to_text().unwrap();
        assert_eq!(native, through_component, "{}", path.display());
    }
    assert!(vectors >= 500, "only {vectors} vectors were played on both");
}
