//! Just enough HTTP to speak to a WebDriver on the loopback.

use std::io::{BufRead, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// A page under test answers within this, or it hangs.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// A port that nobody listens on now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("the loopback has a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// Sends a request; gives the answer's JSON, or why there is none.
pub(crate) fn send(port: u16, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let exchange = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        // Without `Connection: close`: the driver hands that on, and its own driver then hangs up too early.
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        read_body(&mut BufReader::new(stream))
    };
    let answer = exchange().map_err(|error| error.to_string())?;
    serde_json::from_slice(&answer)
        .map_err(|error| format!("{error} in {}", String::from_utf8_lossy(&answer)))
}

/// The body of an answer, by its length or by its chunks.
fn read_body(answer: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut length = 0;
    let mut chunked = false;
    loop {
        let line = read_line(answer)?.to_ascii_lowercase();
        match line.split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse().unwrap_or(0),
            Some(("transfer-encoding", value)) => chunked = value.contains("chunked"),
            _ if line.is_empty() => break,
            _ => {}
        }
    }
    let mut body = Vec::new();
    if chunked {
        loop {
            let size = usize::from_str_radix(&read_line(answer)?, 16).unwrap_or(0);
            if size == 0 {
                return Ok(body);
            }
            append(answer, size, &mut body)?;
            read_line(answer)?;
        }
    }
    append(answer, length, &mut body)?;
    Ok(body)
}

fn read_line(answer: &mut impl BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    if answer.read_line(&mut line)? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

fn append(answer: &mut impl BufRead, length: usize, body: &mut Vec<u8>) -> std::io::Result<()> {
    let before = body.len();
    body.resize(before + length, 0);
    answer.read_exact(&mut body[before..])
}
