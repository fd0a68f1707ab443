//! What is known about kinds of credentials: `rules/credentials.toml`.
//!
//! The file is read leniently. A kind whose table is damaged is a kind that nobody knows, and an unknown kind
//! is worth nothing in any judgement; it never makes the whole assessment fail.

use std::collections::BTreeMap;

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
    pub source: Option<toml::Value>,
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
    pub source: Option<toml::Value>,
}

/// All kinds.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    kinds: BTreeMap<String, CredentialKind>,
    /// Tables that could not be read, with the reason.
    damaged: Vec<(String, String)>,
}

impl Catalogue {
    pub(super) fn parse(text: &str) -> Result<Catalogue, toml::de::Error> {
        let mut catalogue = Catalogue::default();
        for (kind, value) in toml::from_str::<toml::Table>(text)? {
            if !value.is_table() {
                continue; // a version or a note at the top
            }
            match value.try_into() {
                Ok(entry) => {
                    catalogue.kinds.insert(kind, entry);
                }
                Err(error) => catalogue.damaged.push((kind, error.to_string())),
            }
        }
        Ok(catalogue)
    }

    /// What is known about a kind.
    pub fn get(&self, kind: &str) -> Option<&CredentialKind> {
        self.kinds.get(kind)
    }

    /// Tables that could not be read, each with the reason: those kinds are unknown.
    pub fn damaged(&self) -> &[(String, String)] {
        &self.damaged
    }

    /// Whether identities of this kind hold long-lived credentials of some known kind.
    pub(crate) fn holds_credentials(&self, identity_kind: &str) -> bool {
        !identity_kind.is_empty()
            && self.kinds.values().any(|kind| kind.identity_kind == identity_kind && kind.standing != "short")
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
