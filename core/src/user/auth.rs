//! What has to fit together in `auth` (spec `authentication.md` section 2).

use crate::diagnostic::{Code, Diagnostic};
use crate::schema::{Auth, AuthMode, AuthProvider, PersistenceKind};
use crate::yaml::{DocPath, Report};

/// Most seconds by which clocks may differ: a token that has expired is good for as long.
const MOST_LEEWAY: u32 = 300;

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
        let help = format!("add `{key}:` beside `provider`, with what the provider says of your application");
        report.add(&path.key(key), Diagnostic::error(Code::MissingKey, problem).help(help));
    }
    oidc(auth, path, report);
    persistence(auth, path, report);
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
    let of_one_mode = [
        (AuthMode::Issuer, "extra_authorize_params", oidc.extra_authorize_params.is_some()),
        (AuthMode::Issuer, "pkce", oidc.pkce.is_some()),
        (AuthMode::Verifier, "clock_leeway", oidc.clock_leeway.is_some()),
        (AuthMode::Verifier, "userinfo_fallback", oidc.userinfo_fallback.is_some()),
    ];
    for (mode, key, written) in of_one_mode {
        if written && mode != auth.mode {
            let other = match auth.mode {
                AuthMode::Issuer => "issuer",
                AuthMode::Verifier => "verifier",
            };
            report.error(Code::InvalidValue, &path.key(key), format!("{key} is not allowed in {other} mode"));
        }
    }
    if oidc.clock_leeway.is_some_and(|leeway| leeway > MOST_LEEWAY) {
        let problem = format!("clock_leeway must be {MOST_LEEWAY} seconds or less");
        report.error(Code::InvalidValue, &path.key("clock_leeway"), problem);
    }
}

/// Each kind of database is found in a way of its own.
fn persistence(auth: &Auth, path: &DocPath, report: &mut Report<'_>) {
    let Some(persistence) = &auth.persistence else { return };
    let path = path.key("persistence");
    match persistence.kind {
        PersistenceKind::Sqlite if persistence.url.is_some() => {
            report.error(Code::InvalidValue, &path.key("url"), "url is for type postgresql only");
        }
        PersistenceKind::Postgresql if persistence.url.is_none() => {
            report.error(Code::MissingKey, &path.key("url"), "type postgresql needs a url");
        }
        PersistenceKind::Postgresql if persistence.path.is_some() => {
            report.error(Code::InvalidValue, &path.key("path"), "path is for type sqlite only");
        }
        PersistenceKind::Sqlite | PersistenceKind::Postgresql => {}
    }
}
