//! Findings as text, with the lines they speak of.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use mxcp_core::diagnostic::{Diagnostic, Label, Severity};

/// A finding as text, without a line end.
pub(super) fn render(finding: &Diagnostic, coloured: bool) -> String {
    let renderer = if coloured { Renderer::styled() } else { Renderer::plain() };
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let (title, note) = split(finding);
    let mut group = Group::with_title(level.primary_title(title).id(finding.code.as_str()));
    for labels in by_file(&finding.labels) {
        let Some(first) = labels.first() else { continue };
        let file = first.span.file();
        if file.text().is_empty() {
            group = group.element(Origin::path(file.path()));
            continue;
        }
        let annotations = labels.iter().map(|label| {
            let main = finding.labels.first().is_some_and(|main| std::ptr::eq(main, *label));
            let kind = if main { AnnotationKind::Primary } else { AnnotationKind::Context };
            let text = (!label.text.is_empty()).then_some(label.text.as_str());
            kind.span(label.span.range()).label(text)
        });
        group = group.element(Snippet::source(file.text()).path(file.path()).annotations(annotations));
    }
    if let Some(note) = note {
        group = group.element(Level::NOTE.message(note));
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.decor_style(DecorStyle::Ascii).render(&[group])
}

/// The first line of the message with its path, and the further ones.
///
/// DuckDB ends its messages with an excerpt of the statement (`LINE 1: …`): where the place is known, the snippet
/// shows it better.
fn split(finding: &Diagnostic) -> (String, Option<String>) {
    let summary = finding.summary();
    let Some((title, rest)) = summary.split_once('\n') else {
        return (summary, None);
    };
    let placed = !finding.labels.is_empty();
    let lines: Vec<_> = rest.lines().take_while(|line| !(placed && line.starts_with("LINE "))).collect();
    let note = lines.join("\n").trim().to_owned();
    (title.to_owned(), (!note.is_empty()).then_some(note))
}

/// The labels in runs of one file each, files in order of their first label.
fn by_file(labels: &[Label]) -> Vec<Vec<&Label>> {
    let mut files: Vec<Vec<&Label>> = Vec::new();
    for label in labels {
        let same = |run: &&mut Vec<&Label>| {
            run.first().is_some_and(|first| first.span.file().path() == label.span.file().path())
        };
        match files.iter_mut().find(same) {
            Some(run) => run.push(label),
            None => files.push(vec![label]),
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use mxcp_core::diagnostic::Code;
    use mxcp_core::source::{SourceFile, Span};

    use super::*;

    fn span(file: &std::sync::Arc<SourceFile>, text: &str) -> Span {
        let at = file.text().find(text).unwrap();
        Span::new(file, at..at + text.len())
    }

    #[test]
    fn findings_show_code_place_and_help() {
        let file = SourceFile::new("tools/a.yml", "tool:\n  nme: x\n");
        let finding = Diagnostic::error(Code::UnknownKey, "Extra inputs are not permitted")
            .at("tool.nme")
            .label(span(&file, "nme"), "")
            .help("did you mean `name`?");
        let expected = "\
error[unknown-key]: tool.nme: Extra inputs are not permitted
 --> tools/a.yml:2:3
  |
2 |   nme: x
  |   ^^^
  |
  = help: did you mean `name`?";
        assert_eq!(render(&finding, false), expected);
    }

    #[test]
    fn places_in_two_files_are_both_shown() {
        let yaml = SourceFile::new("tools/a.yml", "name: zz\n");
        let sql = SourceFile::new("sql/a.sql", "SELECT $b");
        let finding = Diagnostic::error(Code::ParameterMismatch, "mismatch")
            .label(span(&sql, "$b"), "not declared")
            .label(span(&yaml, "zz"), "not used");
        let text = render(&finding, false);
        assert!(text.contains("sql/a.sql:1:8"), "{text}");
        assert!(text.contains("^^ not declared"), "{text}");
        assert!(text.contains("tools/a.yml:1:7"), "{text}");
        assert!(text.contains("-- not used"), "{text}");
    }

    #[test]
    fn an_excerpt_of_the_database_gives_way_to_the_snippet() {
        let sql = SourceFile::new("sql/a.sql", "SELEC 1");
        let message = "Parser Error: syntax error\nDid you mean SELECT?\n\nLINE 1: SELEC 1\n        ^";
        let bare = Diagnostic::error(Code::SqlSyntax, message);
        assert!(render(&bare, false).contains("LINE 1"));
        let text = render(&bare.label(span(&sql, "SELEC"), ""), false);
        assert!(!text.contains("LINE 1"), "{text}");
        assert!(text.contains("note: Did you mean SELECT?"), "{text}");
    }

    #[test]
    fn findings_without_a_place_or_text_are_rendered() {
        let finding = Diagnostic::warning(Code::IgnoredFile, "`tools/a.yaml` is not read");
        assert_eq!(render(&finding, false), "warning[ignored-file]: `tools/a.yaml` is not read");
        let empty = SourceFile::new("tools/e.yml", "");
        let finding =
            Diagnostic::error(Code::EmptyFile, "Endpoint file is empty").label(Span::new(&empty, 0..0), "");
        assert!(render(&finding, false).contains("tools/e.yml"));
    }

    #[test]
    fn a_place_at_the_very_end_is_rendered() {
        let file = SourceFile::new("sql/a.sql", "SELECT\n");
        let finding = Diagnostic::error(Code::SqlSyntax, "syntax error at end of input")
            .label(Span::new(&file, 7..7), "");
        assert!(render(&finding, false).contains("sql/a.sql"));
    }
}
