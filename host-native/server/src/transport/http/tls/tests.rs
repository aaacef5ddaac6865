use std::error::Error as _;
use std::fs;

use rcgen::{CertifiedKey, KeyPair};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_rustls::TlsConnector;

use super::*;

/// A folder with `cert.pem` and `key.pem`, and how a client knows the certificate.
fn folder() -> (TempDir, CertificateDer<'static>) {
    let folder = tempfile::tempdir().unwrap();
    let certificate = write(&folder);
    (folder, certificate)
}

fn write(folder: &TempDir) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    fs::write(folder.path().join("cert.pem"), cert.pem()).unwrap();
    fs::write(folder.path().join("key.pem"), signing_key.serialize_pem()).unwrap();
    cert.der().clone()
}

fn load(folder: &TempDir) -> Result<Tls, TlsError> {
    Tls::load(folder.path().join("cert.pem"), folder.path().join("key.pem"))
}

fn said(error: &TlsError, folder: &TempDir) -> String {
    let text = format!("{error}: {}", error.source().map(ToString::to_string).unwrap_or_default());
    text.replace(&folder.path().display().to_string(), "")
}

/// Whether a client that trusts one certificate only reaches the server.
async fn is_trusted(tls: &Tls, certificate: &CertificateDer<'static>) -> bool {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connect = async {
        let stream = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(client)).connect(name, stream).await.is_ok()
    };
    let serve = async { tls.accept(listener.accept().await.unwrap().0).await.is_ok() };
    let (client, server) = tokio::join!(connect, serve);
    client && server
}

#[tokio::test]
async fn a_client_that_trusts_the_certificate_is_served_and_sees_the_next_one_after_a_reload() {
    let (folder, first) = folder();
    let tls = load(&folder).unwrap();
    assert!(is_trusted(&tls, &first).await);
    let second = write(&folder);
    assert!(!is_trusted(&tls, &second).await);
    tls.clone().reload().unwrap();
    assert!(is_trusted(&tls, &second).await && !is_trusted(&tls, &first).await);
}

#[tokio::test]
async fn a_reload_that_fails_changes_nothing() {
    let (folder, certificate) = folder();
    let tls = load(&folder).unwrap();
    fs::write(folder.path().join("key.pem"), KeyPair::generate().unwrap().serialize_pem()).unwrap();
    assert!(matches!(tls.reload(), Err(TlsError::Mismatch { .. })));
    assert!(is_trusted(&tls, &certificate).await);
}

#[test]
fn what_is_wrong_with_a_file_is_said_and_nothing_of_a_key() {
    let (folder, _) = folder();
    let key = fs::read_to_string(folder.path().join("key.pem")).unwrap();
    fs::write(folder.path().join("cert.pem"), &key).unwrap();
    let error = load(&folder).unwrap_err();
    assert!(said(&error, &folder).starts_with("`/cert.pem` has no certificate in it"), "{error:?}");
    fs::remove_file(folder.path().join("cert.pem")).unwrap();
    let error = load(&folder).unwrap_err();
    assert!(said(&error, &folder).starts_with("`/cert.pem` can't be used: "), "{error:?}");
    write(&folder);
    fs::write(folder.path().join("key.pem"), "s3cr3t").unwrap();
    let error = load(&folder).unwrap_err();
    assert!(said(&error, &folder).starts_with("`/key.pem` can't be used: "), "{error:?}");
    assert!(!format!("{error:?}").contains("s3cr3t"));
    fs::write(folder.path().join("key.pem"), key).unwrap();
    let error = load(&folder).unwrap_err();
    assert!(said(&error, &folder).starts_with("the certificate in `/cert.pem` can't be used with its key: "));
}

#[tokio::test]
async fn a_client_that_does_not_greet_is_not_waited_for() {
    let (folder, _) = folder();
    let tls = load(&folder).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let _silent = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let error = tls.accept_within(stream, Duration::from_millis(10)).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}
