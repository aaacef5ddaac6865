//! 1Password, through its command-line tool.

use std::ffi::OsStr;
use std::io;
use std::process::{Command, Stdio};

use mxcp_core::schema::OnePassword;

use super::token;

/// The variable that the tool takes the token from.
const TOKEN: &str = "OP_SERVICE_ACCOUNT_TOKEN";

/// A field, read with `tool`.
///
/// # Errors
/// There is no token, no tool or no such field.
pub(super) fn read(tool: &OsStr, settings: &OnePassword, url: &str) -> Result<String, String> {
    let name = &settings.token_env;
    let token = token(name).ok_or_else(|| {
        format!("1Password service account token not found in environment variable '{name}'")
    })?;
    read_with_token(tool, &token, url)
}

fn read_with_token(tool: &OsStr, token: &str, url: &str) -> Result<String, String> {
    let failed = |why: &str| format!("Failed to resolve 1Password URL {url}: {why}");
    let output = Command::new(tool)
        .args(["read", "--no-newline", "--", url])
        .env(TOKEN, token)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => failed(
                "1Password's command-line tool `op` is not on the PATH; install it to use `op://` references",
            ),
            _ => failed(&format!("the command-line tool `op` can't be started: {error}")),
        })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().map(str::trim).find(|line| !line.is_empty());
        return Err(failed(said.unwrap_or("`op` failed without a message")));
    }
    // The error would hold the bytes.
    String::from_utf8(output.stdout).map_err(|_| failed("the field is no UTF-8 text"))
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
        let read = read_with_token(tool.as_os_str(), "t", "op://v/i/one time?attribute=otp");
        assert_eq!(read.as_deref(), Ok("read|--no-newline|--|op://v/i/one time?attribute=otp|"));
    }

    #[test]
    fn what_the_tool_complains_of_is_told_without_the_token() {
        let (_folder, tool) = tool("echo '[ERROR] no such item' >&2; echo s3cr3t; exit 1");
        let problem = read_with_token(tool.as_os_str(), "t0ken", "op://v/i/f").unwrap_err();
        assert_eq!(problem, "Failed to resolve 1Password URL op://v/i/f: [ERROR] no such item");
    }

    #[test]
    fn a_missing_tool_is_named() {
        let problem = read_with_token("no-such-tool".as_ref(), "t", "op://v/i/f").unwrap_err();
        assert!(problem.contains("`op` is not on the PATH"), "{problem}");
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
