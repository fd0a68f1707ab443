//! An export that holds an account, entry by entry: what such exports have in common.

use std::cell::Cell;
use std::io::Read;

use serde_json::Value;
use tenure_model::FingerprintKey;

use super::super::records::{past_mark, records};
use super::{Kind, read};
use crate::detect::look::Opening;
use crate::detect::{Blob, Detector, Look, Reading, Reopen, Unreadable, text};

/// One kind of export; its reader is one file.
pub(in super::super) struct AccountExport {
    /// Stable name, as evidence shows it.
    pub(in super::super) name: &'static str,
    /// What it is, in one sentence.
    pub(in super::super) describe: &'static str,
    /// Commands that make such a file.
    pub(in super::super) exported_by: &'static [&'static str],
    /// Whether a file is one.
    pub(in super::super) claims: fn(&Opening<'_>) -> bool,
    /// Members of a page whose elements are records.
    pub(in super::super) lists: &'static [&'static str],
    /// What a record of the list of this name is.
    pub(in super::super) part: fn(&str, Value) -> Part,
}

/// What a record is.
pub(in super::super) enum Part {
    /// An entry of the account, as its authorization details write it.
    Entry(Kind, Value),
    /// Word that the export goes on in another file.
    MorePages,
    /// None of the account's business.
    Other,
}

impl Detector for AccountExport {
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
        blob.json().is_some_and(|opening| (self.claims)(opening))
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        let Some(text) = text::decode(blob.bytes) else {
            return Reading::failed("not_text", "the export is neither UTF-8 nor UTF-16 text");
        };
        self.read_from(blob, key, &|| Box::new(text.as_bytes()))
    }

    fn read_stream(&self, blob: &Blob<'_>, open: Reopen<'_>, key: &FingerprintKey) -> Option<Reading> {
        let mark = past_mark(blob.bytes)?;
        Some(self.read_from(blob, key, &|| mark.skip(open())))
    }
}

impl AccountExport {
    fn read_from<'f>(
        &self,
        blob: &Blob<'_>,
        key: &FingerprintKey,
        open: &dyn Fn() -> Box<dyn Read + 'f>,
    ) -> Reading {
        let is_cut = Cell::new(false);
        let mut reading = read(blob, self.name, key, &|each| {
            records(&mut open(), self.lists, &mut |mut record| match (self.part)(record.list, record.value) {
                Part::Entry(kind, value) => each(kind, value, &mut record.lines),
                Part::MorePages => is_cut.set(true),
                Part::Other => {}
            })
        });
        if is_cut.get() {
            let detail = "the export says that more pages follow; they are not in this file".to_owned();
            reading.unreadable.get_or_insert(Unreadable { reason: "export_page_missing", detail });
        }
        reading
    }
}
