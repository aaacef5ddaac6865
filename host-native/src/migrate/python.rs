//! Python modules and plug-ins.

use std::sync::Arc;

use mxcp_core::definition::Kind;
use mxcp_core::source::{SourceFile, Span};

use super::found::Found;
use super::rule::{Rule, rules};
use super::subject::Subject;
use super::texts;

rules! { Refused:
    IMPORT = "python-import",
        "every module of the package `mxcp` could be imported",
        "`mxcp.runtime`, `mxcp.plugins`, `mxcp.server`, and `auth`, `audit`, `executor`, `telemetry`, `validator` of `mxcp.sdk` exist; other imports fail",
        "use these, or what the standard library has";
}

rules! { Otherwise:
    STANDARD_NAME = "python-standard-name",
        "a file named like a module of the standard library was never loaded; the library's was used",
        "the project's file is loaded for its endpoints",
        "see that it is what you want to be called";
    PRINT = "python-print",
        "`print` wrote to standard output and broke the protocol on stdio",
        "it writes to standard error",
        "nothing";
    TOKEN = "python-external-token",
        "`external_token` was always None",
        "it is the token of the identity provider",
        "see what the code does with it, and where it sends it";
    HOOK = "python-async-hook",
        "`async def` hooks were called and never awaited, so they did nothing",
        "they are awaited",
        "see that they work";
    TRANSACTION = "python-transaction",
        "each `db.execute` could have a connection of its own: `BEGIN` in one and `COMMIT` in another were unrelated",
        "all of a call share one connection, rolled back at the end if a transaction is open",
        "see that `COMMIT` is reached";
    EXIT = "python-exit",
        "`sys.exit()` stopped the server without an answer",
        "it is an error of that call",
        "nothing";
    RESOURCE = "python-resource-function",
        "a resource without `main` or a function named like its file ran the first public name of the module by alphabet, imported ones included",
        "the first function that is defined there",
        "name the function like the file";
    SECRET = "python-secret",
        "`config.get_secret` looked in the profile that the site file names, whichever was active",
        "in the active profile",
        "see that every profile has the secret";
    VALUES = "python-database-values",
        "`db.execute` gave pandas and numpy values: Timestamp, ndarray, NaN for NULL",
        "it gives `datetime`, for a DATE as well, `list` and None",
        "drop `.to_pydatetime()`, `.tolist()` and tests for NaN";
    PLUGIN_USER = "python-plugin-user",
        "`get_username()`, `user_context` and their kin in plug-ins were always None",
        "they answer for whoever runs the query",
        "see what the function does for users";
    PLUGIN_TYPE = "python-plugin-type",
        "type hints such as `int | None`, Enum and UUID kept a plug-in from loading",
        "they are understood",
        "nothing";
}

pub(super) const RULES: &[&Rule] = &[
    &IMPORT,
    &STANDARD_NAME,
    &PRINT,
    &TOKEN,
    &HOOK,
    &TRANSACTION,
    &EXIT,
    &RESOURCE,
    &SECRET,
    &VALUES,
    &PLUGIN_USER,
    &PLUGIN_TYPE,
];

/// Modules of the package that exist here.
const MODULES: [&str; 15] = [
    "mxcp",
    "mxcp.content",
    "mxcp.plugins",
    "mxcp.plugins.base",
    "mxcp.runtime",
    "mxcp.sdk",
    "mxcp.sdk.audit",
    "mxcp.sdk.auth",
    "mxcp.sdk.auth.context",
    "mxcp.sdk.auth.models",
    "mxcp.sdk.executor",
    "mxcp.sdk.executor.context",
    "mxcp.sdk.telemetry",
    "mxcp.sdk.validator",
    "mxcp.sdk.validator.decorators",
];

/// Names that files of projects are likely to share with the standard library.
const STANDARD: [&str; 40] = [
    "abc",
    "ast",
    "base64",
    "calendar",
    "code",
    "collections",
    "copy",
    "csv",
    "datetime",
    "decimal",
    "email",
    "enum",
    "fractions",
    "functools",
    "glob",
    "hashlib",
    "html",
    "http",
    "inspect",
    "io",
    "json",
    "locale",
    "logging",
    "math",
    "numbers",
    "operator",
    "platform",
    "profile",
    "queue",
    "random",
    "re",
    "secrets",
    "signal",
    "statistics",
    "string",
    "test",
    "time",
    "token",
    "types",
    "uuid",
];

/// Words, and the differences that they show.
const WORDS: [(&str, &Rule); 15] = [
    ("print(", &PRINT),
    ("external_token", &TOKEN),
    ("get_user_token", &TOKEN),
    ("sys.exit(", &EXIT),
    ("raise SystemExit", &EXIT),
    ("get_secret(", &SECRET),
    (".to_pydatetime(", &VALUES),
    (".tolist(", &VALUES),
    ("isnan(", &VALUES),
    (".isna(", &VALUES),
    (".isnull(", &VALUES),
    ("pd.isna(", &VALUES),
    ("pd.isnull(", &VALUES),
    ("get_user_provider(", &PLUGIN_USER),
    ("is_authenticated(", &PLUGIN_USER),
];

pub(super) fn find(subject: &Subject, found: &mut Found) {
    for file in &subject.python {
        let name = file.path().strip_prefix("python/").and_then(|name| name.strip_suffix(".py"));
        if name.is_some_and(|name| STANDARD.contains(&name)) {
            found.file(&STANDARD_NAME, file.path(), "");
        }
        look(file, found);
    }
    for (endpoint, definition) in subject.each().filter(|(endpoint, _)| endpoint.kind == Kind::Resource) {
        let Some(source) = definition.get("source").and_then(|source| source.get("file")) else { continue };
        let named = |text: &str, name: &str| {
            texts::python_lines(text).iter().any(|(_, line)| {
                let rest = line.strip_prefix("async ").unwrap_or(line).strip_prefix("def ");
                rest.and_then(|rest| rest.strip_prefix(name)).is_some_and(|rest| rest.starts_with('('))
            })
        };
        if let Some(file) = source.text().and_then(|written| subject.source_of(endpoint, written))
            && let Some(name) = file.path().rsplit('/').next().and_then(|name| name.strip_suffix(".py"))
            && !named(file.text(), "main")
            && !named(file.text(), name)
        {
            found.at(&RESOURCE, &source.span(), source.path());
        }
    }
}

fn look(file: &Arc<SourceFile>, found: &mut Found) {
    let is_plugin = file.text().contains("MXCPBasePlugin");
    let mut decorated = false;
    for (offset, line) in texts::python_lines(file.text()) {
        let mut at = |rule: &'static Rule, start: usize, length: usize| {
            let start = offset + start;
            found.at(rule, &Span::new(file, start..start + length), "");
        };
        for (word, rule) in WORDS {
            for start in texts::words(line, word) {
                at(rule, start, word.len());
            }
        }
        let code = line.trim_start();
        let indent = line.len() - code.len();
        if let Some(module) = imported(code).filter(|module| !exists(module)) {
            at(&IMPORT, line.find(module).unwrap_or(indent), module.len());
        }
        if decorated && code.starts_with("async def ") {
            at(&HOOK, indent, "async def".len());
        }
        decorated = ["@on_init", "@on_shutdown"].iter().any(|mark| code.starts_with(mark));
        if let Some(start) = transaction(line) {
            at(&TRANSACTION, start, "execute".len());
        }
        if is_plugin {
            for word in ["get_username(", "get_user_email(", "self.user_context"] {
                for start in texts::words(line, word) {
                    at(&PLUGIN_USER, start, word.len());
                }
            }
            if let Some(start) = line.find("| None").filter(|_| code.starts_with("def ")) {
                at(&PLUGIN_TYPE, start, "| None".len());
            }
        }
    }
}

/// The module of the package `mxcp` that a line imports.
fn imported(code: &str) -> Option<&str> {
    let rest = code.strip_prefix("from ").or_else(|| code.strip_prefix("import "))?;
    let module = rest.split([' ', ',', ';']).next()?;
    (module == "mxcp" || module.starts_with("mxcp.")).then_some(module)
}

fn exists(module: &str) -> bool {
    module == "mxcp.server" || MODULES.contains(&module)
}

/// Where a line begins or ends a transaction that others go on with.
fn transaction(line: &str) -> Option<usize> {
    let start = line.find("execute(")?;
    let argument = line.get(start + "execute(".len()..)?.trim_start_matches(['f', 'r']).trim_start();
    let sql =
        argument.strip_prefix(['"', '\''])?.trim_start_matches(['"', '\'']).trim_start().to_ascii_lowercase();
    let first = sql.split(|c: char| !c.is_ascii_alphabetic()).next()?;
    // One text with several statements was a transaction before.
    let alone = !sql.trim_end_matches(['"', '\'', ')', ' ']).trim_end_matches(';').contains(';');
    (alone && matches!(first, "begin" | "commit" | "rollback")).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_that_are_not_there_are_found() {
        assert_eq!(
            imported("from mxcp.sdk.duckdb import X").filter(|it| !exists(it)),
            Some("mxcp.sdk.duckdb")
        );
        assert_eq!(imported("import mxcp.runtime").filter(|it| !exists(it)), None);
        assert_eq!(imported("from mxcpx import y"), None);
    }

    #[test]
    fn transactions_of_one_text_are_fine() {
        assert_eq!(transaction("    db.execute(\"BEGIN\")"), Some(7));
        assert_eq!(transaction("db.execute('begin; insert into t values (1); commit')"), None);
        assert_eq!(transaction("db.execute(\"SELECT 'begin'\")"), None);
    }
}
