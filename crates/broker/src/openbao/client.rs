//! Talking HTTP to OpenBao: one server, no redirects, no proxy, small answers, and no secret in any message.

use std::net::SocketAddr;
use std::sync::Once;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde_json::Value;

use crate::connection::{is_loopback, refused_address};
use crate::secret::scrub;
use crate::{BrokerError, Connection, Secret};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(20);
/// The largest answer we ask for is a list of leases or accessors.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-vault-token");
const NAMESPACE_HEADER: HeaderName = HeaderName::from_static("x-vault-namespace");
/// Without it a server behind a browser-facing proxy may refuse; with it no browser can be made to ask.
const REQUEST_HEADER: HeaderName = HeaderName::from_static("x-vault-request");

/// What OpenBao answers outside of every namespace only (measured: inside one, health is an error and audit a 400).
const OUTSIDE_NAMESPACES: [&str; 2] = ["sys/health", "sys/audit"];

/// A server, and the token that we show it.
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    namespace: Option<HeaderValue>,
    /// Shown as a header, and taken out of whatever the server says.
    token: Option<Secret>,
}

/// An answer with a status that the caller may judge.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Reply {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What the server says went wrong, one line, not yet scrubbed.
    fn errors(&self) -> String {
        match self.body["errors"].as_array() {
            Some(errors) if !errors.is_empty() => {
                errors.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; ")
            }
            _ => "no reason given".to_owned(),
        }
    }
}

impl Client {
    /// A client for a connection. Nothing is sent yet.
    pub(crate) fn new(connection: &Connection, token: Option<Secret>) -> Result<Self, BrokerError> {
        install_tls();
        let base = connection.url()?;
        let unusable = |reason: &str| BrokerError::Address {
            connection: connection.name.clone(),
            reason: reason.to_owned(),
        };
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_HEADER, HeaderValue::from_static("true"));
        let namespace = match connection.checked_namespace()? {
            Some(name) => Some(HeaderValue::from_str(name).map_err(|_| unusable("the namespace"))?),
            None => None,
        };
        if let Some(token) = &token {
            let mut value = HeaderValue::from_str(token.expose()).map_err(|_| BrokerError::Secret {
                what: "the token has characters of no token".to_owned(),
            })?;
            value.set_sensitive(true);
            headers.insert(TOKEN_HEADER, value);
        }
        let http = reqwest::Client::builder()
            .default_headers(headers)
            .user_agent(concat!("tenure/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy() // a proxy named in the environment would see the token of a loopback server
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            .https_only(base.scheme() == "https")
            .dns_resolver(JudgedNames { loopback_only: base.scheme() != "https" })
            .build()
            .map_err(|_| unusable("no TLS can be set up on this machine"))?;
        Ok(Self { http, base, namespace, token })
    }

    /// True when we act inside a namespace, where some things cannot be seen.
    pub(crate) fn is_in_namespace(&self) -> bool {
        self.namespace.is_some()
    }

    /// For messages: the server, without anything secret.
    pub(crate) fn host(&self) -> String {
        let host = self.base.host_str().unwrap_or("?");
        self.base.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Reads an object's `data`; `None` when it is not there.
    pub(crate) async fn read(&self, path: &str) -> Result<Option<Value>, BrokerError> {
        let reply = self.send(Method::GET, path, None).await?;
        if reply.is_success() {
            return match reply.body.get("data") {
                Some(data) if data.is_object() => Ok(Some(data.clone())),
                _ => Err(self.unexpected(path, "an answer without data")),
            };
        }
        // An unknown mount is 400 with these words, not 404.
        let no_mount = reply.status == 400
            && ["No secret engine mount at", "No auth engine at"]
                .iter()
                .any(|words| reply.errors().contains(words));
        if reply.status == 404 || no_mount { Ok(None) } else { Err(self.failure(path, &reply)) }
    }

    /// Keys below a path; empty when there are none.
    pub(crate) async fn list(&self, path: &str) -> Result<Vec<String>, BrokerError> {
        let path = format!("{path}?list=true");
        let Some(data) = self.read(&path).await? else { return Ok(Vec::new()) };
        let keys = data["keys"].as_array().ok_or_else(|| self.unexpected(&path, "a list without keys"))?;
        Ok(keys.iter().filter_map(|key| key.as_str().map(str::to_owned)).collect())
    }

    /// Writes; the whole answer.
    pub(crate) async fn write(&self, path: &str, body: &Value) -> Result<Value, BrokerError> {
        let reply = self.send(Method::PUT, path, Some(body)).await?;
        if reply.is_success() { Ok(reply.body) } else { Err(self.failure(path, &reply)) }
    }

    /// Deletes; deleting what is not there is fine.
    pub(crate) async fn delete(&self, path: &str) -> Result<(), BrokerError> {
        let reply = self.send(Method::DELETE, path, None).await?;
        if reply.is_success() || reply.status == 404 { Ok(()) } else { Err(self.failure(path, &reply)) }
    }

    /// One request; any status is an answer.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Reply, BrokerError> {
        let url = self
            .base
            .join(&format!("/v1/{path}"))
            .map_err(|_| self.unexpected(path, "not a path that can be asked for"))?;
        tracing::debug!(%method, path, host = self.host(), "asking the broker");
        let mut request = self.http.request(method, url);
        let outside = OUTSIDE_NAMESPACES.contains(&path.split('?').next().unwrap_or_default());
        if let (Some(namespace), false) = (&self.namespace, outside) {
            request = request.header(NAMESPACE_HEADER, namespace);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let mut response = request.send().await.map_err(|error| self.no_answer(&error))?;
        let status = response.status().as_u16();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.no_answer(&error))? {
            if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(self.unexpected(path, "an answer of more than 4 MiB"));
            }
            bytes.extend_from_slice(&chunk);
        }
        tracing::debug!(status, path, "the broker answered");
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            match serde_json::from_slice(&bytes) {
                Ok(body) => body,
                Err(_) if (200..300).contains(&status) => {
                    return Err(self.unexpected(path, "an answer that is not JSON"));
                }
                Err(_) => Value::Null, // a proxy's error page; the status says enough
            }
        };
        Ok(Reply { status, body })
    }

    /// An unsuccessful answer as an error.
    pub(crate) fn failure(&self, path: &str, reply: &Reply) -> BrokerError {
        let path = path.to_owned();
        let detail = self.clean(&reply.errors());
        match reply.status {
            401 | 403 => BrokerError::Forbidden { path, detail },
            503 if detail.contains("sealed") => BrokerError::Sealed { host: self.host() },
            status @ (408 | 412 | 429 | 472 | 473 | 500..=599) => BrokerError::Busy { path, status, detail },
            status @ 300..=399 => BrokerError::Refused {
                path,
                status,
                detail:
                    "it sends us elsewhere; redirects are not followed, so give the active server's address"
                        .to_owned(),
            },
            status => BrokerError::Refused { path, status, detail },
        }
    }

    /// An answer that makes no sense, as an error.
    pub(crate) fn unexpected(&self, path: &str, detail: &str) -> BrokerError {
        BrokerError::Unexpected { path: path.to_owned(), detail: self.clean(detail) }
    }

    fn clean(&self, text: &str) -> String {
        let secrets: Vec<&Secret> = self.token.iter().collect();
        scrub(text, &secrets)
    }

    fn no_answer(&self, error: &reqwest::Error) -> BrokerError {
        let reason = if error.is_timeout() {
            "timed out"
        } else if error.is_connect() {
            "no connection (address, port, name or certificate)"
        } else {
            "the answer broke off"
        };
        BrokerError::Unreachable { host: self.host(), reason: reason.to_owned() }
    }
}

/// rustls wants to be told once per process who does its arithmetic.
fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that someone chose before us, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// Resolves names, and refuses answers that no broker can have: a name may point to a metadata service, today or
/// after a change in DNS between two requests.
struct JudgedNames {
    loopback_only: bool,
}

impl Resolve for JudgedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let loopback_only = self.loopback_only;
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let judged = judge(&host, found, loopback_only)?;
            Ok(Box::new(judged.into_iter()) as Addrs)
        })
    }
}

/// All or nothing: a name with one address that we refuse is not a name that we trust.
fn judge(host: &str, found: Vec<SocketAddr>, loopback_only: bool) -> Result<Vec<SocketAddr>, std::io::Error> {
    for address in &found {
        if let Some(reason) = refused_address(address.ip()) {
            return Err(std::io::Error::other(format!("{host} leads to {reason}")));
        }
        if loopback_only && !(is_loopback(host) && address.ip().is_loopback()) {
            return Err(std::io::Error::other(format!("{host} is not on this machine")));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_name_that_leads_to_a_metadata_service_is_refused() {
        let rebound = vec![address("192.0.2.1:0"), address("169.254.169.254:0")];
        assert!(judge("bao.example.test", rebound, false).is_err());
        assert!(judge("bao.example.test", vec![address("192.0.2.1:0")], false).is_ok());
    }

    #[test]
    fn plain_http_stays_on_this_machine_whatever_the_name_says() {
        assert!(judge("localhost", vec![address("192.0.2.1:0")], true).is_err());
        assert!(judge("localhost", vec![address("127.0.0.1:0")], true).is_ok());
    }
}
