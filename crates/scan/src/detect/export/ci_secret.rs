//! Secrets in the stores of CI systems, as the platforms list them: names and dates, and sometimes a value.

use tenure_model::{Credential, Fact, Subject, SubjectKind, Timestamp, mask};

use super::format::{Pen, value_subject};
use super::known_value::known_value;
use crate::detect::ci::named_kind;

/// Bytes of a value that its mask shows.
const MASK_KEEPS: usize = 4;
/// Values shorter than this are no credentials.
const BYTES_MIN: usize = 8;

/// One secret of a store.
pub(super) struct Stored<'v> {
    /// `github`, `gitlab`, …
    pub(super) system: &'static str,
    /// Repository, organisation or context that holds it.
    pub(super) holder: &'v str,
    /// `repo`, `org`, `context`.
    pub(super) scope: &'static str,
    pub(super) name: &'v str,
    pub(super) created_at: Option<Timestamp>,
    /// The platform notes when the value was last written.
    pub(super) rotated_at: Option<Timestamp>,
    /// The value, where the platform lists it. It goes no further than this file.
    pub(super) value: Option<&'v str>,
}

impl Stored<'_> {
    /// Notes the secret under the name by which jobs know it.
    pub(super) fn note(&self, pen: &mut Pen<'_>) -> Subject {
        let key =
            format!("{}:{}:{}:{}", self.system, self.holder, self.scope, self.name.to_ascii_uppercase());
        let subject = Subject::new(SubjectKind::CiSecret, key);
        pen.at(self.name);
        let plain = match self.system {
            "github" => "github_actions_secret",
            _ => "generic_secret",
        };
        let (kind, provider) = named_kind(self.name).unwrap_or((plain, self.system));
        let fact = Fact::Identity {
            kind: format!("{}_secret", if self.system == "github" { "github_actions" } else { self.system }),
            name: self.name.to_owned(),
            native_id: None,
            provider: provider.to_owned(),
        };
        pen.fact(&subject, fact);
        let mut credential = Credential {
            kind: kind.to_owned(),
            created_at: self.created_at,
            last_rotated_at: self.rotated_at,
            ..Credential::default()
        };
        if let Some(value) = self.value.filter(|value| value.len() >= BYTES_MIN) {
            let (kind, print) =
                known_value(value, pen.key).unwrap_or_else(|| (kind, pen.print(kind, value.trim())));
            credential.kind = kind.to_owned();
            credential.masked = Some(mask(value.as_bytes(), MASK_KEEPS));
            credential.fingerprint = Some(print.clone());
            pen.credential(&subject, credential);
            pen.same(&subject, value_subject(&print), "the store holds this value");
        } else {
            pen.credential(&subject, credential);
        }
        subject
    }
}
