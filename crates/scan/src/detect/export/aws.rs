//! How AWS names things: accounts, users, keys, instants.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tenure_model::{Fingerprint, FingerprintKey, Subject, SubjectKind, Timestamp};

use super::node::Node;
use crate::findings::AWS_ACCESS_KEY;

/// The fingerprint that an access key has wherever its id is seen: the id is no secret, and exports and
/// leaks both hold it.
pub(super) fn access_key_fingerprint(key: &FingerprintKey, id: &str) -> Fingerprint {
    key.fingerprint(AWS_ACCESS_KEY, id.as_bytes())
}

/// A principal by its ARN.
pub(super) fn principal(arn: &str) -> Subject {
    Subject::new(SubjectKind::AwsPrincipal, arn)
}

/// A user by account and name. Not every export tells the ARN, which also holds the user's path.
pub(super) fn user_alias(account: &str, name: &str) -> Subject {
    Subject::new(SubjectKind::AwsPrincipal, format!("aws-user:{account}:{name}"))
}

/// The account of an ARN.
pub(super) fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| account.len() == 12)
}

/// The account that owns an access key: 12 digits inside the id since 2019. Older ids (their fifth letter
/// stands before `Q`) do not tell.
pub(super) fn account_of_key(id: &str) -> Option<String> {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    if id.len() != 20 || !(id.starts_with("AKIA") || id.starts_with("ASIA")) {
        return None;
    }
    let mut bits: u64 = 0;
    for byte in id.bytes().skip(4).take(10) {
        let value = ALPHABET.iter().position(|&letter| letter == byte)?;
        bits = bits << 5 | value as u64;
    }
    // 50 bits were read; the account is in the 40 behind the first of the leading 48.
    let leading = bits >> 2;
    let is_new = leading >> 47 == 1;
    is_new.then(|| format!("{:012}", (leading & 0x7fff_ffff_ff80) >> 7))
}

/// An instant as exports write it: RFC 3339, or seconds since 1970; nothing where something else is written.
#[derive(Debug, Clone)]
pub(super) struct Instant(Option<Timestamp>);

impl Instant {
    pub(super) fn timestamp(&self) -> Option<Timestamp> {
        self.0
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(Self(Node::of(&value).as_when().at()))
    }
}

/// An instant written out; `None` for `N/A` and its like.
pub(super) fn timestamp(text: &str) -> Option<Timestamp> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_id_tells_its_account() {
        // The published example of this encoding.
        let id = ["ASIAQNZGKI", "QY56JQ7WML"].concat();
        assert_eq!(account_of_key(&id).as_deref(), Some("029608264753"));
        // AWS's own documentation key is of the old form.
        assert_eq!(account_of_key(&["AKIAIOSF", "ODNN7EXAMPLE"].concat()), None);
        assert_eq!(account_of_key("AKIA"), None);
    }

    #[test]
    fn instants_are_read_in_every_form() {
        for text in ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05.000000+00:00"]
        {
            assert_eq!(timestamp(text).map(|at| at.to_string()).as_deref(), Some("2026-01-02T03:04:05Z"));
        }
        for text in ["N/A", "no_information", "not_supported", ""] {
            assert_eq!(timestamp(text), None);
        }
    }
}
