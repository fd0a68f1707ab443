//! Servers that lie, break, or try to take the token elsewhere.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

use serde_json::json;
use tenure_broker::{Broker, BrokerError, Keys, Reach, Work};
use tenure_model::{HandoffPlan, Intent, Receipt, What, Where, Who};

use crate::handoff::{NOW, open};

/// Assembled here, so that it has the shape of a token only when the test runs.
fn token() -> String {
    ["s.", "EchoEchoEchoEchoEchoEcho"].concat()
}

/// A server that gives every request the same answer; what it was asked comes through the channel.
fn server(answer: impl Fn(&str) -> String + Send + 'static) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (told, asked) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let request = read_request(&mut stream);
            let _ = stream.write_all(answer(&request).as_bytes());
            if told.send(request).is_err() {
                return; // the test is over
            }
        }
    });
    (address, asked)
}

/// The head of one request and its body, as far as the head announces one.
fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0_u8; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned))
                .map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return text;
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return text,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

fn http(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn intent() -> Intent {
    Intent {
        who: Who {
            issuer: "https://issuer.example.test".to_owned(),
            audience: "a".to_owned(),
            subject: "s".to_owned(),
            ..Who::default()
        },
        auth_mount: Some("jwt".to_owned()),
        what: What {
            engine: "database".to_owned(),
            mount: "database".to_owned(),
            connection: "app".to_owned(),
            privilege: "SELECT ON orders".to_owned(),
        },
        target: Where { kind: "postgresql".to_owned(), ..Where::default() },
        ttl_seconds: 900,
        ..Intent::default()
    }
}

/// What the broker says when it meets this server.
async fn error_from(broker: &dyn Broker) -> BrokerError {
    broker.snapshot("m-01", &intent()).await.unwrap_err()
}

#[tokio::test]
async fn an_echoed_token_is_in_no_error_and_no_log() {
    crate::logged::keep_everything();
    let (address, asked) = server(|request| {
        let shown = request.lines().find_map(|line| line.strip_prefix("x-vault-token: ")).unwrap_or("none");
        http(
            "400 Bad Request",
            "",
            &json!({"errors": [format!("bad token {shown}\u{1b}[2J in {request}")]}).to_string(),
        )
    });
    let broker = open(&address, &token()).unwrap();
    let said = error_from(&*broker).await;
    assert!(asked.recv().unwrap().contains(&token()), "the server did see it");
    for text in [said.to_string(), format!("{said:?}"), crate::logged::so_far()] {
        assert!(!text.contains(&token()), "{text}");
    }
    assert!(said.to_string().contains("bad token [removed]"), "{said}");
    assert!(!said.to_string().contains('\u{1b}'), "{said}");
}

#[tokio::test]
async fn a_redirect_takes_the_token_nowhere() {
    let (elsewhere, asked) = server(|_| http("200 OK", "", "{}"));
    let to = elsewhere.clone();
    let (address, _kept) =
        server(move |_| http("307 Temporary Redirect", &format!("Location: {to}/v1/x\r\n"), ""));
    let said = error_from(&*open(&address, &token()).unwrap()).await;
    assert!(said.to_string().contains("redirects are not followed"), "{said}");
    assert!(asked.try_recv().is_err(), "nobody was asked elsewhere");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_the_end() {
    let (address, _kept) =
        server(|_| http("200 OK", "", &format!("{{\"data\": \"{}\"}}", "x".repeat(5 << 20))));
    let said = error_from(&*open(&address, &token()).unwrap()).await;
    assert!(said.to_string().contains("more than 4 MiB"), "{said}");
}

#[tokio::test]
async fn answers_that_make_no_sense_are_errors() {
    for body in ["", "[]", "null", "{}", "{\"data\": 3}", "<html>", "{\"data\": {\"keys\": 1}"] {
        let answer = http("200 OK", "", body);
        let (address, _kept) = server(move |_| answer.clone());
        let said = error_from(&*open(&address, &token()).unwrap()).await;
        assert!(matches!(said, BrokerError::Unexpected { .. }), "{body:?}: {said}");
    }
}

#[tokio::test]
async fn each_kind_of_failure_says_what_to_do() {
    for (status, retried) in [
        ("503 Overloaded", true),
        ("429 Too Many", true),
        ("500 Oops", true),
        ("403 No", false),
        ("400 Bad", false),
    ] {
        let answer = http(status, "", "{\"errors\":[\"x\"]}");
        let (address, _kept) = server(move |_| answer.clone());
        let said = error_from(&*open(&address, &token()).unwrap()).await;
        assert_eq!(said.retry_after().is_some(), retried, "{status}: {said}");
    }
    let (address, _kept) = server(|_| "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort".to_owned());
    let said = error_from(&*open(&address, &token()).unwrap()).await;
    assert!(said.retry_after().is_some(), "{said}");
}

#[tokio::test]
async fn a_sealed_server_is_told_from_one_that_is_gone() {
    let sealed = json!({"initialized": true, "sealed": true, "version": "2.7.2"}).to_string();
    let (address, _kept) = server(move |_| http("200 OK", "", &sealed));
    let found = open(&address, &token()).unwrap().capabilities(None).await.unwrap();
    assert_eq!((found.reach, found.version.as_deref()), (Reach::Sealed, Some("2.7.2")));
}

#[tokio::test]
async fn a_write_that_reads_back_otherwise_is_a_conflict() {
    // Says yes to every write, and always shows a policy of its own.
    let theirs =
        json!({"data": {"name": "x", "policy": "# tenure:m-01\npath \"*\" { capabilities = [\"sudo\"] }"}});
    let asked_before = std::sync::Mutex::new(false);
    let (address, asked) = server(move |request| {
        if request.starts_with("PUT") {
            *asked_before.lock().unwrap() = true;
            return http("204 No Content", "", "");
        }
        if *asked_before.lock().unwrap() {
            http("200 OK", "", &theirs.to_string())
        } else {
            http("404 Not Found", "", "{\"errors\":[]}")
        }
    });
    let plan: HandoffPlan = serde_json::from_value(json!({
        "migration_id": "m-01", "identity_id": "i", "broker": "prod", "broker_kind": "openbao",
        "intent": intent(), "artifacts": [], "preconditions": [], "warnings": [],
        "steps": [{"seq": 1, "kind": "policy", "title": "t", "phase": "apply",
                   "target": "sys/policies/acl/tenure-m-01", "body": {"policy": "# tenure:m-01\n"},
                   "reads_before_write": [], "undo": "u", "destructive": false}],
    }))
    .unwrap();
    let receipts: Vec<Receipt> = Vec::new();
    let keys = Keys::default();
    let work =
        Work { plan: &plan, receipts: &receipts, resumed: false, keys: &keys, now: NOW.parse().unwrap() };
    let receipt = open(&address, &token()).unwrap().apply(&work, &plan.steps[0]).await.unwrap();
    assert_eq!(receipt.state, tenure_model::StepState::Conflict, "{}", receipt.detail);
    let asked: Vec<String> =
        asked.try_iter().map(|request| request.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(asked, ["GET", "PUT", "GET"]);
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    const TEST: &str = "a_certificate_that_nobody_vouches_for_is_refused";
    if tenure_testing::servers_left_out(TEST) {
        return;
    }
    let bao = tenure_testing::OpenBao::start_with_own_certificate();
    let broker = open(&bao.address(), &token()).unwrap();
    assert_eq!(broker.capabilities(None).await.unwrap().reach, Reach::Unreachable);
    let said = error_from(&*broker).await;
    assert!(said.to_string().contains("certificate"), "{said}");
}
