//! AWS access keys: `list-access-keys`, `get-access-key-last-used` and `create-access-key`.
//!
//! These are the exports that name key ids, so they tie a key that lies in a file to the user who holds it.

use serde::Deserialize;
use tenure_model::{
    Credential, CredentialState, Fact, FingerprintKey, Quality, Subject, SubjectKind, Timestamp, mask,
};

use super::aws::{Instant, access_key_fingerprint, account_of_key, principal, user_alias};
use super::json::{Many, One, Text, pages};
use crate::detect::text::{self, Lines, counted};
use crate::detect::witness::Witness;
use crate::detect::{Blob, Detector, Look, Reading, Unreadable};
use crate::findings::AWS_ACCESS_KEY;

/// Bytes of a key id that its mask shows.
const MASK_KEEPS: usize = 8;

/// The reader.
pub(super) struct AccessKeys;

/// A page of any of the three commands, or one of their entries alone.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(default)]
    access_key_metadata: Many<Key>,
    /// The answer of `create-access-key`; its secret half is read by nobody here.
    #[serde(default)]
    access_key: One<Key>,
    #[serde(flatten)]
    alone: Key,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Key {
    #[serde(default)]
    user_name: Text,
    #[serde(default)]
    access_key_id: Text,
    #[serde(default)]
    status: Text,
    create_date: Option<Instant>,
    #[serde(default)]
    access_key_last_used: One<LastUsed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LastUsed {
    last_used_date: Option<Instant>,
}

impl Detector for AccessKeys {
    fn name(&self) -> &'static str {
        "aws_access_keys"
    }

    fn describe(&self) -> &'static str {
        "AWS access keys: aws iam list-access-keys, get-access-key-last-used and create-access-key"
    }

    fn exported_by(&self) -> &'static [&'static str] {
        &["aws iam list-access-keys --user-name NAME", "aws iam get-access-key-last-used --access-key-id ID"]
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        blob.json().is_some_and(|opening| {
            opening.any(&["AccessKeyMetadata", "AccessKeyLastUsed"])
                || opening.all(&["AccessKeyId", "Status", "UserName", "CreateDate"])
        })
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        let Some(text) = text::decode(blob.bytes) else {
            return Reading::failed("not_text", "the export is neither UTF-8 nor UTF-16 text");
        };
        let (pages, mut unreadable) = pages::<Page>(&text);
        let keys: Vec<Key> = pages
            .into_iter()
            .flat_map(|page| {
                page.access_key_metadata.0.into_iter().chain(page.access_key.0).chain([page.alone])
            })
            .collect();
        let mut account = Account { witness: Witness::new(blob, self.name()), lines: Lines::new(&text), key };
        let shared = shared_account(&keys);
        let mut without_id = 0;
        for found in &keys {
            match found.access_key_id.get() {
                Some(id) => account.give(found, id, shared.as_deref()),
                None if found.access_key_last_used.0.is_some() => without_id += 1,
                None => {}
            }
        }
        if without_id > 0 {
            let entries = counted(without_id, "entry does", "entries do");
            let detail = format!("{entries} not say which key is meant: add its AccessKeyId");
            unreadable = unreadable.or(Some(Unreadable { reason: "export_without_key_id", detail }));
        }
        account.witness.done(unreadable)
    }
}

/// The account of the keys that tell theirs. An export is of one account, so it holds for old ids, too.
fn shared_account(keys: &[Key]) -> Option<String> {
    let mut accounts = keys.iter().filter_map(|key| account_of_key(key.access_key_id.get()?));
    let first = accounts.next()?;
    accounts.all(|account| account == first).then_some(first)
}

struct Account<'a, 't> {
    witness: Witness<'a>,
    lines: Lines<'t>,
    key: &'a FingerprintKey,
}

impl Account<'_, '_> {
    fn give(&mut self, found: &Key, id: &str, shared: Option<&str>) {
        let line = self.lines.find(id);
        let fingerprint = access_key_fingerprint(self.key, id);
        let subject = Subject::new(SubjectKind::Credential, fingerprint.0.clone());
        let used = found.access_key_last_used.0.as_ref();
        let last_used_at: Option<Timestamp> = used.and_then(|used| used.last_used_date.as_ref()?.timestamp());
        let credential = Credential {
            kind: AWS_ACCESS_KEY.to_owned(),
            fingerprint: Some(fingerprint),
            masked: Some(mask(id.as_bytes(), MASK_KEEPS)),
            created_at: found.create_date.as_ref().and_then(Instant::timestamp),
            never_expires: true,
            last_used_at,
            never_used: used.is_some() && last_used_at.is_none(),
            state: state(found.status.as_str()),
            ..Credential::default()
        };
        self.witness.fact(&subject, line, Quality::Authoritative, Fact::Credential { credential });
        let account = account_of_key(id).or_else(|| shared.map(str::to_owned));
        let holder = match (found.user_name.get(), account) {
            (Some(name), Some(account)) => user_alias(&account, name),
            (None, Some(account)) if used.is_none() => principal(&format!("arn:aws:iam::{account}:root")),
            // The account is not known: the key stands for its user until another export tells more.
            _ => subject.clone(),
        };
        if let Some(name) = found.user_name.get() {
            let fact = Fact::Identity {
                kind: "aws_iam_user".to_owned(),
                name: name.to_owned(),
                native_id: None,
                provider: "aws".to_owned(),
            };
            self.witness.fact(&holder, line, Quality::Authoritative, fact);
        }
        if holder != subject {
            let because = "the export names this key as the principal's".to_owned();
            self.witness.fact(
                &subject,
                line,
                Quality::Authoritative,
                Fact::SameAs { other: holder, because },
            );
        }
    }
}

fn state(status: &str) -> CredentialState {
    match status {
        "Active" => CredentialState::Active,
        "Inactive" => CredentialState::Inactive,
        "Expired" => CredentialState::Expired,
        _ => CredentialState::Unknown,
    }
}
