//! 1Password, through its command-line tool.

use std::ffi::OsStr;
use std::io;
use std::process::Command;
use std::time::Duration;

use mxcp_core::schema::OnePassword;

use super::{command, token};

/// Longest time for one field.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The variable that the tool takes the token from.
const TOKEN: &str = "OP_SERVICE_ACCOUNT_TOKEN";

/// A field, read with `tool`.
///
/// # Errors
/// There is no token, no tool or no such field, or the tool takes too long.
pub(super) fn read(tool: &OsStr, settings: &OnePassword, url: &str) -> Result<String, String> {
    let name = &settings.token_env;
    let token = token(name).ok_or_else(|| {
        format!("1Password service account token not found in environment variable '{name}'")
    })?;
    read_with_token(tool, &token, url, TIMEOUT)
}

fn read_with_token(tool: &OsStr, token: &str, url: &str, limit: Duration) -> Result<String, String> {
    let failed = |why: &str| format!("Failed to resolve 1Password URL {url}: {why}");
    let mut command = Command::new(tool);
    command.args(["read", "--no-newline", "--", url]).env(TOKEN, token);
    let answer = command::run(&mut command, limit).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => failed(
            "1Password's command-line tool `op` is not on the PATH; install it to use `op://` references",
        ),
        _ => failed(&format!("the command-line tool `op` can't be used: {error}")),
    })?;
    let answer = answer.ok_or_else(|| {
        failed(&format!("the command-line tool `op` did not answer within {} s", limit.as_secs()))
    })?;
    if !answer.status.success() {
        let said = String::from_utf8_lossy(&answer.stderr);
        let said = said.lines().map(str::trim).find(|line| !line.is_empty());
        return Err(failed(said.unwrap_or("`op` failed without a message")));
    }
    // The error would hold the bytes.
    String::from_utf8(answer.stdout).map_err(|_| failed("the field is no UTF-8 text"))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;

    use super::*;

    /// A tool that does what a script says.
    fn tool(script: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("op");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_field_is_what_the_tool_prints() {
        let (_folder, tool) = tool(r#"[ "$OP_SERVICE_ACCOUNT_TOKEN" = t ] && printf '%s|' "$@""#);
        let read = read_with_token(tool.as_os_str(), "t", "op://v/i/one time?attribute=otp", TIMEOUT);
        assert_eq!(read.as_deref(), Ok("read|--no-newline|--|op://v/i/one time?attribute=otp|"));
    }

    #[test]
    fn what_the_tool_complains_of_is_told_without_the_token() {
        let (_folder, tool) = tool("echo '[ERROR] no such item' >&2; echo s3cr3t; exit 1");
        let problem = read_with_token(tool.as_os_str(), "t0ken", "op://v/i/f", TIMEOUT).unwrap_err();
        assert_eq!(problem, "Failed to resolve 1Password URL op://v/i/f: [ERROR] no such item");
    }

    #[test]
    fn a_missing_tool_is_named() {
        let problem = read_with_token("no-such-tool".as_ref(), "t", "op://v/i/f", TIMEOUT).unwrap_err();
        assert!(problem.contains("`op` is not on the PATH"), "{problem}");
    }

    #[test]
    fn a_tool_that_does_not_answer_in_time_is_given_up() {
        // The second one says all it has to say and stays.
        for script in ["exec sleep 600", "printf x; exec sleep 600 >&- 2>&-"] {
            let (_folder, tool) = tool(script);
            let problem =
                read_with_token(tool.as_os_str(), "t", "op://v/i/f", Duration::from_millis(50)).unwrap_err();
            assert!(problem.ends_with("`op` did not answer within 0 s"), "{problem}");
        }
    }

    #[test]
    fn a_field_may_be_larger_than_a_pipe() {
        let (_folder, tool) = tool("head -c 300000 /dev/zero | tr '\\0' x; head -c 300000 /dev/zero >&2");
        let read = read_with_token(tool.as_os_str(), "t", "op://v/i/f", TIMEOUT);
        assert_eq!(read.map(|text| text.len()), Ok(300_000));
    }

    #[test]
    fn a_missing_token_is_named() {
        let settings = OnePassword { enabled: true, token_env: "NO_SUCH_TOKEN_IS_SET".to_owned() };
        assert_eq!(
            read("op".as_ref(), &settings, "op://v/i/f").unwrap_err(),
            "1Password service account token not found in environment variable 'NO_SUCH_TOKEN_IS_SET'"
        );
    }
}
