//! `examples/scale-out` as it is deployed: its files fit each other, and its settings of nginx hold what they promise.

use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs as _};

use mxcp_test_support::client::Http;
use mxcp_test_support::nginx::{self, Nginx};
use mxcp_test_support::oauth::OAuthClient;
use mxcp_test_support::project::Project;
use mxcp_test_support::workspace_root;
use serde_json::json;

/// Longest that `mxcp serve` takes for calls in flight after SIGTERM, in seconds.
const DRAIN: u64 = 30;

fn text(file: &str) -> String {
    std::fs::read_to_string(workspace_root().join("examples/scale-out").join(file)).unwrap()
}

/// The number behind a word.
fn number_after(text: &str, word: &str) -> u64 {
    let (_, rest) = text.split_once(word).unwrap();
    rest.trim_start().chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

#[test]
fn every_deployment_sets_all_that_servers_take_from_the_environment() {
    let taken = format!("{}{}", text("server.yml"), text("mxcp-site.yml"));
    let names: Vec<&str> = taken.split("${").skip(1).map(|rest| rest.split_once('}').unwrap().0).collect();
    assert!(names.len() > 5, "{names:?}");
    let image = text("Dockerfile");
    for file in ["compose.yml", "k8s.yaml"] {
        let deployment = text(file);
        for name in &names {
            let is_set = deployment.contains(&format!("  {name}: ")) || image.contains(&format!("{name}="));
            assert!(is_set, "{file}: {name}");
        }
    }
    // The password is not in the address, which error messages quote.
    for file in ["compose.yml", "k8s.yaml"] {
        let deployment = text(file);
        let address = deployment.lines().find(|line| line.trim().starts_with("SHOP_DATABASE:")).unwrap();
        assert!(!address.contains("PASSWORD") && deployment.contains("  PGPASSWORD: "), "{file}: {address}");
    }
}

#[test]
fn calls_in_flight_have_the_time_that_the_server_gives_them() {
    let pods = text("k8s.yaml");
    let before = number_after(&pods, "sleep: {seconds:");
    assert!(number_after(&pods, "terminationGracePeriodSeconds:") > before + DRAIN);
    assert!(number_after(&text("compose.yml"), "stop_grace_period:") > DRAIN);
}

#[test]
fn nginx_asks_another_replica_if_one_is_not_there() {
    if nginx::program().is_none() {
        eprintln!("skipped: nginx is not installed");
        return;
    }
    let mut project =
        Project::copy_of(&workspace_root().join("examples/scale-out"), env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project.set_all([("MXCP_CONFIG", "config.yml")]);
    let server = Http::start(&project, &[], true).unwrap();
    // Both are held until both are known.
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [port, nobody] = listeners.map(|listener| listener.local_addr().unwrap().port());
    // `localhost` may be several addresses.
    let mut all = server.url().split('/').nth(2).unwrap().to_socket_addrs().unwrap();
    let there = all.find(|address| TcpStream::connect(address).is_ok()).unwrap();
    let addresses = [SocketAddr::from(([127, 0, 0, 1], nobody)), there];
    let _nginx =
        Nginx::start_with(port, &nginx::adapted(&text("nginx.conf"), port, &addresses).unwrap()).unwrap();
    let base = format!("http://127.0.0.1:{port}");
    let client = OAuthClient::new(&base, &base);
    for _ in 0..8 {
        let answer = client.call("stock", &json!({ "sku": "DA-01" }), None).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(answer.said().unwrap().contains("Darjeeling"));
    }
}
