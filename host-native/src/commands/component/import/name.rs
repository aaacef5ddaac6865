//! Names of tools from paths of functions.

use std::collections::BTreeSet;

/// A name for each function, all different: that of the function, with its interface before it where two have the same,
/// and the whole path where that is not enough.
pub(super) fn of(paths: &[&str]) -> Vec<String> {
    let ways: [fn(&str) -> String; 3] = [function, with_interface, word];
    let different = |names: &[String]| names.iter().collect::<BTreeSet<_>>().len() == names.len();
    let names = ways.map(|way| paths.iter().map(|path| way(path)).collect::<Vec<_>>());
    names.into_iter().find(|names| different(names)).unwrap_or_else(|| {
        // Paths that differ in what words have no letters for.
        paths.iter().zip(1..).map(|(path, at)| format!("{}_{at}", word(path))).collect()
    })
}

fn function(path: &str) -> String {
    word(path.rsplit_once('.').map_or(path, |(_, function)| function))
}

fn with_interface(path: &str) -> String {
    let interface = path.split_once(['@', '.']).map_or("", |(interface, _)| interface);
    let short = interface.rsplit_once('/').map_or(interface, |(_, short)| short);
    if short.is_empty() { function(path) } else { format!("{}_{}", word(short), function(path)) }
}

/// Letters, digits and `_` only.
fn word(text: &str) -> String {
    text.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn names_are_as_short_as_they_can_be() {
        assert_eq!(of(&["acme:text/analysis@1.0.0.count-words", "ping"]), ["count_words", "ping"]);
        assert_eq!(of(&["a:b/one@1.0.0.f", "a:b/two.f", "g"]), ["one_f", "two_f", "g"]);
        assert_eq!(of(&["a:b/c@1.0.0.f", "a:b/c@2.0.0.f"]), ["a_b_c_1_0_0_f", "a_b_c_2_0_0_f"]);
    }
}
