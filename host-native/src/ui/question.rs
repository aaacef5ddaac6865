//! Questions to whoever sits at the terminal.

use std::io::{self, BufRead as _, Write as _};

use super::printable;

/// Asks a question that is answered with no unless somebody says yes.
pub(crate) fn confirm(question: &str) -> io::Result<bool> {
    write!(io::stderr(), "{} [y/N]: ", printable(question))?;
    let mut answer = String::new();
    // An input that is closed, or no text, is no yes.
    if io::stdin().lock().read_line(&mut answer).unwrap_or(0) == 0 {
        writeln!(io::stderr())?;
    }
    Ok(["y", "yes"].iter().any(|yes| answer.trim().eq_ignore_ascii_case(yes)))
}
