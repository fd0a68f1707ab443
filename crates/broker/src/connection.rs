//! Where a broker is, and which addresses we refuse to talk to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::BrokerError;

/// A broker that a person added by name. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// What people call it.
    pub name: String,
    /// Which of [`crate::kinds`].
    pub kind: String,
    /// URL of a server, or a folder.
    pub address: String,
    /// Namespace at the server.
    pub namespace: Option<String>,
}

impl Connection {
    /// The address as a URL that is safe to send a token to.
    ///
    /// Plain HTTP is for loopback only; a URL carries no user, password, query or fragment; addresses that lead to a
    /// cloud's metadata service are never a broker.
    ///
    /// # Errors
    /// [`BrokerError::Address`] with what to change.
    pub fn url(&self) -> Result<reqwest::Url, BrokerError> {
        let refuse =
            |reason: &str| BrokerError::Address { connection: self.name.clone(), reason: reason.to_owned() };
        let url = reqwest::Url::parse(&self.address).map_err(|_| refuse("not a URL"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("a URL with a user or password in it; give the token in a variable or file"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("a URL with a query or fragment"));
        }
        if !matches!(url.path(), "" | "/") {
            return Err(refuse("a URL with a path; give only scheme, host and port"));
        }
        let host = url.host_str().ok_or_else(|| refuse("a URL without a host"))?;
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
        if let Some(reason) = literal.and_then(refused_address) {
            return Err(refuse(reason));
        }
        match url.scheme() {
            "https" => Ok(url),
            "http" if is_loopback(host) => Ok(url),
            "http" => Err(refuse("plain http is for loopback only; use https")),
            _ => Err(refuse("neither https nor, on loopback, http")),
        }
    }

    /// The namespace as a header may carry it.
    ///
    /// # Errors
    /// [`BrokerError::Address`] when it holds anything but letters, digits, `-`, `_`, `.` and `/`.
    pub fn checked_namespace(&self) -> Result<Option<&str>, BrokerError> {
        match self.namespace.as_deref() {
            None | Some("") => Ok(None),
            Some(name) if name.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c)) => {
                Ok(Some(name))
            }
            Some(_) => Err(BrokerError::Address {
                connection: self.name.clone(),
                reason: "a namespace has only letters, digits, '-', '_', '.' and '/'".to_owned(),
            }),
        }
    }
}

/// True when a host of a URL or connection string can only be this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Why an address is never a broker; `None` when it may be one.
pub(crate) fn refused_address(address: IpAddr) -> Option<&'static str> {
    const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    const METADATA_ALIBABA: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);
    match address {
        IpAddr::V4(v4) if v4.is_link_local() => Some("a link-local address (cloud metadata lives there)"),
        IpAddr::V4(METADATA_ALIBABA) => Some("a cloud's metadata service"),
        IpAddr::V4(v4) if v4.is_unspecified() || v4.is_broadcast() || v4.is_multicast() => {
            Some("not the address of one machine")
        }
        IpAddr::V4(_) => None,
        IpAddr::V6(METADATA_V6) => Some("a cloud's metadata service"),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => refused_address(IpAddr::V4(v4)),
            None if v6.is_unicast_link_local() => Some("a link-local address"),
            None if v6.is_unspecified() || v6.is_multicast() => Some("not the address of one machine"),
            None => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Result<reqwest::Url, BrokerError> {
        let connection = Connection {
            name: "prod".to_owned(),
            kind: "openbao".to_owned(),
            address: address.to_owned(),
            namespace: None,
        };
        connection.url()
    }

    #[test]
    fn a_token_goes_only_to_addresses_that_a_broker_can_have() {
        for good in [
            "https://bao.example.test:8200",
            "http://127.0.0.1:8200",
            "http://[::1]:8200",
            "http://localhost:1",
        ] {
            assert!(at(good).is_ok(), "{good}");
        }
        for bad in [
            "http://bao.example.test:8200",
            "http://10.0.0.5:8200",
            "https://user:pass@bao.example.test",
            "https://169.254.169.254",
            "https://[fe80::1]",
            "https://[fd00:ec2::254]",
            "https://[::ffff:169.254.169.254]",
            "https://0xa9fea9fe",
            "https://2852039166",
            "https://0.0.0.0:8200",
            "https://100.100.100.200",
            "https://bao.example.test/v1?x=1",
            "https://bao.example.test/ui",
            "ftp://bao.example.test",
            "file:///etc/passwd",
            "http://localhost.example.test",
            "not a url",
            "",
        ] {
            assert!(at(bad).is_err(), "{bad}");
        }
    }
}
