//! One call at a time, over a connection that can be kept open afterwards.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};

/// The service that is loaded.
pub(crate) const SERVICE: &str = "/cds-services/leg-pain-patient-view";

pub(crate) struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// A call over a new connection, which is closed after it.
pub(crate) fn call(address: SocketAddr, body: &[u8], token: Option<&str>) -> Result<Answer> {
    call_of(address, SERVICE, body, token)
}

/// A call of the service at a path.
pub(crate) fn call_of(address: SocketAddr, path: &str, body: &[u8], token: Option<&str>) -> Result<Answer> {
    Held::send_to(address, path, body, token)?.finish()
}

/// A call of which the last byte has not been sent.
pub(crate) struct Held {
    stream: TcpStream,
    last: Vec<u8>,
}

impl Held {
    pub(crate) fn send(address: SocketAddr, body: &[u8], token: Option<&str>) -> Result<Self> {
        Self::send_to(address, SERVICE, body, token)
    }

    fn send_to(address: SocketAddr, path: &str, body: &[u8], token: Option<&str>) -> Result<Self> {
        let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n{token}Content-Length: {}\r\n\r\n",
            body.len()
        );
        let (most, last) = body.split_at(body.len().saturating_sub(1));
        let mut stream = connect(address)?;
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(most)).context("sending a call")?;
        Ok(Self { stream, last: last.to_vec() })
    }

    /// Sends what was held back; what was sent stays in flight.
    pub(crate) fn release(&mut self) -> Result<()> {
        self.stream.write_all(&std::mem::take(&mut self.last)).context("sending the end of a call")
    }

    /// The answer, after [`Held::release`] where that was not called yet.
    pub(crate) fn finish(&mut self) -> Result<Answer> {
        self.release()?;
        answer(&mut self.stream)
    }
}

/// Discovery. The connection stays open as long as what is returned.
pub(crate) fn discover(address: SocketAddr) -> Result<(Answer, TcpStream)> {
    let mut stream = connect(address)?;
    let request = format!("GET /cds-services HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).context("asking for discovery")?;
    Ok((answer(&mut stream)?, stream))
}

/// Whether the other side has not closed the connection.
pub(crate) fn is_open(stream: &TcpStream) -> Result<bool> {
    stream.set_nonblocking(true).context("looking at a connection")?;
    Ok(stream.peek(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock))
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).with_context(|| format!("connecting to {address}"))?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).context("setting a timeout")?;
    // Head and body are written one after the other; neither waits for the other to be acknowledged.
    stream.set_nodelay(true).context("setting a connection to send at once")?;
    Ok(stream)
}

fn answer(stream: &mut TcpStream) -> Result<Answer> {
    let mut received = Vec::new();
    let mut part = [0; 16 * 1024];
    loop {
        let number = stream.read(&mut part).context("reading an answer")?;
        received.extend_from_slice(part.get(..number).unwrap_or_default());
        if let Some(answer) = whole(&received)? {
            return Ok(answer);
        }
        anyhow::ensure!(number > 0, "the connection was closed in the middle of an answer");
    }
}

/// None while something of it is still to come.
fn whole(received: &[u8]) -> Result<Option<Answer>> {
    let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let (head, body) = received.split_at(end + 4);
    let head = std::str::from_utf8(head).context("the head of an answer is not text")?;
    let status =
        head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("an answer without status")?;
    let length: usize = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, length)| length.trim().parse().ok())
        .context("an answer without Content-Length")?;
    Ok(body.get(..length).map(|body| Answer { status, body: body.to_vec() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_length_has_come() {
        let text = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nvary: a\r\n\r\nhello";
        for cut in 0..text.len() {
            assert!(whole(&text[..cut]).unwrap().is_none(), "{cut}");
        }
        let answer = whole(text).unwrap().unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (200, &b"hello"[..]));
    }

    #[test]
    fn an_answer_of_unknown_length_is_refused() {
        assert!(whole(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }
}
