//! Names of columns, each once.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Gives repeated names a suffix. Names are compared as SQL does, without regard to case: `a, a, A` become
/// `a, a_1, A_2`.
pub(crate) fn unique(names: Vec<String>) -> Vec<Arc<str>> {
    let mut seen = BTreeMap::<String, usize>::new();
    for name in &names {
        seen.entry(name.to_lowercase()).or_insert(0);
    }
    // Every written name is known now, so a made-up one never takes a later column's.
    let mut unique = Vec::with_capacity(names.len());
    for name in names {
        let key = name.to_lowercase();
        let mut repeat = seen.get(&key).copied().unwrap_or(0);
        let mut candidate = name.clone();
        if repeat > 0 {
            candidate = format!("{name}_{repeat}");
            while seen.contains_key(&candidate.to_lowercase()) {
                repeat += 1;
                candidate = format!("{name}_{repeat}");
            }
            seen.insert(candidate.to_lowercase(), 1);
        }
        seen.insert(key, repeat + 1);
        unique.push(candidate.into());
    }
    unique
}

#[cfg(test)]
mod tests {
    use super::unique;

    fn names(names: &[&str]) -> Vec<String> {
        let unique = unique(names.iter().map(|&name| name.to_owned()).collect());
        unique.iter().map(|name| name.to_string()).collect()
    }

    #[test]
    fn repeated_names_get_suffixes_without_regard_to_case() {
        assert_eq!(names(&["a", "a", "A"]), ["a", "a_1", "A_2"]);
        assert_eq!(names(&["x", "y"]), ["x", "y"]);
    }

    #[test]
    fn a_suffix_never_takes_the_name_of_another_column() {
        assert_eq!(names(&["a", "a", "a_1"]), ["a", "a_2", "a_1"]);
        assert_eq!(names(&["a_1", "a", "a", "a"]), ["a_1", "a", "a_2", "a_3"]);
    }
}
