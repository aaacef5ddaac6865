//! Where a database is.

use std::net::IpAddr;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::error::Error;

/// The database of a URL. Other machines are reached with encryption and a certificate that fits, unless the URL has another
/// `sslmode`.
///
/// # Errors
/// It is no URL of PostgreSQL: the text does not show it, since a password may be anywhere in it.
pub(super) fn parse(url: &str) -> Result<PgConnectOptions, Error> {
    let no_url = || {
        Error::Database(
            "`audit.url` is no URL like `postgresql://user:password@host/database`, with special characters percent-encoded"
                .to_owned(),
        )
    };
    let is_scheme = ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
    let options: PgConnectOptions = Some(url)
        .filter(|_| is_scheme && !url.contains('#'))
        .and_then(|url| url.parse().ok())
        .ok_or_else(no_url)?;
    let says_how = url.contains("sslmode=") || url.contains("ssl-mode=");
    let options = options.application_name("mxcp-audit");
    Ok(if says_how || is_local(&options) { options } else { options.ssl_mode(PgSslMode::VerifyFull) })
}

/// Whether it is on this machine: by its name, a loopback address, or the folder of a socket.
fn is_local(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    options.get_socket().is_some()
        || host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || host.trim_matches(['[', ']']).parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_machines_are_reached_with_encryption_unless_it_is_said() {
        let is_sure = |url| matches!(parse(url).unwrap().get_ssl_mode(), PgSslMode::VerifyFull);
        assert!(is_sure("postgres://a:b@db.example/x") && is_sure("postgresql://a:b@10.0.0.1/x"));
        assert!(!is_sure("postgres://a:b@db.example/x?sslmode=require"));
        assert!(!is_sure("postgres://localhost/x") && !is_sure("postgres://127.0.0.1:5/x"));
        assert!(!is_sure("postgres://mxcp@localhost/x?host=/run/pg"));
    }

    #[test]
    fn what_is_no_url_of_postgresql_is_refused_without_showing_it() {
        for url in ["", "s3cr3t", "mysql://a:s3cr3t@h/x", "postgres://a:s3#cr3t@h/x"] {
            let error = parse(url).unwrap_err().to_string();
            assert!(error.contains("`audit.url`") && !error.contains("cr3t"), "{error}");
        }
    }
}
