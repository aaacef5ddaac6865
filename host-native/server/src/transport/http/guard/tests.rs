use std::net::Ipv4Addr;

use super::*;

fn listening(host: &str) -> HttpOptions {
    HttpOptions::new(host, 8000)
}

fn guard(options: &HttpOptions) -> Guard {
    Guard::new(options, &PublicUrl::new(options, 8000))
}

fn with_hosts(host: &str, allowed: &[&str]) -> Guard {
    let mut options = listening(host);
    options.allowed_hosts = allowed.iter().map(ToString::to_string).collect();
    guard(&options)
}

fn with_origins(host: &str, allowed: &[&str]) -> Guard {
    let mut options = listening(host);
    options.allowed_origins = allowed.iter().map(ToString::to_string).collect();
    guard(&options)
}

fn with_url(host: &str, url: &str) -> Guard {
    let mut options = listening(host);
    options.base_url = Some(url.to_owned());
    guard(&options)
}

/// The status of a request: 200 if it may come in.
fn reach(guard: &Guard, headers: &[(&str, &str)], forwarded: Option<&str>) -> u16 {
    let mut request = Request::builder().uri("/mcp");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let reached = Reached {
        base: "".into(),
        client: Ipv4Addr::LOCALHOST.into(),
        forwarded_host: forwarded.map(|host| Host::parse(host).unwrap()),
    };
    let checked = guard.check(&request.body(()).unwrap(), &reached);
    checked.map_or_else(|(status, _)| status.as_u16(), |_| 200)
}

fn check(guard: &Guard, host: &str, origin: Option<&str>) -> u16 {
    let mut headers = vec![("host", host)];
    headers.extend(origin.map(|origin| ("origin", origin)));
    reach(guard, &headers, None)
}

#[test]
fn a_loopback_server_answers_to_loopback_names_at_any_port() {
    let guard = guard(&listening("localhost"));
    for host in ["localhost:8000", "127.0.0.1", "[::1]:1", "LOCALHOST"] {
        assert_eq!(check(&guard, host, None), 200, "{host}");
    }
    for origin in ["http://localhost:6274", "https://127.0.0.1", "http://[::1]:3000"] {
        assert_eq!(check(&guard, "localhost:8000", Some(origin)), 200, "{origin}");
    }
}

#[test]
fn foreign_hosts_and_origins_are_refused() {
    let guard = guard(&listening("127.0.0.1"));
    for host in [
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "localhost.",
        "127.0.0.1:x",
        "",
        "192.168.0.1",
    ] {
        assert_eq!(check(&guard, host, None), 421, "{host}");
    }
    for origin in [
        "http://evil.example",
        "null",
        "file://localhost",
        "http://localhost.evil.example",
        "http://localhost/x",
    ] {
        assert_eq!(check(&guard, "localhost:8000", Some(origin)), 403, "{origin}");
    }
}

#[test]
fn userinfo_does_not_pass_for_a_host() {
    let guard = guard(&listening("localhost"));
    assert_eq!(check(&guard, "localhost@evil.example", None), 421);
    assert_eq!(check(&guard, "localhost", Some("http://localhost@evil.example")), 403);
}

#[test]
fn of_two_hosts_or_origins_none_counts() {
    let guard = guard(&listening("localhost"));
    assert_eq!(reach(&guard, &[("host", "localhost"), ("host", "evil.example")], None), 400);
    let twice = [("host", "localhost"), ("origin", "http://localhost"), ("origin", "http://localhost")];
    assert_eq!(reach(&guard, &twice, None), 403);
    let request =
        Request::builder().uri("http://evil.example/mcp").header("host", "localhost").body(()).unwrap();
    let reached = Reached { base: "".into(), client: Ipv4Addr::LOCALHOST.into(), forwarded_host: None };
    assert_eq!(guard.check(&request, &reached).unwrap_err().0, 421);
}

#[test]
fn a_named_server_answers_to_its_name_and_to_those_it_is_given() {
    let guard = with_hosts("Mcp.Example.com", &["public.example", "only.example:8443", "usual.example:443"]);
    for host in [
        "mcp.example.com:8000",
        "public.example",
        "public.example:1",
        "localhost:8000",
        "only.example:8443",
        "usual.example",
    ] {
        assert_eq!(check(&guard, host, None), 200, "{host}");
    }
    for host in ["other.example", "only.example", "only.example:8444", "usual.example:8443"] {
        assert_eq!(check(&guard, host, None), 421, "{host}");
    }
    // A page of its own; that another name is allowed makes no other page its own.
    assert_eq!(check(&guard, "public.example", Some("https://public.example")), 200);
    assert_eq!(check(&guard, "mcp.example.com", Some("https://public.example")), 403);
}

#[test]
fn a_server_on_every_address_wants_origins_of_its_own() {
    let guard = guard(&listening("0.0.0.0"));
    assert_eq!(check(&guard, "any.example:8000", None), 200);
    assert_eq!(check(&guard, "any.example:8000", Some("http://any.example:8000")), 200);
    assert_eq!(check(&guard, "any.example", Some("https://any.example")), 200);
    assert_eq!(check(&guard, "any.example:8000", Some("http://any.example:8001")), 403);
    assert_eq!(check(&guard, "any.example:8000", Some("http://other.example:8000")), 403);
    assert_eq!(check(&guard, "127.0.0.1:8000", Some("http://localhost:6274")), 200);
    assert_eq!(check(&guard, "any.example:8000", Some("http://localhost:6274")), 403);
}

#[test]
fn a_server_on_every_address_that_knows_its_names_answers_to_these() {
    for guard in [with_hosts("::", &["mcp.example"]), with_url("0.0.0.0", "https://mcp.example/x")] {
        assert_eq!(check(&guard, "mcp.example", None), 200);
        assert_eq!(check(&guard, "other.example", None), 421);
        // Nobody can make an address point here.
        assert_eq!(check(&guard, "10.1.2.3:8000", None), 200);
        assert_eq!(check(&guard, "mcp.example", Some("https://mcp.example")), 200);
        assert_eq!(check(&guard, "mcp.example", Some("https://mcp.example:444")), 403);
    }
    let every = with_hosts("::", &["*"]);
    assert_eq!(check(&every, "other.example", None), 200);
}

#[test]
fn the_url_of_the_server_is_its_own_origin_whatever_the_proxy_calls_it() {
    let guard = with_url("localhost", "https://mcp.example");
    assert_eq!(check(&guard, "localhost:8000", Some("https://mcp.example")), 200);
    assert_eq!(check(&guard, "localhost:8000", Some("https://mcp.example:443")), 200);
    assert_eq!(check(&guard, "localhost:8000", Some("http://mcp.example")), 403);
}

#[test]
fn origins_that_are_listed_are_allowed_to_the_port() {
    let guard = with_origins("localhost", &["https://app.example", "http://app.example:3000"]);
    for origin in ["https://app.example", "https://app.example:443", "http://app.example:3000"] {
        assert_eq!(check(&guard, "localhost", Some(origin)), 200, "{origin}");
    }
    for origin in ["http://app.example", "https://app.example:3000", "https://sub.app.example", "null"] {
        assert_eq!(check(&guard, "localhost", Some(origin)), 403, "{origin}");
    }
    let every = with_origins("localhost", &["*"]);
    assert_eq!(check(&every, "localhost", Some("https://any.example")), 200);
    assert_eq!(check(&every, "localhost", Some("null")), 403);
    assert_eq!(check(&every, "evil.example", Some("https://any.example")), 421);
}

#[test]
fn a_trusted_proxy_is_held_to_the_list_if_there_is_one() {
    let local = [("host", "localhost:8000")];
    let free = guard(&listening("localhost"));
    assert_eq!(reach(&free, &local, Some("mcp.example")), 200);
    // The proxy says whom the client called, so a page of that name is one of the server's own.
    let page = [("host", "localhost:8000"), ("origin", "https://mcp.example")];
    assert_eq!(reach(&free, &page, Some("mcp.example")), 200);
    // What a page sends after rebinding is no word of a proxy, since the host is foreign.
    assert_eq!(reach(&free, &[("host", "evil.example")], Some("localhost")), 421);
    let held = with_hosts("localhost", &["mcp.example"]);
    assert_eq!(reach(&held, &local, Some("mcp.example")), 200);
    assert_eq!(reach(&held, &local, Some("evil.example")), 421);
}
