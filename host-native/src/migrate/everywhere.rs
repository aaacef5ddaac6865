//! What is different for every project and shows in no file.

use super::rule::{Rule, rules};

rules! { Everywhere:
    FAIL_CLOSED = "policy-fails-closed",
        "a condition that could not be evaluated was logged, and its rule did nothing",
        "it counts as holding: `deny` denies, filters filter; audit log and `mxcp policy explain` say why",
        "test rules with callers who lack a role, a claim or a field";
    EQUALITY = "policy-equality",
        "`==` and `in` between different types were errors, and so were numbers compared with null",
        "standard CEL: different types are unequal, numbers compare by value",
        "nothing, as a rule";
    CONVERTED = "policy-arguments",
        "in `mxcp run` conditions saw arguments as texts and without defaults",
        "converted and with defaults, as over MCP",
        "nothing";
    NO_SILENCE = "validate-exit-code",
        "`validate` ended with 0, whatever it found",
        "1 if an endpoint can't be served; `--strict` counts warnings; Python files are imported and their functions checked",
        "expect pipelines to stop where they passed";
    ONE_VALIDATOR = "values-in",
        "the command line and MCP checked and converted arguments by different rules; a text such as `[1]` or `null` was no text over MCP",
        "one validator, that of MCP; a text stays a text; errors name the whole path",
        "adapt whatever matched texts of errors";
    VALUES_OUT = "values-out",
        "HUGEINT and `sum()` of integers were floats, decimals lost digits, NaN and infinity made JSON invalid, BLOBs failed, and `structuredContent` had null for optional properties that the text lacked",
        "integers and decimals are exact, NaN is null, a BLOB is base64, intervals are ISO 8601, `structuredContent` and text are the same",
        "adapt clients that worked around it; `integer` now fits `sum()`";
    SCHEMAS = "schemas-served",
        "`enum`, `format` and descriptions were missing in schemas, defaults of SQL null were allowed everywhere",
        "schemas say all that is checked",
        "nothing";
    ADDRESSES = "resource-addresses",
        "values in the address of a resource were not percent-decoded, and literal parts were regular expressions",
        "values are decoded, literal parts match as they are",
        "remove what code did to decode them";
    ERRORS = "mcp-errors",
        "errors of resources and prompts had code 0, and a request of another content type got status 400",
        "the codes of JSON-RPC and MCP: -32602, -32002, -32603, -32601; status 415",
        "adapt clients that looked at the code";
    ORDER = "order",
        "lists had the order of the file system",
        "sorted by path",
        "nothing";
    LINT = "lint-severity",
        "`--severity warning` hid errors, and findings were there twice",
        "it is a threshold; each finding once; more rules, `--fail-on`",
        "adapt scripts that counted findings";
    LIMITS = "limits",
        "a call could take forever",
        "300 s, or `limits.time_ms`; queries are interrupted when a client takes its call back",
        "make longer calls tasks (`docs/tasks.md`)";
    DUCKDB = "duckdb-version",
        "DuckDB as installed beside it, up to 2.0",
        "DuckDB 1.5, part of the program",
        "see that the SQL needs nothing newer";
    CONNECTIONS = "connections",
        "temporary tables, variables and open transactions of one call turned up in others",
        "a connection is cleaned when a call ends",
        "keep in tables what calls share";
    IDENTITY = "identity-in-queries",
        "`get_username()` was NULL in rows that another thread of DuckDB computed, and `get_request_header` distinguished capitals",
        "the functions answer for the whole query; names of headers are found in any case",
        "nothing";
    SECRET_VALUES = "secret-quotes",
        "a secret with a quotation mark broke its DuckDB secret, or became part of the statement",
        "values are escaped, and a refusal is said",
        "nothing";
    PROFILES = "references-active",
        "`run`, `query`, `test` and a reload followed the references of every profile of every project",
        "those of the active profile only",
        "nothing";
    EDITS = "edits",
        "SQL and YAML were read anew at each call, new names and Python needed a restart",
        "on your own machine edits are watched, and everything is reloaded; elsewhere nothing changes until a reload",
        "deploy, then `mxcp admin reload` or SIGHUP";
    RELOAD = "reload",
        "a reload tore down first: one that failed left no runtime, or the old configuration with the status `success`",
        "checked first, swapped whole; a failure leaves everything as it was and says so",
        "nothing";
    END = "shutdown",
        "SIGTERM killed the server: hooks, audit and traces were lost",
        "as SIGINT: calls are answered, hooks run, exit code 0",
        "nothing";
    READY = "ready",
        "readiness was printed before the port was bound; a taken port ended with a traceback and 3",
        "after binding; one line and exit code 1",
        "adapt scripts that looked for 3";
    PROTOCOL = "protocol",
        "MCP up to 2025-11-25",
        "2026-07-28 as well, on the same endpoint; completion, tasks, subscriptions and questions to the client",
        "nothing";
    SESSIONS = "sessions",
        "a session over HTTP acted for whoever had begun it",
        "each request acts for its own token; a session is closed to other users",
        "nothing";
    AUDIT_FILES = "audit-files",
        "`mxcp log` left an empty file at each call, one broken line hid all records",
        "reading writes nothing; a broken line is named and skipped; `mxcp log verify`",
        "nothing; old records are read";
    ADMIN = "admin-socket",
        "a second server took over the socket, and it stayed behind",
        "refused where somebody listens, removed at the end",
        "nothing";
    TELEMETRY = "telemetry-traces",
        "each call began a trace of its own, with texts of errors in it",
        "it joins the caller's trace; texts of errors only with `tracing.record_exceptions`",
        "nothing";
    ANALYTICS = "analytics",
        "usage was reported to a service unless `MXCP_DISABLE_ANALYTICS` was set",
        "nothing is reported; the variable does nothing",
        "delete `~/.config/mxcp/installation_id`";
    EXECUTABLE = "program",
        "a Python package with its dependencies, pandas and numpy among them",
        "one program; Python is started only for Python, and brings no packages",
        "install what the project imports into its own environment";
}

/// The rules, most important first.
pub(crate) const EVERYWHERE: &[&Rule] = &[
    &FAIL_CLOSED,
    &EQUALITY,
    &CONVERTED,
    &NO_SILENCE,
    &ONE_VALIDATOR,
    &VALUES_OUT,
    &SCHEMAS,
    &ERRORS,
    &ADDRESSES,
    &DUCKDB,
    &EXECUTABLE,
    &EDITS,
    &RELOAD,
    &END,
    &READY,
    &LIMITS,
    &CONNECTIONS,
    &IDENTITY,
    &SESSIONS,
    &PROTOCOL,
    &SECRET_VALUES,
    &PROFILES,
    &ORDER,
    &LINT,
    &AUDIT_FILES,
    &ADMIN,
    &TELEMETRY,
    &ANALYTICS,
];
