use std::net::Ipv4Addr;

use axum::routing::get;
use tokio::io::duplex;

use super::*;

const LITTLE: Duration = Duration::from_millis(50);

/// Everything that a connection answers to what is sent bit by bit, until the server ends it.
async fn answers(sent: &'static [&'static str]) -> String {
    let (mut client, server) = duplex(1024);
    let ends = Ends { stop: CancellationToken::new(), abort: CancellationToken::new() };
    let router = Router::new().route("/", get(|| async { "here" }));
    let talking = tokio::spawn(talk(server, Ipv4Addr::LOCALHOST.into(), router, ends, LITTLE));
    let mut said = Vec::new();
    for part in sent {
        client.write_all(part.as_bytes()).await.unwrap();
        tokio::task::yield_now().await;
    }
    // The client stays; it is the server that goes.
    client.read_to_end(&mut said).await.unwrap();
    talking.await.unwrap();
    String::from_utf8(said).unwrap()
}

#[tokio::test]
async fn a_head_that_does_not_arrive_is_not_waited_for() {
    for sent in [&[][..], &["G"], &["GET / HTTP/1.1\r\n", "Host: x\r\n", "X-Slow: "]] {
        let said = answers(sent).await;
        assert!(!said.contains("here"), "{said}");
    }
}

#[tokio::test]
async fn a_connection_that_says_no_more_is_ended() {
    let said = answers(&["GET / HTTP/1.1\r\nHost: x\r\n\r\n"]).await;
    assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("here"), "{said}");
}

#[tokio::test]
async fn a_head_that_arrives_byte_by_byte_has_no_more_time() {
    let (mut client, server) = duplex(1024);
    let ends = Ends { stop: CancellationToken::new(), abort: CancellationToken::new() };
    let talking = tokio::spawn(talk(server, Ipv4Addr::LOCALHOST.into(), Router::new(), ends, LITTLE));
    client.write_all(b"GET / HTTP/1.1\r\nX-Slow: ").await.unwrap();
    // It would be a head some day.
    while client.write_all(b"a").await.is_ok() {
        tokio::time::sleep(LITTLE / 25).await;
    }
    talking.await.unwrap();
}
