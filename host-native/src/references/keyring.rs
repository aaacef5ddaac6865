//! The keyring of the operating system, through the tool that comes with it: a client of its own would bring a hundred
//! crates for one look-up at the start.

use std::io;
use std::process::Command;
use std::time::Duration;

use super::command;

/// Longest time for one entry: somebody may have to allow it.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Who is asked, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tool {
    name: &'static str,
    /// What comes before the service, and what between service and account.
    words: [&'static [&'static str]; 2],
    /// Where it comes from.
    origin: &'static str,
}

/// The keychain of macOS, and the secret service elsewhere (GNOME, KDE), by the names that other programs use as well.
pub(super) const TOOL: Tool = if cfg!(target_os = "macos") {
    Tool {
        name: "security",
        words: [&["find-generic-password", "-w", "-s"], &["-a"]],
        origin: "it is a part of macOS",
    }
} else {
    Tool {
        name: "secret-tool",
        words: [&["lookup", "service"], &["username"]],
        origin: "it is in the package libsecret-tools or libsecret",
    }
};

/// What the keyring has for an account of a service.
///
/// # Errors
/// It has nothing, nobody allows it, or there is no keyring.
pub(super) fn read(tool: Tool, service: &str, account: &str) -> Result<String, String> {
    let failed =
        |why: &str| format!("can't get the account `{account}` of `{service}` from the keyring: {why}");
    let [before, between] = tool.words;
    let mut command = Command::new(tool.name);
    command.args(before).arg(service).args(between).arg(account);
    let answer = command::run(&mut command, TIMEOUT).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => failed(&format!("`{}` is not on the PATH; {}", tool.name, tool.origin)),
        _ => failed(&format!("`{}` can't be used: {error}", tool.name)),
    })?;
    let answer = answer
        .ok_or_else(|| failed(&format!("`{}` did not answer within {} s", tool.name, TIMEOUT.as_secs())))?;
    if !answer.status.success() {
        let said = String::from_utf8_lossy(&answer.stderr);
        let said = said.lines().map(str::trim).find(|line| !line.is_empty());
        return Err(failed(said.unwrap_or("it has no such entry")));
    }
    // The error would hold the bytes.
    let text = String::from_utf8(answer.stdout).map_err(|_| failed("the entry is no UTF-8 text"))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    if text.is_empty() { Err(failed("the entry is empty")) } else { Ok(text.to_owned()) }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    /// A shell that is asked instead, which sees service and account as its last arguments.
    fn shell(script: &'static [&'static str]) -> Tool {
        Tool { name: "sh", words: [script, &["-a"]], origin: "it is everywhere" }
    }

    #[test]
    fn an_entry_is_what_the_tool_prints() {
        let tool = shell(&["-c", "printf '%s|' \"$@\"; echo", "sh", "-s"]);
        assert_eq!(read(tool, "my service", "a/b").as_deref(), Ok("-s|my service|-a|a/b|"));
    }

    #[test]
    fn what_the_tool_complains_of_is_told_without_what_it_printed() {
        let tool = shell(&["-c", "echo 'no keyring' >&2; echo s3cr3t; exit 1", "sh"]);
        assert_eq!(
            read(tool, "s", "a").unwrap_err(),
            "can't get the account `a` of `s` from the keyring: no keyring"
        );
    }

    #[test]
    fn an_entry_that_is_not_there_is_an_error() {
        for (script, problem) in [
            (&["-c", "exit 1", "sh"], "it has no such entry"),
            (&["-c", "exit 0", "sh"], "the entry is empty"),
            (&["-c", "printf '\\377'", "sh"], "the entry is no UTF-8 text"),
        ] {
            let found = read(shell(script), "s", "a").unwrap_err();
            assert!(found.ends_with(problem), "{found}");
        }
    }

    #[test]
    fn a_missing_tool_is_named_with_where_it_comes_from() {
        let tool = Tool { name: "no-such-tool", ..TOOL };
        let problem = read(tool, "s", "a").unwrap_err();
        assert!(problem.contains("`no-such-tool` is not on the PATH; it is "), "{problem}");
    }
}
