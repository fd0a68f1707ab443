//! Answers about an AWS organisation, read page by page into what limits accounts: what such exports have in common.

use serde::de::DeserializeOwned;
use tenure_model::{AwsAccount, FingerprintKey, Observation};

use super::json::pages;
use crate::detect::look::Opening;
use crate::detect::text;
use crate::detect::witness::Witness;
use crate::detect::{Blob, Detector, Look, Reading, Unreadable};

/// One kind of answer, made of such pages; its reader is one file.
pub(super) struct OrganizationExport<Page> {
    /// Stable name, as evidence shows it.
    pub(super) name: &'static str,
    /// What it is, in one sentence.
    pub(super) describe: &'static str,
    /// Commands that make such a file.
    pub(super) exported_by: &'static [&'static str],
    /// Whether a file is one.
    pub(super) claims: fn(&Opening<'_>, &Blob<'_>) -> bool,
    /// Notes what all pages of a file tell; says what could not be read.
    pub(super) note: fn(&Blob<'_>, Vec<Page>, &mut AwsAccount) -> Option<Unreadable>,
}

impl<Page: DeserializeOwned> Detector for OrganizationExport<Page> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn describe(&self) -> &'static str {
        self.describe
    }

    fn exported_by(&self) -> &'static [&'static str] {
        self.exported_by
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        blob.json().is_some_and(|opening| (self.claims)(opening, blob))
    }

    fn read(&self, blob: &Blob<'_>, _key: &FingerprintKey) -> Reading {
        let Some(text) = text::decode(blob.bytes) else {
            return Reading::failed("not_text", "the export is neither UTF-8 nor UTF-16 text");
        };
        let (pages, unreadable) = pages::<Page>(&text);
        let (root, path) = (blob.root.to_owned(), blob.path.to_owned());
        let mut account = AwsAccount { root, path, ..AwsAccount::default() };
        let missing = (self.note)(blob, pages, &mut account);
        let mut witness = Witness::new(blob, self.name);
        witness.observe(Observation::AwsAccount(Box::new(account)));
        witness.done(unreadable.or(missing))
    }
}
