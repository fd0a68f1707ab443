//! A development server of OpenBao with a file for its audit log.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{http, tools};

const START_SECONDS_MAX: u64 = 60;
const ATTEMPTS: u32 = 3;

/// A running `bao server -dev`: in memory, on loopback, ended when dropped.
pub struct OpenBao {
    process: Child,
    port: u16,
    kind: Kind,
    namespace: Option<String>,
    root_token: String,
    folder: tempfile::TempDir,
}

/// How a server differs from the usual one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Audited,
    Unrecorded,
    OwnCertificate,
}

impl OpenBao {
    /// Starts a server that writes an audit log.
    ///
    /// # Panics
    /// When the program is missing or does not come up.
    pub fn start() -> Self {
        Self::start_with(Kind::Audited)
    }

    /// Starts a server without any audit device, which Tenure refuses to use.
    ///
    /// # Panics
    /// As [`OpenBao::start`].
    pub fn start_without_audit() -> Self {
        Self::start_with(Kind::Unrecorded)
    }

    /// Starts a server whose certificate no one on this machine vouches for.
    ///
    /// # Panics
    /// As [`OpenBao::start`].
    pub fn start_with_own_certificate() -> Self {
        Self::start_with(Kind::OwnCertificate)
    }

    fn start_with(kind: Kind) -> Self {
        let program = tools::bao();
        for _ in 0..ATTEMPTS {
            if let Some(server) = Self::try_start(&program, kind) {
                return server;
            }
        }
        panic!("{} did not come up in {ATTEMPTS} attempts", program.display());
    }

    fn try_start(program: &Path, kind: Kind) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = tools::free_port();
        let root_token = format!("test-root-{port}");
        let config = folder.path().join("bao.hcl");
        let log = folder.path().join("audit.log");
        let stanza = format!(
            "audit \"file\" \"to-file\" {{\n  options {{\n    file_path = \"{}\"\n  }}\n}}\n",
            log.display()
        );
        std::fs::write(&config, if kind == Kind::Unrecorded { "" } else { &stanza })
            .expect("the temporary folder takes a file");
        let output = File::create(folder.path().join("server.log")).expect("a log file");
        let mut command = Command::new(program);
        if kind == Kind::OwnCertificate {
            command.args(["server", "-dev-tls", "-dev-no-store-token"]);
            command.arg(format!("-dev-tls-cert-dir={}", folder.path().display()));
        } else {
            command.args(["server", "-dev", "-dev-no-store-token"]);
        }
        let process = command
            .arg(format!("-config={}", config.display()))
            .arg(format!("-dev-listen-address=127.0.0.1:{port}"))
            .arg(format!("-dev-root-token-id={root_token}"))
            .env("HOME", folder.path())
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a second handle"))
            .stderr(output)
            .spawn()
            .expect("bao starts");
        let mut server = Self { process, port, kind, namespace: None, root_token, folder };
        server.wait_until_ready().then_some(server)
    }

    fn wait_until_ready(&mut self) -> bool {
        let deadline = Instant::now() + Duration::from_secs(START_SECONDS_MAX);
        while Instant::now() < deadline {
            if matches!(self.process.try_wait(), Ok(Some(_)) | Err(_)) {
                return false; // the port was taken, or the configuration refused
            }
            if self.kind == Kind::OwnCertificate {
                if std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                    return true;
                }
                std::thread::sleep(Duration::from_millis(50));
                continue;
            }
            // The mount table comes up after the listener: health alone is too early.
            if self
                .try_call("GET", "sys/mounts", &self.root_token, &Value::Null)
                .is_some_and(|(s, _)| s == 200)
            {
                return true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        let scheme = if self.kind == Kind::OwnCertificate { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// The token that may do everything.
    pub fn root_token(&self) -> &str {
        &self.root_token
    }

    /// The audit log: a JSON object a line, requests and responses.
    pub fn audit_log(&self) -> PathBuf {
        self.folder.path().join("audit.log")
    }

    /// What the audit log says was requested since `from` lines: (operation, path).
    ///
    /// # Panics
    /// When the log is not what OpenBao writes.
    pub fn audited(&self, from: usize) -> Vec<(String, String)> {
        let text = std::fs::read_to_string(self.audit_log()).expect("the audit log is there");
        text.lines()
            .skip(from)
            .map(|line| serde_json::from_str::<Value>(line).expect("an audit line is JSON"))
            .filter(|entry| entry["type"] == "request")
            .map(|entry| {
                let word = |key: &str| entry["request"][key].as_str().unwrap_or_default().to_owned();
                (word("operation"), word("path"))
            })
            .collect()
    }

    /// Waits until the server has written nothing for a while: a client that was killed may leave a request behind that is still
    /// being carried out, and an answer to nobody is not always written down.
    ///
    /// # Panics
    /// When the log is not there.
    pub fn wait_for_quiet(&self) {
        const QUIET: Duration = Duration::from_millis(150);
        let (mut lines, mut since) = (self.audit_lines(), Instant::now());
        while since.elapsed() < QUIET {
            std::thread::sleep(Duration::from_millis(10));
            let now = self.audit_lines();
            if now != lines {
                (lines, since) = (now, Instant::now());
            }
        }
    }

    /// How many lines the audit log has.
    ///
    /// # Panics
    /// When the log is not there.
    pub fn audit_lines(&self) -> usize {
        std::fs::read_to_string(self.audit_log()).expect("the audit log is there").lines().count()
    }

    /// One call with any token: status and body. `Value::Null` sends no body.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn call(&self, method: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
        self.try_call(method, path, token, body).expect("the server answers")
    }

    fn try_call(&self, method: &str, path: &str, token: &str, body: &Value) -> Option<(u16, Value)> {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let mut headers = Vec::new();
        if !token.is_empty() {
            headers.push(("X-Vault-Token", token));
        }
        if let Some(namespace) = &self.namespace {
            headers.push(("X-Vault-Namespace", namespace));
        }
        let (status, body) = http::request(self.port, method, path, &headers, &text).ok()?;
        Some((status, serde_json::from_str(&body).unwrap_or(Value::Null)))
    }

    /// One call as the operator, which must succeed.
    ///
    /// # Panics
    /// When it does not, with the server's words.
    pub fn operate(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.call(method, path, &self.root_token, body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// Makes a namespace; every later call goes there.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn enter_namespace(&mut self, name: &str) {
        self.operate("POST", &format!("sys/namespaces/{name}"), &json!({}));
        self.namespace = Some(name.to_owned());
    }

    /// Later calls go to the root namespace again.
    pub fn leave_namespace(&mut self) {
        self.namespace = None;
    }

    /// A token with only this policy.
    ///
    /// # Panics
    /// When the server refuses the policy.
    pub fn token_with(&self, name: &str, policy: &str) -> String {
        self.operate("PUT", &format!("sys/policies/acl/{name}"), &json!({"policy": policy}));
        let wish = json!({"policies": [name], "no_default_policy": false, "ttl": "1h"});
        let answer = self.operate("POST", "auth/token/create", &wish);
        answer["auth"]["client_token"].as_str().expect("a token is made").to_owned()
    }
}

impl Drop for OpenBao {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
