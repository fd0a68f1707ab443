//! `get-account-authorization-details`: users, roles, what they may do and who may become them.
//!
//! Both forms are read: the API's percent-encoded policy documents and the CLI's objects.

use std::cell::Cell;
use std::io::Read;

use tenure_model::FingerprintKey;

use super::aws_account::{self, Kind};
use super::json::opens_with;
use super::records::{past_mark, records};
use crate::detect::{Blob, Detector, Reading, Reopen, Unreadable, text};

/// The reader.
pub(super) struct AuthorizationDetails;

/// The lists of a page, of which one of the first three is enough to know the export by.
const LISTS: [&str; 4] = ["UserDetailList", "RoleDetailList", "GroupDetailList", "Policies"];

impl Detector for AuthorizationDetails {
    fn name(&self) -> &'static str {
        "aws_authorization_details"
    }

    fn describe(&self) -> &'static str {
        "AWS users, roles and policies: aws iam get-account-authorization-details"
    }

    fn exported_by(&self) -> &'static [&'static str] {
        &["aws iam get-account-authorization-details"]
    }

    fn claims(&self, blob: &Blob<'_>) -> bool {
        LISTS[..3].iter().any(|list| opens_with(blob, &[&format!("\"{list}\"")]))
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

impl AuthorizationDetails {
    fn read_from<'f>(
        &self,
        blob: &Blob<'_>,
        key: &FingerprintKey,
        open: &dyn Fn() -> Box<dyn Read + 'f>,
    ) -> Reading {
        let is_cut = Cell::new(false);
        let mut reading = aws_account::read(blob, self.name(), key, &|each| {
            records(&mut open(), &LISTS, &mut |mut record| {
                let kind = match record.list {
                    "UserDetailList" => Kind::User,
                    "RoleDetailList" => Kind::Role,
                    "GroupDetailList" => Kind::Group,
                    "Policies" => Kind::Policy,
                    _ => return is_cut.set(is_true(&record.value["IsTruncated"])),
                };
                each(kind, record.value, &mut record.lines);
            })
        });
        if is_cut.get() {
            let detail = "the export says that more pages follow; they are not in this file".to_owned();
            reading.unreadable.get_or_insert(Unreadable { reason: "export_page_missing", detail });
        }
        reading
    }
}

fn is_true(value: &serde_json::Value) -> bool {
    value.as_bool() == Some(true) || value.as_str() == Some("true")
}
