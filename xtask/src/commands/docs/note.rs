//! What a page says to this command alone: a comment of HTML, which no reader sees.
//!
//! ```text
//! <!-- docs: skip: needs an account at a provider -->    the next block isn't run, and why
//! <!-- docs: network: fetches packages -->               the next block is run with `--network` only, and why
//! <!-- docs: skip yaml python: … -->                     from here on no block in these languages is tried, and why
//! <!-- docs: file=config.yml -->                         the next block is this file
//! <!-- docs: file=config.yml                             the next block is a part of this file: it stands
//! mxcp: 1                                                where the line `…` is, indented like it
//! models:
//!   …
//! -->
//! <!-- docs: append -->                                  the next block goes to the end of the file that the text names
//! <!-- docs: exit=1 -->                                  the last command of the next block ends with this code
//! <!-- docs: varies=numbers -->                          numbers in what its commands print may be others
//! <!-- docs: project -->                                 from here on in another, empty project
//! <!-- docs: project=examples/hr -->                     from here on in a copy of this folder
//! <!-- docs: run                                         commands that a reader needn't see: where data comes from
//! mkdir data
//! -->
//! ```

use anyhow::{Context as _, Result, bail};

/// One comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Note {
    /// The next block isn't run.
    Skip(String),
    /// The next block is run only where there is a network.
    Network(String),
    /// Blocks in some languages aren't tried any more.
    SkipLanguages(Vec<String>, String),
    /// Where the next block belongs, and what stands around it.
    File { path: String, frame: Option<String> },
    /// The next block goes to the end of a file.
    Append,
    /// How the last command of the next block ends.
    Exit(i32),
    /// Numbers in what the next block shows may be others.
    VaryingNumbers,
    /// Another project begins: a copy of a folder, or an empty one.
    Project(Option<String>),
    /// Commands that aren't shown.
    Run(String),
}

impl Note {
    /// Reads a piece of HTML; `None` if it is no comment to this command.
    pub(super) fn parse(html: &str) -> Result<Option<Self>> {
        let Some(rest) = html.trim().strip_prefix("<!-- docs:") else {
            return Ok(None);
        };
        let text = rest.strip_suffix("-->").context("the comment does not end where its lines end")?;
        let (first, body) = text.split_once('\n').unwrap_or((text, ""));
        let body = Some(body.trim_end()).filter(|body| !body.is_empty()).map(|body| format!("{body}\n"));
        let (name, value) = split(first.trim());
        let reason = || match value {
            "" => bail!("`{name}` needs a reason"),
            reason => Ok(reason.to_owned()),
        };
        let note = match name {
            "skip" => Self::Skip(reason()?),
            "network" => Self::Network(reason()?),
            _ if name.starts_with("skip ") => {
                Self::SkipLanguages(name.split_whitespace().skip(1).map(str::to_owned).collect(), reason()?)
            }
            "file" if !value.is_empty() => Self::File { path: value.to_owned(), frame: body.clone() },
            "append" => Self::Append,
            "exit" => Self::Exit(value.parse().with_context(|| format!("`exit={value}`: not a number"))?),
            "varies" if value == "numbers" => Self::VaryingNumbers,
            "project" => Self::Project(Some(value).filter(|value| !value.is_empty()).map(str::to_owned)),
            "run" => Self::Run(body.clone().context("`run` needs commands in the lines below it")?),
            _ => bail!("`{}` is nothing that a page can say", first.trim()),
        };
        if body.is_some() && !matches!(note, Self::File { .. } | Self::Run(_)) {
            bail!("`{name}` takes one line");
        }
        Ok(Some(note))
    }
}

/// A name and what follows it, behind `=` or `:`.
fn split(text: &str) -> (&str, &str) {
    match text.split_once([':', '=']) {
        Some((name, value)) => (name.trim(), value.trim()),
        None => (text, ""),
    }
}

/// A block within what stands around it: at the line `…`, indented like that.
pub(super) fn framed(frame: &str, block: &str) -> Result<String> {
    let mut text = String::new();
    let mut places = 0;
    for line in frame.lines() {
        if line.trim() != "…" {
            text.push_str(line);
            text.push('\n');
            continue;
        }
        places += 1;
        let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
        for line in block.lines() {
            if !line.is_empty() {
                text.push_str(&indent);
            }
            text.push_str(line);
            text.push('\n');
        }
    }
    if places != 1 {
        bail!("the lines around a part of a file have one line `…`, where the part is");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{Note, framed};

    #[test]
    fn reads_what_a_page_says() {
        let cases = [
            ("<!-- other -->", None),
            (
                "<!-- docs: skip: asks a provider: GitHub -->",
                Some(Note::Skip("asks a provider: GitHub".into())),
            ),
            (
                "<!-- docs: skip yaml sql: tried elsewhere -->",
                Some(Note::SkipLanguages(vec!["yaml".into(), "sql".into()], "tried elsewhere".into())),
            ),
            ("<!-- docs: file=a/b.yml -->", Some(Note::File { path: "a/b.yml".into(), frame: None })),
            (
                "<!-- docs: file=a.yml\nx:\n  …\n-->",
                Some(Note::File { path: "a.yml".into(), frame: Some("x:\n  …\n".into()) }),
            ),
            ("<!-- docs: network: pip -->", Some(Note::Network("pip".into()))),
            ("<!-- docs: append -->", Some(Note::Append)),
            ("<!-- docs: exit=2 -->", Some(Note::Exit(2))),
            ("<!-- docs: project -->", Some(Note::Project(None))),
            ("<!-- docs: project=examples/hr -->", Some(Note::Project(Some("examples/hr".into())))),
            ("<!-- docs: run\nmkdir a\n-->", Some(Note::Run("mkdir a\n".into()))),
        ];
        for (html, expected) in cases {
            assert_eq!(Note::parse(html).unwrap(), expected, "{html}");
        }
    }

    #[test]
    fn refuses_what_it_does_not_know_and_what_has_no_reason() {
        for html in [
            "<!-- docs: skip -->",
            "<!-- docs: skip: -->",
            "<!-- docs: skpi: no -->",
            "<!-- docs: exit=many -->",
            "<!-- docs: run -->",
            "<!-- docs: append\nmore\n-->",
        ] {
            assert!(Note::parse(html).is_err(), "{html}");
        }
    }

    #[test]
    fn puts_a_part_in_its_place() {
        assert_eq!(framed("a:\n  …\nb: 1\n", "x: 1\n\ny: 2\n").unwrap(), "a:\n  x: 1\n\n  y: 2\nb: 1\n");
        assert!(framed("a: 1\n", "x: 1\n").is_err());
    }
}
