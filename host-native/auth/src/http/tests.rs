//! Requests to servers on this machine.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::*;

/// A server that gives one answer to one request, and the request as it came.
fn server(answer: &'static str) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = [0; 4096];
        let length = stream.read(&mut bytes).unwrap();
        // Whoever has read enough may hang up.
        let _ = stream.write_all(answer.as_bytes());
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    });
    (url, served)
}

fn endpoint(url: &str) -> Endpoint {
    Endpoint::parse(url).unwrap()
}

#[tokio::test]
async fn an_answer_is_its_status_and_body() {
    let (url, served) = server("HTTP/1.1 418 No\r\nContent-Length: 7\r\nConnection: close\r\n\r\n{\"a\":1}");
    let answer = Client::new().get(&endpoint(&url), Some(&Secret::new("t0ken"))).await.unwrap();
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
    let answer = Client::new().get(&endpoint(&url), None).await.unwrap();
    assert_eq!(answer.status.as_u16(), 302);
    served.join().unwrap();
}

#[tokio::test]
async fn long_answers_are_not_read_to_their_end() {
    let (url, served) = server("HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\nConnection: close\r\n\r\n{}");
    let error = Client::new().get(&endpoint(&url), None).await.unwrap_err();
    assert!(matches!(error, HttpError::TooLong | HttpError::Unreachable | HttpError::Incomprehensible));
    served.join().unwrap();
}

#[tokio::test]
async fn forms_are_encoded_and_errors_have_no_address() {
    let (url, served) = server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
    let fields = [("client_secret", "a+b &=%\u{e9}"), ("x", "y")];
    Client::new().post(&endpoint(&url), &fields).await.unwrap();
    let request = served.join().unwrap();
    assert!(request.ends_with("client_secret=a%2Bb%20%26%3D%25%C3%A9&x=y"), "{request}");

    let error = Client::new().get(&endpoint("http://127.0.0.1:1/secret-path"), None).await.unwrap_err();
    assert_eq!(error, HttpError::Unreachable);
    let unsendable = Client::new().get(&endpoint("http://127.0.0.1:1/"), Some(&Secret::new("a\r\nb"))).await;
    assert_eq!(unsendable.unwrap_err(), HttpError::Unsendable);
    let plain = Request::get("http://id.example/").body(Vec::new()).unwrap();
    assert_eq!(Client::new().sender.send(plain).unwrap_err(), HttpError::Unsafe);
}
