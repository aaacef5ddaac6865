//! What has to fit together in `auth` (spec `authentication.md` section 2).

use crate::diagnostic::Code;
use crate::schema::{Auth, AuthMode, AuthProvider};
use crate::yaml::{DocPath, Report};

/// Reports what can't be right; `path` is that of `auth`.
pub(super) fn check(auth: &Auth, path: &DocPath, report: &mut Report<'_>) {
    if auth.mode == AuthMode::Verifier && auth.provider != AuthProvider::Oidc {
        let problem = "Verifier mode currently supports provider=oidc only";
        report.error(Code::InvalidValue, &path.key("mode"), problem);
    }
    let (name, key, present) = match auth.provider {
        AuthProvider::None => ("", "", true),
        AuthProvider::Github => ("GitHub", "github", auth.github.is_some()),
        AuthProvider::Atlassian => ("Atlassian", "atlassian", auth.atlassian.is_some()),
        AuthProvider::Salesforce => ("Salesforce", "salesforce", auth.salesforce.is_some()),
        AuthProvider::Keycloak => ("Keycloak", "keycloak", auth.keycloak.is_some()),
        AuthProvider::Google => ("Google", "google", auth.google.is_some()),
        AuthProvider::Oidc => ("OIDC", "oidc", auth.oidc.is_some()),
    };
    if !present {
        let problem = format!("{name} provider selected but no {name} configuration found");
        report.error(Code::MissingKey, &path.key(key), problem);
    }
    callback_paths(auth, path, report);
    oidc(auth, path, report);
}

/// The server can only serve paths that begin with `/`.
fn callback_paths(auth: &Auth, path: &DocPath, report: &mut Report<'_>) {
    let written = [
        ("github", auth.github.as_ref().map(|app| &app.callback_path)),
        ("salesforce", auth.salesforce.as_ref().map(|app| &app.callback_path)),
        ("google", auth.google.as_ref().map(|app| &app.callback_path)),
        ("atlassian", auth.atlassian.as_ref().map(|app| &app.callback_path)),
        ("keycloak", auth.keycloak.as_ref().map(|app| &app.callback_path)),
        ("oidc", auth.oidc.as_ref().and_then(|app| app.callback_path.as_ref())),
    ];
    for (key, callback) in written {
        if callback.is_some_and(|callback| !callback.starts_with('/')) {
            let place = path.key(key).key("callback_path");
            report.error(Code::InvalidValue, &place, "callback_path must begin with '/'");
        }
    }
}

fn oidc(auth: &Auth, path: &DocPath, report: &mut Report<'_>) {
    let Some(oidc) = &auth.oidc else { return };
    let path = path.key("oidc");
    if !oidc.scope.split_whitespace().any(|word| word == "openid") {
        report.error(Code::InvalidValue, &path.key("scope"), "OIDC scope must include 'openid'");
    }
    let callback = path.key("callback_path");
    match (auth.mode, &oidc.callback_path) {
        (AuthMode::Issuer, None) => report.error(Code::MissingKey, &callback, "Field required"),
        (AuthMode::Verifier, Some(_)) => {
            let problem = "callback_path is not allowed in verifier mode";
            report.error(Code::InvalidValue, &callback, problem);
        }
        _ => {}
    }
    if auth.mode == AuthMode::Verifier && oidc.extra_authorize_params.is_some() {
        let problem = "extra_authorize_params is not allowed in verifier mode";
        report.error(Code::InvalidValue, &path.key("extra_authorize_params"), problem);
    }
}
