//! A page as steps: its blocks of code, with what the page says about them.

use std::ops::Range;

use anyhow::{Context as _, Result, bail};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::note::Note;

/// Something to do, and the line of the page that says so.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) line: usize,
    pub(super) what: What,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Begin another project.
    Project(Option<String>),
    /// Run commands that no reader sees.
    Run(String),
    /// Do what a block says.
    Block(Block),
}

/// A block of code.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Block {
    /// The first word behind its fence.
    pub(super) language: String,
    pub(super) text: String,
    /// The file that it is, or is a part of.
    pub(super) file: Option<String>,
    /// What stands around it in that file.
    pub(super) frame: Option<String>,
    /// Whether it goes to the end of that file.
    pub(super) append: bool,
    /// How its last command ends.
    pub(super) exit: i32,
    /// Whether numbers in what it shows may be others.
    pub(super) varying_numbers: bool,
    /// Why it isn't run, if so.
    pub(super) skip: Option<String>,
    /// Why it needs a network, if so.
    pub(super) network: Option<String>,
}

/// Reads a page: what to do, in order.
pub(super) fn parse(text: &str) -> Result<Vec<Step>> {
    let mut reader = Reader { text, steps: Vec::new(), skipped: Vec::new(), next: Next::default() };
    let mut html: Option<(String, Range<usize>)> = None;
    let mut code: Option<(CodeBlockKind<'_>, String)> = None;
    for (event, range) in Parser::new_ext(text, Options::empty()).into_offset_iter() {
        match event {
            Event::Start(Tag::HtmlBlock) => html = Some((String::new(), range)),
            Event::Html(piece) => {
                if let Some((text, _)) = &mut html {
                    text.push_str(&piece);
                }
            }
            Event::End(TagEnd::HtmlBlock) => {
                if let Some((text, range)) = html.take() {
                    let line = reader.line(range.start);
                    reader.note(&text, line).with_context(|| format!("line {line}"))?;
                }
            }
            Event::Start(Tag::CodeBlock(kind)) => code = Some((kind, String::new())),
            Event::End(TagEnd::CodeBlock) => {
                if let Some((kind, text)) = code.take() {
                    let line = reader.line(range.start);
                    reader.block(&kind, text, line).with_context(|| format!("line {line}"))?;
                }
            }
            Event::Text(piece) => match &mut code {
                Some((_, text)) => text.push_str(&piece),
                None => reader.next.said.push_str(&piece),
            },
            Event::Code(piece) => {
                reader.next.said.push_str(&piece);
                reader.next.named = Some((piece.to_string(), reader.next.said.len()));
            }
            Event::InlineHtml(piece) if piece.starts_with("<!-- docs:") => {
                let line = reader.line(range.start);
                bail!("line {line}: a comment to `cargo xtask docs` stands in lines of its own");
            }
            Event::Start(_) => reader.next.forget_text(),
            _ => {}
        }
    }
    if !reader.next.notes.is_empty() {
        bail!("the last comment is about a block, and none follows");
    }
    Ok(reader.steps)
}

struct Reader<'a> {
    text: &'a str,
    steps: Vec<Step>,
    /// Languages that aren't tried any more, and why.
    skipped: Vec<(Vec<String>, String)>,
    next: Next,
}

/// What is known about the next block.
#[derive(Default)]
struct Next {
    notes: Vec<Note>,
    /// The text of the paragraph before it.
    said: String,
    /// What stood in backticks there last, and where it ended.
    named: Option<(String, usize)>,
}

impl Next {
    fn forget_text(&mut self) {
        self.said.clear();
        self.named = None;
    }

    /// The file that the text names, if it ends with the name and a colon.
    fn file(&self) -> Option<String> {
        let (name, end) = self.named.as_ref()?;
        (self.said.get(*end..)? == ":" && is_path(name)).then(|| name.clone())
    }
}

impl Reader<'_> {
    fn line(&self, at: usize) -> usize {
        self.text.bytes().take(at).filter(|&byte| byte == b'\n').count() + 1
    }

    fn note(&mut self, html: &str, line: usize) -> Result<()> {
        match Note::parse(html)? {
            None => {}
            Some(Note::SkipLanguages(languages, reason)) => self.skipped.push((languages, reason)),
            Some(Note::Project(folder)) => self.steps.push(Step { line, what: What::Project(folder) }),
            Some(Note::Run(script)) => self.steps.push(Step { line, what: What::Run(script) }),
            Some(note) => self.next.notes.push(note),
        }
        Ok(())
    }

    fn block(&mut self, kind: &CodeBlockKind<'_>, text: String, line: usize) -> Result<()> {
        let CodeBlockKind::Fenced(info) = kind else {
            bail!("an indented block says no language; put it between fences");
        };
        let language = info.split_whitespace().next().unwrap_or_default().to_owned();
        if language.is_empty() {
            bail!("a block without a language; `text` is what is only shown");
        }
        let next = std::mem::take(&mut self.next);
        let skip = self.skipped.iter().find(|(languages, _)| languages.contains(&language));
        let skip = skip.map(|(_, reason)| reason.clone());
        let file = next.file().or_else(|| heading(&text));
        let mut block = Block { file, language, text, skip, ..Block::default() };
        for note in next.notes {
            match note {
                Note::Network(reason) => block.network = Some(reason),
                Note::Skip(reason) => block.skip = Some(reason),
                Note::File { path, frame } => (block.file, block.frame) = (Some(path), frame),
                Note::Append => block.append = true,
                Note::Exit(code) => block.exit = code,
                Note::VaryingNumbers => block.varying_numbers = true,
                Note::SkipLanguages(..) | Note::Project(_) | Note::Run(_) => {}
            }
        }
        self.steps.push(Step { line, what: What::Block(block) });
        Ok(())
    }
}

/// The file that the first line of a block names in a comment of its own.
fn heading(text: &str) -> Option<String> {
    let name = text.lines().next()?.strip_prefix("# ")?.trim();
    is_path(name).then(|| name.to_owned())
}

fn is_path(text: &str) -> bool {
    const KINDS: &[&str] = &[".csv", ".json", ".mjs", ".py", ".sql", ".toml", ".yaml", ".yml"];
    KINDS.iter().any(|kind| text.ends_with(kind))
        && !text.contains(char::is_whitespace)
        && !text.contains("://")
}

#[cfg(test)]
mod tests {
    use super::{Block, What, parse};

    fn blocks(text: &str) -> Vec<Block> {
        let steps = parse(text).unwrap();
        let blocks = steps.into_iter().filter_map(|step| match step.what {
            What::Block(block) => Some(block),
            What::Project(_) | What::Run(_) => None,
        });
        blocks.collect()
    }

    #[test]
    fn finds_the_file_of_a_block() {
        let cases = [
            ("`tools/a.yml`:\n\n```yaml\na: 1\n```\n", Some("tools/a.yml")),
            ("Write this to `a.sql`:\n\n```sql\nSELECT 1\n```\n", Some("a.sql")),
            ("Look at `a.sql` first:\n\n```sql\nSELECT 1\n```\n", None),
            ("`mxcp run` and\n`--x`:\n\n```yaml\na: 1\n```\n", None),
            ("`a.yml`:\n\n## Next\n\n```yaml\na: 1\n```\n", None),
            ("```python\n# python/a.py\nx = 1\n```\n", Some("python/a.py")),
            ("```yaml\n# a.yml, the same for all\nx: 1\n```\n", None),
            ("`a.yml`:\n\n<!-- docs: file=b.yml -->\n```yaml\na: 1\n```\n", Some("b.yml")),
        ];
        for (text, expected) in cases {
            assert_eq!(blocks(text)[0].file.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn reads_blocks_in_lists_without_their_indentation_and_notes_in_order() {
        let text = "1. One:\n\n   <!-- docs: exit=1 -->\n   ```console\n   $ a\n     b\n   ```\n\n\
                    <!-- docs: project -->\n<!-- docs: run\nx\n\ny\n-->\n\n<!-- docs: skip: no -->\n```sh\nz\n```\n";
        let steps = parse(text).unwrap();
        let lines: Vec<_> = steps.iter().map(|step| step.line).collect();
        assert_eq!(lines, [4, 9, 10, 17]);
        let What::Block(first) = &steps[0].what else { panic!() };
        assert_eq!((first.text.as_str(), first.exit), ("$ a\n  b\n", 1));
        assert_eq!(steps[2].what, What::Run("x\n\ny\n".to_owned()));
        assert_eq!(blocks(text)[1].skip.as_deref(), Some("no"));
        let skipped = blocks("<!-- docs: skip sh: no -->\n\n```sh\na\n```\n```text\nb\n```\n");
        assert_eq!([skipped[0].skip.as_deref(), skipped[1].skip.as_deref()], [Some("no"), None]);
    }

    #[test]
    fn refuses_blocks_that_say_too_little() {
        let cases = [
            ("a\n\n    indented\n", "fences"),
            ("```\na\n```\n", "language"),
            ("<!-- docs: exit=1 -->\n", "none follows"),
            ("a <!-- docs: exit=1 --> b\n", "of its own"),
        ];
        for (text, expected) in cases {
            let error = format!("{:#}", parse(text).unwrap_err());
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
