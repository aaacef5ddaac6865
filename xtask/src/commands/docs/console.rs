//! What a terminal shows: commands behind `$ `, and what they print below them.

/// A command, and what the page says that it prints; empty if it says nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) command: String,
    pub(super) printed: Vec<String>,
}

/// Commands of a block, in order. A line that ends in `\` goes on in the next one.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            entries.push(Entry { command: command.to_owned(), printed: Vec::new() });
            open = true;
        } else if let Some(entry) = entries.last_mut() {
            if open {
                entry.command.push('\n');
                entry.command.push_str(line);
            } else {
                entry.printed.push(line.to_owned());
            }
        }
        open = open && line.ends_with('\\');
    }
    for entry in &mut entries {
        while entry.printed.last().is_some_and(|line| line.trim().is_empty()) {
            entry.printed.pop();
        }
    }
    entries
}

/// Whether a command serves until it is told to end.
pub(super) fn serves(command: &str) -> bool {
    let words = command.split_whitespace().skip_while(|word| word.contains('=') && !word.starts_with('-'));
    let words: Vec<&str> = words.collect();
    let begins = words.starts_with(&["mxcp", "serve"]) || words.starts_with(&["mxcp", "edge", "serve"]);
    begins && !words.contains(&"stdio")
}

/// Whether a program printed what a page shows. On the page `…` stands for any text, and a line of it alone for any lines.
pub(super) fn alike(shown: &[String], printed: &str, varying_numbers: bool) -> bool {
    let plain = |line: &str| if varying_numbers { without_numbers(line) } else { line.to_owned() };
    let shown: Vec<String> = shown.iter().map(|line| plain(line.trim_end())).collect();
    let printed: Vec<String> = printed.trim_end().lines().map(|line| plain(line.trim_end())).collect();
    lines_alike(&shown, &printed)
}

fn lines_alike(shown: &[String], printed: &[String]) -> bool {
    let Some((line, rest)) = shown.split_first() else {
        return printed.is_empty();
    };
    if line.trim() == "…" {
        return (0..=printed.len()).any(|left_out| {
            printed.get(left_out..).is_some_and(|rest_printed| lines_alike(rest, rest_printed))
        });
    }
    match printed.split_first() {
        Some((first, others)) => line_alike(line, first) && lines_alike(rest, others),
        None => false,
    }
}

fn line_alike(shown: &str, printed: &str) -> bool {
    let Some((begin, rest)) = shown.split_once('…') else {
        return shown == printed;
    };
    let Some(printed) = printed.strip_prefix(begin) else { return false };
    match rest.rsplit_once('…') {
        None => printed.ends_with(rest),
        Some((middle, end)) => printed.strip_suffix(end).is_some_and(|mut printed| {
            middle.split('…').all(|part| match printed.split_once(part) {
                Some((_, after)) => {
                    printed = after;
                    true
                }
                None => part.is_empty(),
            })
        }),
    }
}

/// A line in which every number is `0`.
fn without_numbers(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut within = false;
    for c in line.chars() {
        if !c.is_ascii_digit() {
            text.push(c);
        } else if !within {
            text.push('0');
        }
        within = c.is_ascii_digit();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{alike, entries, serves};

    #[test]
    fn tells_commands_from_what_they_print() {
        let found = entries("$ a \\\n  b\nx\n\ny\n\n$ c\n");
        let found: Vec<_> = found.iter().map(|it| (it.command.as_str(), it.printed.join("|"))).collect();
        assert_eq!(found, [("a \\\n  b", "x||y".to_owned()), ("c", String::new())]);
    }

    #[test]
    fn knows_what_serves() {
        for (command, expected) in [
            ("mxcp serve", true),
            ("A=1 mxcp serve --port 8001", true),
            ("mxcp edge serve x.wasm", true),
            ("mxcp serve --transport stdio", false),
            ("mxcp validate", false),
            ("echo mxcp serve", false),
        ] {
            assert_eq!(serves(command), expected, "{command}");
        }
    }

    #[test]
    fn compares_what_is_printed_with_what_is_shown() {
        let cases = [
            ("a\nb", "a\nb\n\n", true),
            ("a", "a\nb\n", false),
            ("a\nb", "a\n", false),
            ("a …", "a b\n", true),
            ("…\nz", "x\ny\nz\n", true),
            ("a\n…", "a\n", true),
            ("a\n…\nz", "a\nb\n", false),
            ("a…c…e", "a.b.c.d.e", true),
            ("a…c…e", "a.b.d.e", false),
            ("in 12 ms", "in 7 ms", true),
        ];
        for (shown, printed, expected) in cases {
            let lines: Vec<String> = shown.lines().map(str::to_owned).collect();
            assert_eq!(alike(&lines, printed, true), expected, "{shown:?} {printed:?}");
        }
        assert!(!alike(&["in 12 ms".to_owned()], "in 7 ms", false));
    }
}
