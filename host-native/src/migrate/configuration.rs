//! The site file.

use mxcp_core::yaml::Data;

use super::found::Found;
use super::place::At;
use super::rule::{Rule, rules};
use super::subject::Subject;

rules! { Otherwise:
    REFERENCE = "site-reference",
        "`${NAME}` in a path of the site file was part of the name",
        "it is the variable of the environment; one that is not set is an error",
        "set the variable, or rename what has the literal name";
    RELATIVE = "site-relative-path",
        "relative paths of a profile began at the working directory, and half of the commands worked in the root only",
        "they begin at the root of the project, and every command works from below it",
        "nothing, unless you started commands elsewhere";
    READONLY = "site-readonly",
        "`duckdb.readonly: true` was ignored by `serve`, `run`, `query`, `validate` and `test`",
        "the database is opened for reading only",
        "see that nothing writes; else remove it";
    PYTHON_FOLDER = "site-python-folder",
        "`paths.python` had no effect; modules were always those below `python/`",
        "modules are those below the folder it names",
        "see that they are there";
    PROFILE_PATHS = "site-profile-paths",
        "for a profile other than that of the site file, the default database and snapshot lay in the working directory, and `audit` had no default path",
        "the same defaults below the root for every profile; `MXCP_DUCKDB_PATH` and `MXCP_AUDIT_ENABLED` are for the active one",
        "move the files, or write their paths";
    NULL_PROFILE = "site-null-profile",
        "a profile without anything below it was an error",
        "it has the defaults",
        "nothing";
    AUDIT = "site-audit",
        "what is `sensitive` stood in the audit log, denials did not, and records could be lost",
        "sensitive values are redacted, denials and refused calls recorded with the reason, records chained and signed; calls wait when the log can't keep up",
        "see that readers of the log know the new records (`docs/audit.md`)";
    EXTENSIONS = "site-extensions",
        "each extension was installed anew at each start, which needs the network",
        "loaded, and installed only if that fails; those of DuckDB 1.5",
        "install them once where there is no network";
    SECRETS = "site-secrets",
        "names under `secrets` were never compared with the user file",
        "a warning for each that the active profile lacks",
        "add the secret, or remove the name";
    PLUGIN = "site-plugin",
        "plug-ins began with an empty module path and stopped in the order they were declared; `on_shutdown` of plug-ins was never called",
        "the project is on the path, plug-ins stop in reverse order, and `on_shutdown` is called",
        "see that shutting down twice or in another order does no harm";
    DBT = "site-dbt",
        "`dbt-config` wrote to the working directory, with `httpfs` and without secrets",
        "it writes to the root, with the extensions of the site file, and secrets as variables that `mxcp dbt` sets",
        "run `mxcp dbt-config --dry-run` and compare";
    INTERPRETER = "site-python",
        "Python ran in the process of the server, in the environment that MXCP was installed in",
        "the plain program runs it in worker processes of the active virtual environment, `python.interpreter` or `python3`; installed by `pip` it runs in the process. Globals are not shared by workers",
        "name the environment under `python.interpreter`, with the packages of the project in it";
}

pub(super) const RULES: &[&Rule] = &[
    &REFERENCE,
    &RELATIVE,
    &READONLY,
    &PYTHON_FOLDER,
    &PROFILE_PATHS,
    &NULL_PROFILE,
    &AUDIT,
    &EXTENSIONS,
    &SECRETS,
    &PLUGIN,
    &DBT,
    &INTERPRETER,
];

pub(super) fn find(subject: &Subject, found: &mut Found) {
    let site = At::root(&subject.site);
    let mut at = |rule: &'static Rule, place: &At<'_>| found.at(rule, &place.key_span(), place.path());
    for section in ["paths", "profiles"] {
        for (place, text) in site.get(section).map(|it| it.texts()).unwrap_or_default() {
            if text.contains("${") {
                at(&REFERENCE, &place);
            }
        }
    }
    let folder = site.get("paths").and_then(|paths| paths.get("python"));
    if let Some(place) =
        folder.filter(|place| place.text().is_some_and(|it| it.trim_end_matches('/') != "python"))
    {
        at(&PYTHON_FOLDER, &place);
    }
    for (key, rule) in
        [("extensions", &EXTENSIONS), ("secrets", &SECRETS), ("plugin", &PLUGIN), ("dbt", &DBT)]
    {
        let filled = |place: &At<'_>| match place.data() {
            Data::Null => false,
            Data::Sequence(items) => !items.is_empty(),
            _ => true,
        };
        if let Some(place) = site.get(key).filter(filled) {
            at(rule, &place);
        }
    }
    let default = site.text_of("profile").unwrap_or_default();
    for (name, profile) in site.get("profiles").map(|it| it.entries()).unwrap_or_default() {
        self::profile(name == default, &profile, &mut at);
    }
    if !subject.python.is_empty() {
        found.file(&INTERPRETER, crate::project::SITE_FILE, "");
    }
}

fn profile(is_default: bool, profile: &At<'_>, at: &mut dyn FnMut(&'static Rule, &At<'_>)) {
    if matches!(profile.data(), Data::Null) {
        at(&NULL_PROFILE, profile);
    }
    let section = |name: &str| profile.get(name);
    for path in ["duckdb", "drift", "audit"].into_iter().filter_map(|name| section(name)?.get("path")) {
        let is_relative =
            path.text().is_some_and(|text| !text.starts_with(['/', '~', '$']) && text != ":memory:");
        if is_relative {
            at(&RELATIVE, &path);
        }
    }
    let database = section("duckdb");
    if let Some(readonly) =
        database.as_ref().filter(|it| it.is_true("readonly")).and_then(|it| it.get("readonly"))
    {
        at(&READONLY, &readonly);
    }
    let audit = section("audit").filter(|audit| audit.is_true("enabled"));
    let lacks_path = |it: &Option<At<'_>>| it.as_ref().is_none_or(|it| it.get("path").is_none());
    if !is_default && (lacks_path(&database) || audit.is_some() && lacks_path(&audit)) {
        at(&PROFILE_PATHS, profile);
    }
    if let Some(audit) = audit {
        at(&AUDIT, &audit);
    }
}
