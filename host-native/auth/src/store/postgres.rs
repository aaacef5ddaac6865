//! The store in PostgreSQL, which several servers may share.

use sqlx::any::AnyConnectOptions;

use super::StoreError;
use super::database::{Address, Kind};

/// What a URL may say. The driver would log others, with their values.
const PARAMETERS: [&str; 16] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
];

/// The database of a URL. Other machines are reached with encryption and a certificate that fits, unless the URL has
/// another `sslmode`.
///
/// # Errors
/// It is no URL of PostgreSQL: the text does not show it, since a password may be anywhere in it.
pub(super) fn address(url: &str) -> Result<Address, StoreError> {
    let refuse = |problem: &str| StoreError::Settings(format!("`auth.persistence.url` {problem}"));
    let no_url =
        "is no URL like `postgresql://user:password@host/database`, with special characters percent-encoded";
    let mut options: AnyConnectOptions = url.parse().map_err(|_| refuse(no_url))?;
    let url = &mut options.database_url;
    if !["postgres", "postgresql"].contains(&url.scheme()) || url.fragment().is_some() {
        return Err(refuse(no_url));
    }
    let mut hosts: Vec<String> =
        url.host_str().filter(|host| !host.is_empty()).map(str::to_owned).into_iter().collect();
    let mut mode = None;
    for (name, value) in url.query_pairs() {
        match &*name {
            "host" | "hostaddr" => hosts.push(value.into_owned()),
            "sslmode" | "ssl-mode" => mode = Some(value.into_owned()),
            name if PARAMETERS.contains(&name) || name == "user" => {}
            _ => return Err(refuse("has a parameter that PostgreSQL does not know")),
        }
    }
    if hosts.is_empty() {
        return Err(refuse("names no host; `?host=/run/postgresql` is the server of this machine"));
    }
    let local = hosts.iter().all(|host| is_local(host));
    match mode.as_deref() {
        None if !local => {
            url.query_pairs_mut().append_pair("sslmode", "verify-full");
        }
        Some(mode)
            if !local && !["verify-ca", "verify-full"].contains(&mode.to_ascii_lowercase().as_str()) =>
        {
            tracing::warn!(
                "nobody makes sure which PostgreSQL gets the logins: `sslmode` of `auth.persistence.url` is not `verify-full`"
            );
        }
        _ => {}
    }
    Ok(Address { kind: Kind::Postgres, options })
}

/// Whether a host is this machine: by its name, a loopback address, or the folder of a socket.
fn is_local(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.starts_with('/')
        || host.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("%2f"))
        || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(url: &str) -> String {
        address(url).unwrap().options.database_url.query().unwrap_or_default().to_owned()
    }

    #[test]
    fn other_machines_are_reached_with_encryption() {
        assert_eq!(options("postgres://a:b@db.example/x"), "sslmode=verify-full");
        assert_eq!(options("postgresql://a:b@10.0.0.1/x?port=7"), "port=7&sslmode=verify-full");
        assert_eq!(options("postgres://localhost/x?host=db.example"), "host=db.example&sslmode=verify-full");
        assert_eq!(options("postgres://localhost.example/x"), "sslmode=verify-full");
    }

    #[test]
    fn the_operator_may_decide_otherwise() {
        assert_eq!(options("postgres://a:b@db.example/x?sslmode=require"), "sslmode=require");
    }

    #[test]
    fn this_machine_needs_none() {
        for url in [
            "postgres://localhost/x",
            "postgres://127.0.0.1:5/x",
            "postgres://[::1]/x",
            "postgres://%2Frun%2Fpg/x",
        ] {
            assert_eq!(options(url), "", "{url}");
        }
        assert_eq!(options("postgres:///x?host=/run/pg"), "host=/run/pg");
    }

    #[test]
    fn what_is_no_url_of_postgresql_is_refused_without_showing_it() {
        for url in [
            "",
            "s3cr3t",
            "mysql://a:s3cr3t@h/x",
            "postgres:///s3cr3t",
            "postgres://a:s3#cr3t@h/x",
            "postgres://a:p?s3cr3t@h/x",
            "postgres://h/x?s3cr3t=1",
        ] {
            let error = address(url).unwrap_err().to_string();
            assert!(error.starts_with("`auth.persistence.url`") && !error.contains("cr3t"), "{error}");
        }
    }

    #[test]
    fn debug_shows_nothing_of_an_address() {
        let shown = format!("{:?}", address("postgres://a:s3cr3t@h/x").unwrap());
        assert!(!shown.contains("s3cr3t"), "{shown}");
    }
}
