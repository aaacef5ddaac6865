//! What names look like.

/// What a name looks like.
#[derive(Debug)]
pub(super) struct Form {
    /// Whether it begins with a letter or `_`.
    pub(super) begins_with_letter: bool,
    /// What it may have beside ASCII letters and digits.
    pub(super) others: &'static str,
    /// Most characters.
    pub(super) longest: usize,
}

impl Form {
    /// Whether a name is of this form.
    pub(super) fn allows(&self, name: &str) -> bool {
        let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        let fits = |char: char| char.is_ascii_alphanumeric() || self.others.contains(char);
        (begins || !self.begins_with_letter && !name.is_empty())
            && name.chars().all(fits)
            && name.chars().count() <= self.longest
    }

    /// The form in words.
    pub(super) fn words(&self) -> String {
        let others: Vec<String> = self.others.chars().map(|char| format!("`{char}`")).collect();
        let begins = if self.begins_with_letter { ", the first a letter or `_`" } else { "" };
        format!("1 to {} ASCII letters, digits, {}{begins}", self.longest, others.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_in_characters_and_their_form_is_told() {
        let form = Form { begins_with_letter: true, others: "_.", longest: 3 };
        assert!(form.allows("_a1") && form.allows("a.b"));
        assert!(!form.allows("") && !form.allows("1a") && !form.allows("abcd") && !form.allows("é"));
        assert_eq!(form.words(), "1 to 3 ASCII letters, digits, `_`, `.`, the first a letter or `_`");
        assert!(Form { begins_with_letter: false, ..form }.allows("1a"));
    }
}
