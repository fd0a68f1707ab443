//! What is known about kinds of credentials: `rules/credentials.toml`.
//!
//! The file is read leniently. A kind whose table is damaged is a kind that nobody knows, and an unknown kind
//! is worth nothing in any judgement; it never makes the whole assessment fail.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde::Deserialize;

/// Whether the target offers a short-lived credential in place of a static one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Equivalent {
    /// The target itself does.
    Native,
    /// A broker makes one for it.
    Broker,
    /// In part: fewer rights, longer life, or only for some uses.
    Partial,
    /// No.
    None,
}

/// Whether a credential ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expiry {
    /// Never.
    None,
    /// If the maker wants it.
    Optional,
    /// Always: the target refuses it afterwards.
    Enforced,
}

/// Whether a credential can be ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revocation {
    /// It can itself be revoked.
    Direct,
    /// Only by a policy or by its parent.
    Indirect,
    /// No.
    None,
}

/// One kind of credential.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct CredentialKind {
    /// Name for people.
    #[serde(default)]
    pub name: String,
    /// Platform that accepts it.
    #[serde(default)]
    pub provider: String,
    /// Kind of identity that holds it.
    #[serde(default)]
    pub identity_kind: String,
    /// `long`, `short` or `either`.
    #[serde(default)]
    pub standing: String,
    /// Days after which it should have been rotated; 0 = no such age.
    #[serde(default)]
    pub default_max_age_days: i64,
    /// Longest life that the target allows, seconds; 0 = no enforced end.
    #[serde(default)]
    pub max_ttl_seconds: u64,
    /// Whether it ends by itself.
    #[serde(default)]
    pub expiry: Option<Expiry>,
    /// What could take its place.
    #[serde(default)]
    pub short_lived: Option<Replacement>,
    /// Where this is written down.
    #[serde(default)]
    pub source: Option<serde_json::Value>,
}

/// The short-lived credential that could take the place of a static one.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Replacement {
    /// What it is, in words.
    #[serde(default)]
    pub how: String,
    /// Whether the target offers it.
    #[serde(default)]
    pub equivalent: Option<Equivalent>,
    /// Whether it ends by itself.
    #[serde(default)]
    pub expiry: Option<Expiry>,
    /// Whether it can be ended early.
    #[serde(default)]
    pub revocation: Option<Revocation>,
    /// Whether it is worthless after its end.
    #[serde(default)]
    pub non_reusable: Option<bool>,
    /// Longest life, seconds; 0 = no enforced end.
    #[serde(default)]
    pub max_ttl_seconds: u64,
    /// What the target can log: `issue`, `use`, `revoke`.
    #[serde(default)]
    pub logged: Vec<String>,
    /// Where this is written down.
    #[serde(default)]
    pub source: Option<serde_json::Value>,
}

/// All kinds. Each is read when somebody first asks for it: a scan meets a handful of several hundred.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    kinds: BTreeMap<Cow<'static, str>, Entry>,
    /// Kinds of identity that hold a long-lived credential of some kind.
    holders: OnceLock<BTreeSet<String>>,
}

/// One kind: its table as JSON, and what it says.
#[derive(Debug, Clone)]
struct Entry {
    json: Cow<'static, str>,
    read: OnceLock<Result<CredentialKind, String>>,
}

impl Entry {
    fn read(&self) -> Result<&CredentialKind, &String> {
        self.read.get_or_init(|| serde_json::from_str(&self.json).map_err(|error| error.to_string())).as_ref()
    }
}

impl Catalogue {
    /// Reads `rules/credentials.toml`.
    pub(super) fn parse(text: &str) -> Result<Catalogue, toml::de::Error> {
        let table: toml::Table = toml::from_str(text)?;
        // What is no table is a version or a note at the top.
        let kinds = table.into_iter().filter(|(_, value)| value.is_table());
        let json = |value| serde_json::to_string(&value).expect("a table of TOML is an object of JSON");
        Ok(Self::of(kinds.map(|(kind, value)| (kind.into(), json(value).into()))))
    }

    /// Takes what `build.rs` made of `rules/credentials.toml`.
    ///
    /// # Panics
    /// When it made something else.
    pub(super) fn embedded(kinds: &'static [u8]) -> Catalogue {
        let kinds: Vec<(&str, &str)> = postcard::from_bytes(kinds).expect("build.rs wrote the kinds");
        Self::of(kinds.into_iter().map(|(kind, json)| (kind.into(), json.into())))
    }

    fn of(kinds: impl Iterator<Item = (Cow<'static, str>, Cow<'static, str>)>) -> Catalogue {
        let entry = |json| Entry { json, read: OnceLock::new() };
        Catalogue { kinds: kinds.map(|(kind, json)| (kind, entry(json))).collect(), holders: OnceLock::new() }
    }

    /// What is known about a kind.
    pub fn get(&self, kind: &str) -> Option<&CredentialKind> {
        self.kinds.get(kind)?.read().ok()
    }

    /// Tables that could not be read, each with the reason: those kinds are unknown.
    pub fn damaged(&self) -> Vec<(String, String)> {
        let broken =
            |(kind, entry): (&Cow<'_, str>, &Entry)| Some((kind.to_string(), entry.read().err()?.clone()));
        self.kinds.iter().filter_map(broken).collect()
    }

    /// Whether identities of this kind hold long-lived credentials of some known kind.
    pub(crate) fn holds_credentials(&self, identity_kind: &str) -> bool {
        let holders = self.holders.get_or_init(|| {
            let known = self.kinds.values().filter_map(|entry| entry.read().ok());
            let lasting = known.filter(|kind| kind.standing != "short" && !kind.identity_kind.is_empty());
            lasting.map(|kind| kind.identity_kind.clone()).collect()
        });
        holders.contains(identity_kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rules;

    #[test]
    fn a_damaged_table_is_an_unknown_kind_and_the_others_stay() {
        let text = "schema = 1\n[good]\nname = \"x\"\nexpiry = \"none\"\n[bad]\nexpiry = \"sometimes\"\n";
        let catalogue = Catalogue::parse(text).unwrap();
        assert_eq!(catalogue.get("good").unwrap().expiry, Some(Expiry::None));
        assert!(catalogue.get("bad").is_none());
        assert_eq!(catalogue.damaged().len(), 1);
    }

    #[test]
    fn every_table_of_the_shipped_catalogue_can_be_read() {
        assert_eq!(Rules::embedded().catalogue().damaged(), []);
    }
}
