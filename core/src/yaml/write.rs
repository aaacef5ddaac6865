//! YAML as a text: blocks, keys sorted.

use std::fmt::Write as _;

use super::Document;
use super::node::{Data, Entry, Node};
use super::scalar;

impl Document {
    /// The tree as YAML, with sorted keys. Numbers, dates and the like stay as they are written in the file; comments,
    /// anchors and the style of texts do not.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let mut writer = Writer { source: self.file().text(), text: String::new() };
        match &self.root().data {
            Data::Mapping(entries) if !entries.is_empty() => writer.mapping(entries, 0, false),
            Data::Sequence(items) if !items.is_empty() => writer.sequence(items, 0),
            _ => writer.inline(self.root(), 0),
        }
        writer.text
    }
}

/// A text on its way.
#[derive(Debug)]
struct Writer<'a> {
    /// The file that the tree was read from.
    source: &'a str,
    text: String,
}

impl Writer<'_> {
    /// Entries, one below the other; the first one goes on with the line if that is `begun`.
    fn mapping(&mut self, entries: &[Entry], indent: usize, begun: bool) {
        let mut sorted: Vec<_> = entries.iter().collect();
        sorted.sort_by(|one, other| one.key.cmp(&other.key));
        for (index, entry) in sorted.into_iter().enumerate() {
            if index > 0 || !begun {
                self.blanks(indent);
            }
            // A key that is written without quotes may be a number, or `on`.
            let written = self.source.get(entry.key_range.clone()).filter(|written| *written == entry.key);
            match written.filter(|written| is_bare(written)) {
                Some(written) => self.text.push_str(written),
                None => self.text.push_str(&quoted_if_needed(&entry.key)),
            }
            self.text.push(':');
            match &entry.value.data {
                Data::Mapping(entries) if !entries.is_empty() => {
                    self.text.push('\n');
                    self.mapping(entries, indent + 2, false);
                }
                Data::Sequence(items) if !items.is_empty() => {
                    self.text.push('\n');
                    self.sequence(items, indent);
                }
                _ => {
                    self.text.push(' ');
                    self.inline(&entry.value, indent + 2);
                }
            }
        }
    }

    fn sequence(&mut self, items: &[Node], indent: usize) {
        for item in items {
            self.blanks(indent);
            self.text.push('-');
            match &item.data {
                Data::Mapping(entries) if !entries.is_empty() => {
                    self.text.push(' ');
                    self.mapping(entries, indent + 2, true);
                }
                Data::Sequence(items) if !items.is_empty() => {
                    self.text.push('\n');
                    self.sequence(items, indent + 2);
                }
                _ => {
                    self.text.push(' ');
                    self.inline(item, indent + 2);
                }
            }
        }
    }

    /// A value to the end of the line; lines of a text that has several are indented by `indent`.
    fn inline(&mut self, node: &Node, indent: usize) {
        match &node.data {
            Data::Mapping(_) => self.text.push_str("{}"),
            Data::Sequence(_) => self.text.push_str("[]"),
            Data::String { text, .. } if is_block(text) => return self.block(text, indent),
            Data::String { text, .. } => self.text.push_str(&quoted_if_needed(text)),
            other => {
                let written = self.source.get(node.range.clone()).map(str::trim);
                match written.filter(|written| is_bare(written)) {
                    Some(written) => self.text.push_str(written),
                    None => self.text.push_str(&computed(other)),
                }
            }
        }
        self.text.push('\n');
    }

    /// A text of several lines, as it is.
    fn block(&mut self, text: &str, indent: usize) {
        self.text.push_str(if text.ends_with('\n') { "|\n" } else { "|-\n" });
        for line in text.lines() {
            if !line.is_empty() {
                self.blanks(indent);
            }
            self.text.push_str(line);
            self.text.push('\n');
        }
    }

    fn blanks(&mut self, count: usize) {
        self.text.extend(std::iter::repeat_n(' ', count));
    }
}

/// Whether what stands in a file can stand in another place of it: no quotes, tag, anchor or comment.
fn is_bare(written: &str) -> bool {
    let ordinary = |byte: u8| byte.is_ascii_alphanumeric() || b"_+-.: ~".contains(&byte);
    !written.is_empty() && written.bytes().all(ordinary) && !written.contains(": ") && !written.ends_with(':')
}

/// A value that no file has.
fn computed(data: &Data) -> String {
    match data {
        Data::Bool(value) => value.to_string(),
        Data::Int(value) => value.to_string(),
        Data::Float(value) if value.is_nan() => ".nan".to_owned(),
        Data::Float(value) if value.is_infinite() => if *value > 0.0 { ".inf" } else { "-.inf" }.to_owned(),
        // Without a point it would be a text, or an integer.
        Data::Float(value) => {
            let text = format!("{value}");
            if text.contains('.') { text } else { format!("{text}.0") }
        }
        Data::Wide(text) | Data::Timestamp(text) => text.clone(),
        _ => "null".to_owned(),
    }
}

/// Whether a text is shown best as lines, and can be.
fn is_block(text: &str) -> bool {
    let plain = |character: char| matches!(character, '\n' | ' '..='~') || character.is_alphanumeric();
    text.trim_end_matches('\n').contains('\n')
        && text.chars().all(plain)
        && !text.starts_with([' ', '\n'])
        && !text.ends_with("\n\n")
        && !text.lines().any(|line| line.ends_with(' '))
}

/// A text as YAML: bare where it can't be taken for something else.
fn quoted_if_needed(text: &str) -> String {
    let ordinary = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
    let bare = text.starts_with(|first: char| first.is_ascii_alphanumeric() || "/._".contains(first))
        && text.bytes().all(ordinary)
        && matches!(scalar::resolve(text), Data::String { .. })
        // Other readers take these for booleans.
        && !["y", "n"].iter().any(|word| text.eq_ignore_ascii_case(word));
    if bare {
        return text.to_owned();
    }
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            ' '..='~' => quoted.push(character),
            other if other.is_alphanumeric() => quoted.push(other),
            // A string takes whatever is written to it.
            other => drop(write!(quoted, "\\U{:08X}", u32::from(other))),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::DocPath;
    use super::*;
    use crate::diagnostic::Diagnostics;
    use crate::source::SourceFile;

    fn document(text: &str) -> Document {
        let mut findings = Diagnostics::new();
        Document::parse(&SourceFile::new("x.yml", text), &mut findings)
            .unwrap_or_else(|| panic!("{findings:?}"))
    }

    fn written(text: &str) -> String {
        document(text).to_yaml()
    }

    #[test]
    fn keys_are_sorted_and_values_keep_their_kind_and_form() {
        let text = "\
# gone
z: [1, 1.50, 1_000, 0x10, 010, 1:30]
b: {on: yes, 2: ~, 'no': 'off'}
a: [{c: 2024-02-29, b: [[x], []]}, {}, .inf, 1.0e+16]
anchored: &it 5
again: *it
";
        let expected = "\
a:
- b:
  -
    - x
  - []
  c: 2024-02-29
- {}
- .inf
- 1.0e+16
again: 5
anchored: 5
b:
  2: ~
  \"no\": \"off\"
  on: yes
z:
- 1
- 1.50
- 1_000
- 0x10
- 010
- 1:30
";
        assert_eq!(written(text), expected);
        assert_eq!(written(expected), expected);
    }

    #[test]
    fn texts_are_read_back_as_they_were() {
        for text in [
            "",
            "a",
            "a b",
            "no",
            "1",
            "1.5",
            "2024-02-29",
            "~",
            "a: b",
            "#x",
            "it's",
            "\"",
            "\\",
            "{{ env_var('A') }}",
            "é日",
            "\u{202e}x",
            "a\nb",
            "a\n\nb\n",
            " a\nb",
            "a\nb ",
            "a\nb\n\n",
            "\n",
            "\t",
            "y",
            "N",
            "- a",
            ".5",
            "/a/b.db",
            "=",
            "!x",
            "&x",
            "*x",
            "%x",
            "@x",
            "null",
            "0x1",
            "1e5",
            "a\u{7f}",
            "\u{1F986}",
        ] {
            let mut tree = document("");
            tree.set(&DocPath::root().key("a").key("b"), json!([text, { text: text }]));
            let yaml = tree.to_yaml();
            let read: serde_json::Value = document(&yaml).deserialize().unwrap();
            assert_eq!(read, json!({ "a": { "b": [text, { text: text }] } }), "{yaml}");
        }
    }

    #[test]
    fn what_is_set_replaces_and_everything_else_stays() {
        let mut tree = document("a: {b: 1, c: 2}\nd: text\n");
        tree.set(
            &DocPath::root().key("a").key("b"),
            json!({ "x": true, "n": null, "f": 1.5, "i": 1, "l": "x\ny\n" }),
        );
        tree.set(&DocPath::root().key("d").key("e"), json!([]));
        assert_eq!(
            tree.to_yaml(),
            "a:\n  b:\n    f: 1.5\n    i: 1\n    l: |\n      x\n      y\n    \"n\": null\n    x: true\n  c: 2\nd:\n  e: []\n"
        );
    }

    #[test]
    fn a_tree_that_is_no_mapping_is_written_too() {
        assert_eq!(written(""), "null\n");
        assert_eq!(written("- a\n- - b\n"), "- a\n-\n  - b\n");
        assert_eq!(written("5"), "5\n");
    }
}
