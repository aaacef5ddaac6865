//! Collectors that something is wrong with.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// What is wrong with a collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It accepts connections, and neither reads nor answers.
    Silent,
    /// It answers, a byte now and then.
    Trickling,
    /// It resets each connection once something comes.
    Resetting,
}

/// A collector with a fault.
#[derive(Clone, Debug)]
pub struct Faulty {
    /// Where it listens.
    pub url: String,
    connections: Arc<AtomicUsize>,
}

impl Faulty {
    /// Starts a collector with a fault, which lives as long as the process.
    ///
    /// # Errors
    /// There is no free port.
    pub fn start(fault: Fault) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let connections = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&connections);
        thread::spawn(move || {
            let mut kept = Vec::new();
            for stream in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                match fault {
                    Fault::Silent => kept.push(stream),
                    Fault::Trickling => drop(thread::spawn(move || trickle(stream))),
                    Fault::Resetting => drop(thread::spawn(move || reset(stream))),
                }
            }
        });
        Ok(Self { url, connections })
    }

    /// Whether anybody came to tell it something.
    #[must_use]
    pub fn was_asked(&self) -> bool {
        self.connections.load(Ordering::SeqCst) > 0
    }
}

fn trickle(mut stream: TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")?;
    loop {
        stream.write_all(b"x")?;
        thread::sleep(Duration::from_millis(100));
    }
}

/// What is closed with something unread in it is reset.
fn reset(mut stream: TcpStream) {
    let _first = stream.read(&mut [0; 1]);
}
