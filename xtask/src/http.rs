//! As much of an HTTP client as a command needs to make one call.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// An answer, its body decoded.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Status code.
    pub(crate) status: u16,
    /// The whole body.
    pub(crate) body: String,
}

/// A connection for one request after the other.
#[derive(Debug)]
pub(crate) struct Connection {
    address: SocketAddr,
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects.
    pub(crate) fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.set_nodelay(true)?;
        Ok(Self { address, stream: BufReader::new(stream) })
    }

    /// Posts a JSON body; the answer has to say how long it is.
    pub(crate) fn post(&mut self, path: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer> {
        let request = request(self.address, path, headers, body, "keep-alive");
        self.stream.get_mut().write_all(request.as_bytes())?;
        let status = self.line()?;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok()).context("no status")?;
        let mut length = None;
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').context("a header without a colon")?;
            if name.eq_ignore_ascii_case("content-length") {
                length = Some(value.trim().parse()?);
            }
        }
        let mut body = vec![0; length.context("the answer does not say how long it is")?];
        self.stream.read_exact(&mut body)?;
        Ok(Answer { status, body: String::from_utf8(body)? })
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            bail!("the server closed the connection");
        }
        Ok(line.trim_end().to_owned())
    }
}

/// Posts a JSON body on a connection of its own.
pub(crate) fn post(address: SocketAddr, path: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    exchange(&mut stream, &request(address, path, headers, body, "close"))
}

/// A request as it is sent.
fn request(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
    connection: &str,
) -> String {
    let mut request = format!("POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: {connection}\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    request
}

/// Sends a request that is the last one of its connection, and gives the answer.
pub(crate) fn exchange(stream: &mut (impl Read + Write), request: &str) -> Result<Answer> {
    stream.write_all(request.as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text).context("the server's answer ends too early")?;
    parse(&text)
}

fn parse(text: &str) -> Result<Answer> {
    let (head, body) = text.split_once("\r\n\r\n").context("the server's answer has no end of headers")?;
    let status =
        head.split(' ').nth(1).and_then(|code| code.parse().ok()).context("the answer has no status")?;
    let chunked = head.lines().any(|line| line.eq_ignore_ascii_case("transfer-encoding: chunked"));
    let body = if chunked { join_chunks(body)? } else { body.to_owned() };
    Ok(Answer { status, body })
}

fn join_chunks(mut rest: &str) -> Result<String> {
    let mut body = String::new();
    loop {
        let (size, after) = rest.split_once("\r\n").context("a chunk has no size")?;
        let size = usize::from_str_radix(size.trim(), 16).context("a chunk's size is no number")?;
        if size == 0 {
            return Ok(body);
        }
        let Some((chunk, after)) = after.split_at_checked(size) else { bail!("a chunk is cut short") };
        body.push_str(chunk);
        rest = after.strip_prefix("\r\n").context("a chunk has no end")?;
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn reads_a_plain_answer() {
        let answer = parse("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (200, "{}"));
    }

    #[test]
    fn joins_chunks() {
        let text =
            "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n";
        let answer = parse(text).unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (404, "abcd"));
    }

    #[test]
    fn refuses_an_answer_cut_short() {
        assert!(parse("HTTP/1.1 200 OK\r\nContent-Le").is_err());
        assert!(parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc").is_err());
    }
}
