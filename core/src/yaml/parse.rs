//! From text to a marked tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span as Marks, Tag};

use super::entries::Entries;
use super::limits::{Budget, MAX_DEPTH};
use super::node::{Data, Entry, Node};
use super::offsets::Offsets;
use super::report::MAX_TOLD;
use super::scalar;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{SourceFile, Span};

/// What a second document in the file means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Further {
    /// It is an error.
    Refused,
    /// It is not read, and neither is what follows.
    Ignored,
}

/// Parses a file of one document; an empty one is a null root.
pub(super) fn parse(file: &Arc<SourceFile>, further: Further, findings: &mut Diagnostics) -> Option<Node> {
    let mut builder = Builder {
        file,
        offsets: Offsets::of(file.text()),
        findings,
        stack: Vec::new(),
        anchors: BTreeMap::new(),
        root: None,
        budget: Budget::default(),
        duplicates: 0,
    };
    let mut documents = 0;
    for event in Parser::new_from_str(file.text()) {
        let step = match event {
            Ok((Event::DocumentStart(_), marks)) => {
                documents += 1;
                if documents > 1 {
                    if further == Further::Ignored {
                        break;
                    }
                    let at = builder.span(&marks);
                    let message = "expected a single document in the stream";
                    let help = "a file holds one document; put the rest into files of their own";
                    builder.fail(
                        Diagnostic::error(Code::SeveralDocuments, message)
                            .label(at, "second document")
                            .help(help),
                    )
                } else {
                    Some(())
                }
            }
            Ok((event, marks)) => builder.event(event, &marks),
            Err(error) => {
                let at = builder.offset(error.marker());
                let span = Span::new(file, at..at + 1);
                let problem = match error.info() {
                    // The parser has a limit of its own, and reads ahead of what it has given out.
                    "recursion limit exceeded" => too_deep(),
                    info => Diagnostic::error(Code::YamlSyntax, explanation(info)).help(remedy(info)),
                };
                builder.fail(problem.label(span, ""))
            }
        };
        step?;
    }
    Some(builder.root.unwrap_or(Node { range: 0..0, data: Data::Null }))
}

/// What the parser says, introduced by what it was doing as with its other errors.
fn explanation(info: &str) -> String {
    if info.starts_with("tabs disallowed") {
        return format!("while scanning for the next token, {info}");
    }
    info.to_owned()
}

/// What to do about what the parser says, which is mostly in terms of its grammar.
fn remedy(info: &str) -> &'static str {
    const REMEDIES: [(&str, &str); 11] = [
        ("tabs disallowed", "indent with blanks"),
        ("found a tab", "indent with blanks"),
        (
            "mapping values are not allowed",
            "a text with `: ` in it needs quotation marks; if it is a key, it is indented too far",
        ),
        ("unexpected character", "a text that begins with such a character needs quotation marks"),
        ("directive", "a text that begins with `%` needs quotation marks"),
        ("unknown anchor", "a text that begins with `*` needs quotation marks"),
        (
            "escape",
            "between double quotation marks `\\` begins an escape: write it twice, or use single quotation marks",
        ),
        (
            "trailing content",
            "the text ended at a quotation mark within it: write that twice, or put the text between the others",
        ),
        ("quoted scalar", "close the quotation mark"),
        (
            "flow",
            "within brackets and braces, a text with a bracket, a brace or a comma in it needs quotation marks; \
             and there is a comma between entries, and a closing bracket for each",
        ),
        ("expect ':'", "a key is followed by a colon and a blank"),
    ];
    const COLUMNS: &str = "look at this line and those before it: what belongs together begins in the same column, \
        and quotation marks and brackets are closed";
    REMEDIES.iter().find(|(words, _)| info.contains(words)).map_or(COLUMNS, |(_, remedy)| remedy)
}

fn too_deep() -> Diagnostic {
    Diagnostic::error(Code::TooLarge, format!("file is nested more than {MAX_DEPTH} levels deep"))
}

struct Builder<'a> {
    file: &'a Arc<SourceFile>,
    offsets: Offsets,
    findings: &'a mut Diagnostics,
    stack: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    root: Option<Node>,
    budget: Budget,
    duplicates: usize,
}

/// A collection whose end has not been seen.
struct Open {
    start: usize,
    anchor: usize,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping { entries: Entries, merged: Vec<Node>, key: Option<Node> },
}

impl Builder<'_> {
    fn offset(&self, marker: &Marker) -> usize {
        self.offsets.byte(self.file.text(), marker.index())
    }

    fn span(&self, marks: &Marks) -> Span {
        Span::new(self.file, self.offset(&marks.start)..self.offset(&marks.end))
    }

    fn fail(&mut self, diagnostic: Diagnostic) -> Option<()> {
        self.findings.push(diagnostic);
        None
    }

    fn event(&mut self, event: Event<'_>, marks: &Marks) -> Option<()> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let mut span = self.span(marks);
                if text.is_empty() && style == ScalarStyle::Plain {
                    span = Span::new(self.file, span.range().start..span.range().start);
                }
                let data = self.scalar(&text, style, tag.as_deref(), &span)?;
                self.value(Node { range: span.range(), data }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.open(marks, anchor, Content::Sequence(Vec::new())),
            Event::MappingStart(anchor, _) => self.open(
                marks,
                anchor,
                Content::Mapping { entries: Entries::default(), merged: Vec::new(), key: None },
            ),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.stack.pop() else { return Some(()) };
                let data = match open.content {
                    Content::Sequence(items) => Data::Sequence(items),
                    Content::Mapping { entries, merged, .. } => Data::Mapping(merge(entries, merged)),
                };
                let end = self.offset(&marks.end).max(open.start);
                self.value(Node { range: open.start..end, data }, open.anchor)
            }
            Event::Alias(anchor) => {
                let span = self.span(marks);
                let Some(node) = self.anchors.get(&anchor) else {
                    return self.fail(
                        Diagnostic::error(Code::YamlSyntax, "alias of an unknown anchor").label(span, ""),
                    );
                };
                if let Err(problem) = self.budget.copy(node) {
                    return self.fail(problem.label(span, ""));
                }
                let node = Node { range: span.range(), data: node.data.clone() };
                self.value(node, 0)
            }
            _ => Some(()),
        }
    }

    fn open(&mut self, marks: &Marks, anchor: usize, content: Content) -> Option<()> {
        let span = self.span(marks);
        if self.stack.len() >= MAX_DEPTH {
            return self.fail(too_deep().label(span, ""));
        }
        self.stack.push(Open { start: span.range().start, anchor, content });
        Some(())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: &Span) -> Option<Data> {
        let string = Data::String { text: text.to_owned(), literal: style == ScalarStyle::Literal };
        match tag {
            None if style == ScalarStyle::Plain => Some(scalar::resolve(text)),
            None => Some(string),
            Some(tag) if tag.is_yaml_core_schema() && matches!(tag.suffix.as_str(), "str" | "binary") => {
                Some(string)
            }
            Some(tag)
                if tag.is_yaml_core_schema()
                    && matches!(tag.suffix.as_str(), "null" | "bool" | "int" | "float" | "timestamp") =>
            {
                Some(scalar::resolve(text))
            }
            Some(tag) => {
                let message =
                    format!("could not determine a constructor for the tag `{}{}`", tag.handle, tag.suffix);
                self.fail(Diagnostic::error(Code::YamlSyntax, message).label(span.clone(), ""))?;
                None
            }
        }
    }

    /// Puts a finished value where it belongs.
    fn value(&mut self, node: Node, anchor: usize) -> Option<()> {
        let copied = if anchor == 0 { Ok(()) } else { self.budget.copy(&node) };
        if let Err(problem) = copied.and_then(|()| self.budget.value()) {
            let span = Span::new(self.file, node.range);
            return self.fail(problem.label(span, ""));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(node);
            return Some(());
        };
        match &mut open.content {
            Content::Sequence(items) => items.push(node),
            Content::Mapping { key: slot @ None, .. } => *slot = Some(node),
            Content::Mapping { entries, merged, key } => {
                let Some(written) = key.take() else { return Some(()) };
                let Some(name) = key_text(self.file, &written) else {
                    let span = Span::new(self.file, written.range);
                    return self
                        .fail(Diagnostic::error(Code::YamlSyntax, "a key must be a text").label(span, ""));
                };
                if name == "<<" {
                    merged.push(node);
                } else if let Some(first) = entries.find(&name) {
                    // The first one wins, so that what follows speaks of one value; the file is refused anyway.
                    let diagnostic = Diagnostic::error(Code::DuplicateKey, format!("duplicate key `{name}`"))
                        .label(Span::new(self.file, written.range), "second")
                        .label(Span::new(self.file, first.key_range.clone()), "first");
                    self.findings.push(diagnostic);
                    self.duplicates += 1;
                    return (self.duplicates < MAX_TOLD).then_some(());
                } else {
                    entries.push(Entry { key: name, key_range: written.range, value: node });
                }
            }
        }
        Some(())
    }
}

/// A key as text: scalars are taken as written.
fn key_text(file: &SourceFile, node: &Node) -> Option<String> {
    match &node.data {
        Data::String { text, .. } => Some(text.clone()),
        Data::Sequence(_) | Data::Mapping(_) => None,
        _ => file.text().get(node.range.clone()).map(str::to_owned),
    }
}

/// `<<`: what the mapping has itself wins, then the mappings merged, in order.
fn merge(mut entries: Entries, merged: Vec<Node>) -> Vec<Entry> {
    let sources = merged.into_iter().flat_map(|node| match node.data {
        Data::Sequence(items) => items,
        _ => vec![node],
    });
    for source in sources {
        let Data::Mapping(inherited) = source.data else { continue };
        for entry in inherited {
            if entries.find(&entry.key).is_none() {
                entries.push(entry);
            }
        }
    }
    entries.into_vec()
}

#[cfg(test)]
mod tests {
    use super::{Further, parse};
    use crate::diagnostic::Diagnostics;
    use crate::source::SourceFile;

    #[test]
    fn says_what_to_do_about_what_people_get_wrong() {
        let cases = [
            ("a:\n  b: 1\n\tc: 2\n", "indent with blanks"),
            ("a:\n   b: 1\n  c: 2\n", "the same column"),
            ("a: b: c\n", "`: `"),
            ("a: @b\n", "such a character"),
            ("a: *b\n", "`*`"),
            ("a: 'it's'\n", "within it"),
            ("a: \"b\n", "close the quotation mark"),
            ("a: {b: c[1, 2]}\n", "within brackets and braces"),
            ("a: {b: 1\n", "within brackets and braces"),
            ("a: 1\nb\n", "colon and a blank"),
        ];
        for (text, expected) in cases {
            let mut findings = Diagnostics::new();
            parse(&SourceFile::new("x.yml", text), Further::Refused, &mut findings);
            let first = findings.iter().next().unwrap();
            let help = first.help.as_deref().unwrap_or_default();
            assert!(help.contains(expected), "{text:?}: {} ({help})", first.message);
        }
    }
}
