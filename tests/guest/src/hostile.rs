//! What no host may allow.

use std::hint::black_box;
use std::io::Read as _;
use std::net::{TcpListener, TcpStream, ToSocketAddrs as _, UdpSocket};
use std::time::Duration;

use crate::bindings::exports::test::guest::hostile::Guest as Hostile;
use crate::bindings::mxcp::tool::host::{self, Level};
use crate::{Guest, fetch};

fn said<T: std::fmt::Debug, E: std::fmt::Debug>(result: Result<T, E>) -> Result<String, String> {
    result.map(|value| format!("{value:?}")).map_err(|error| format!("{error:?}"))
}

impl Hostile for Guest {
    fn read_file(path: String) -> Result<String, String> {
        std::fs::read_to_string(path).map_err(|error| error.to_string())
    }

    fn write_file(path: String) -> Result<String, String> {
        said(std::fs::write(path, "hostile"))
    }

    fn list_environment() -> Vec<String> {
        std::env::vars().map(|(name, value)| format!("{name}={value}")).collect()
    }

    fn connect(address: String) -> Result<String, String> {
        said(TcpStream::connect(address))
    }

    fn resolve(name: String) -> Result<String, String> {
        said((name.as_str(), 80).to_socket_addrs().map(Iterator::collect::<Vec<_>>))
    }

    fn listen() -> Result<String, String> {
        said(TcpListener::bind("127.0.0.1:0"))
    }

    fn send_datagram(address: String) -> Result<String, String> {
        said(UdpSocket::bind("0.0.0.0:0").and_then(|socket| socket.send_to(b"hostile", address)))
    }

    fn fetch(authority: String, secure: bool) -> Result<String, String> {
        fetch::get(&authority, secure)
    }

    fn query(sql: String) -> Result<String, String> {
        said(host::query(&sql, &[]))
    }

    fn read_secret(name: String) -> Result<String, String> {
        said(host::secret(&name))
    }

    fn read_input() -> String {
        let mut text = String::new();
        let read = std::io::stdin().read_to_string(&mut text);
        format!("{read:?} {text}")
    }

    fn arguments() -> Vec<String> {
        std::env::args().collect()
    }

    fn spin() {
        let mut turns = 0_u64;
        loop {
            turns = black_box(turns.wrapping_add(1));
        }
    }

    fn sleep(seconds: u32) {
        std::thread::sleep(Duration::from_secs(seconds.into()));
    }

    fn allocate() {
        let mut kept = Vec::new();
        loop {
            kept.push(black_box(vec![1_u8; 1 << 20]));
        }
    }

    fn recurse(depth: u64) -> u64 {
        let kept = black_box([depth; 64]);
        if black_box(depth) == u64::MAX {
            return 0;
        }
        Self::recurse(black_box(depth + 1)) + kept[3]
    }

    fn huge(bytes: u32) -> String {
        "x".repeat(bytes as usize)
    }

    fn flood_log(times: u32) -> u32 {
        for _ in 0..times {
            host::log(Level::Warning, "a flood of messages");
        }
        times
    }

    fn flood_output(times: u32) -> u32 {
        for _ in 0..times {
            println!("a flood of lines");
        }
        times
    }

    fn trap() {
        panic!("a secret of the component");
    }

    fn end_process() {
        std::process::exit(3);
    }
}
