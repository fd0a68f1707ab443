//! AWS Config: users, roles, groups and policies as a snapshot or the answer of `batch-get-resource-config` holds them.
//!
//! An item's `configuration` is what the account's authorization details say of it, with names that begin in lower
//! case; some answers hold it as text.

use std::io::Read;

use serde_json::Value;
use tenure_model::FingerprintKey;

use super::aws_account::{self, Kind};
use super::json::opens_with;
use super::records::{past_mark, records};
use crate::detect::{Blob, Detector, Reading, Reopen, text};

/// The reader.
pub(super) struct ConfigItems;

/// Lists of items: in a snapshot, and in answers of the CLI.
const LISTS: [&str; 2] = ["configurationItems", "baseConfigurationItems"];
/// Levels below an item's configuration whose names are AWS's own; a policy's document stands deeper or as text.
const DEPTH_MAX: usize = 32;

impl Detector for ConfigItems {
    fn name(&self) -> &'static str {
        "aws_config"
    }

    fn describe(&self) -> &'static str {
        "AWS Config: users, roles, groups and policies of a snapshot"
    }

    fn exported_by(&self) -> &'static [&'static str] {
        &[
            "aws configservice deliver-config-snapshot --delivery-channel-name CHANNEL",
            "aws configservice batch-get-resource-config --resource-keys resourceType=AWS::IAM::Role,resourceId=ID",
        ]
    }

    fn claims(&self, blob: &Blob<'_>) -> bool {
        LISTS.iter().any(|list| opens_with(blob, &[&format!("\"{list}\""), "\"resourceType\""]))
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

impl ConfigItems {
    fn read_from<'f>(
        &self,
        blob: &Blob<'_>,
        key: &FingerprintKey,
        open: &dyn Fn() -> Box<dyn Read + 'f>,
    ) -> Reading {
        aws_account::read(blob, self.name(), key, &|each| {
            records(&mut open(), &LISTS, &mut |mut record| {
                let kind = match record.value["resourceType"].as_str() {
                    Some("AWS::IAM::User") => Kind::User,
                    Some("AWS::IAM::Role") => Kind::Role,
                    Some("AWS::IAM::Group") => Kind::Group,
                    Some("AWS::IAM::Policy") => Kind::Policy,
                    _ => return,
                };
                // What is deleted has no configuration any more.
                let entry = match record.value["configuration"].take() {
                    Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
                    Value::Null => return,
                    other => other,
                };
                each(kind, capitalised(entry, DEPTH_MAX), &mut record.lines);
            })
        })
    }
}

/// The same with names that begin in upper case. Documents of policies are left as they are.
fn capitalised(value: Value, depth: usize) -> Value {
    match value {
        Value::Object(members) if depth > 0 => {
            let named = members.into_iter().map(|(name, value)| {
                let mut letters = name.chars();
                let first = letters.next().map(|first| first.to_ascii_uppercase());
                let name: String = first.into_iter().chain(letters).collect();
                let is_document = name.ends_with("Document");
                (name, if is_document { value } else { capitalised(value, depth - 1) })
            });
            Value::Object(named.collect())
        }
        Value::Array(items) if depth > 0 => {
            items.into_iter().map(|item| capitalised(item, depth - 1)).collect()
        }
        other => other,
    }
}
