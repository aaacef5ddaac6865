//! Requests to servers on this machine.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;

/// A server that gives one answer to one request, and the request as it came.
fn server(answer: &'static str) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = String::new();
        while !is_whole(&request) {
            let mut bytes = [0; 4096];
            let length = stream.read(&mut bytes).unwrap();
            request.push_str(std::str::from_utf8(&bytes[..length]).unwrap());
        }
        // Whoever has read enough may hang up.
        let _ = stream.write_all(answer.as_bytes());
        request
    });
    (url, served)
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.is_none_or(|length| body.len() >= length.parse().unwrap())
}

fn endpoint(url: &str) -> Endpoint {
    Endpoint::parse(url).unwrap()
}

#[tokio::test]
async fn an_answer_is_its_status_and_body() {
    let (url, served) = server("HTTP/1.1 418 No\r\nContent-Length: 7\r\nConnection: close\r\n\r\n{\"a\":1}");
    let answer =
        Client::new(&Trust::default()).get(&endpoint(&url), Some(&Secret::new("t0ken"))).await.unwrap();
    assert_eq!(answer.status.as_u16(), 418);
    assert_eq!(answer.object().unwrap()["a"], 1);
    assert_eq!(format!("{answer:?}"), "Answer { status: 418, .. }");
    let request = served.join().unwrap().to_ascii_lowercase();
    assert!(request.contains("authorization: bearer t0ken") && request.contains("accept: application/json"));
}

#[tokio::test]
async fn nobody_is_redirected_without_encryption() {
    let answer = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/y\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let (url, served) = server(answer);
    let answer = Client::new(&Trust::default()).get(&endpoint(&url), None).await.unwrap();
    assert_eq!(answer.status.as_u16(), 302);
    served.join().unwrap();
}

#[tokio::test]
async fn long_answers_are_not_read_to_their_end() {
    let (url, served) = server("HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\nConnection: close\r\n\r\n{}");
    let error = Client::new(&Trust::default()).get(&endpoint(&url), None).await.unwrap_err();
    assert!(matches!(error, HttpError::TooLong | HttpError::Unreachable | HttpError::Incomprehensible));
    served.join().unwrap();
}

#[tokio::test]
async fn forms_are_encoded_and_errors_have_no_address() {
    let (url, served) = server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
    let fields = [("client_secret", "a+b &=%\u{e9}"), ("x", "y")];
    Client::new(&Trust::default()).post(&endpoint(&url), &fields).await.unwrap();
    let request = served.join().unwrap();
    assert!(request.ends_with("client_secret=a%2Bb%20%26%3D%25%C3%A9&x=y"), "{request}");

    let error = Client::new(&Trust::default())
        .get(&endpoint("http://127.0.0.1:1/secret-path"), None)
        .await
        .unwrap_err();
    assert_eq!(error, HttpError::Unreachable);
    let unsendable = Client::new(&Trust::default())
        .get(&endpoint("http://127.0.0.1:1/"), Some(&Secret::new("a\r\nb")))
        .await;
    assert_eq!(unsendable.unwrap_err(), HttpError::Unsendable);
    let plain = Request::get("http://id.example/").body(Vec::new()).unwrap();
    assert_eq!(Client::new(&Trust::default()).sender.send(plain).unwrap_err(), HttpError::Unsafe);
}

#[tokio::test]
async fn who_takes_too_long_is_not_waited_for() {
    let client = Client::patient(Duration::from_millis(100), &Trust::default());
    // One says nothing, the other never comes to an end.
    for answer in ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/x", listener.local_addr().unwrap());
        let (over, wait) = std::sync::mpsc::channel::<()>();
        let served = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.write_all(answer.as_bytes());
            let _ = wait.recv();
        });
        assert_eq!(client.get(&endpoint(&url), None).await.unwrap_err(), HttpError::Slow, "{answer}");
        drop(over);
        served.join().unwrap();
    }
}

#[test]
fn what_carries_a_secret_is_never_redirected() {
    let Sender { open, confidential, loopback } = Client::new(&Trust::default()).sender;
    assert_eq!((confidential.config().max_redirects(), confidential.config().https_only()), (0, true));
    assert_eq!((loopback.config().max_redirects(), loopback.config().proxy().is_none()), (0, true));
    assert!(open.config().https_only());
}

/// A server that speaks to those who trust its own authority: its address, and the certificate of the authority.
fn encrypted_server() -> (String, String) {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::default();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = authority.self_signed(&authority_key).unwrap();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let own = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let own = own.signed_by(&key, &issuer).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("localhost:0").unwrap();
    let url = format!("https://localhost:{}/x", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            // Whoever does not trust it hangs up.
            if stream.read(&mut [0; 4096]).is_ok() {
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
                    .unwrap();
            }
        }
    });
    (url, certificate.pem())
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_if_it_is_named_and_instead_of_others() {
    let (url, authority) = encrypted_server();
    let (_, other) = encrypted_server();
    let folder = tempfile::tempdir().unwrap();
    let trust = |text: &str| {
        let path = folder.path().join("authorities.pem");
        std::fs::write(&path, text).unwrap();
        Trust::read(&path).unwrap()
    };
    let ask =
        async |trust: Trust| Client::new(&trust).get(&endpoint(&url), None).await.map(|answer| answer.body);
    assert_eq!(ask(trust(&format!("{other}{authority}"))).await.unwrap(), b"{}");
    ask(trust(&other)).await.unwrap_err();
    ask(Trust::default()).await.unwrap_err();
}
