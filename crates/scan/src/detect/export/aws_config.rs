//! AWS Config: users, roles, groups and policies as a snapshot or the answer of `batch-get-resource-config` holds them.
//!
//! An item's `configuration` is what the account's authorization details say of it, with names that begin in lower
//! case; some answers hold it as text.

use serde_json::Value;

use super::aws_account::{AccountExport, Kind, Part};
use super::node::Node;

/// Lists of items: in a snapshot, and in answers of the CLI.
const LISTS: [&str; 2] = ["configurationItems", "baseConfigurationItems"];
/// Levels below an item's configuration whose names are AWS's own; a policy's document stands deeper or as text.
const DEPTH_MAX: usize = 32;

/// The export.
pub(super) static EXPORT: AccountExport = AccountExport {
    name: "aws_config",
    describe: "AWS Config: users, roles, groups and policies of a snapshot",
    exported_by: &[
        "aws configservice deliver-config-snapshot --delivery-channel-name CHANNEL",
        "aws configservice batch-get-resource-config --resource-keys resourceType=AWS::IAM::Role,resourceId=ID",
    ],
    claims: |opening| opening.any(&LISTS) && opening.names("resourceType"),
    lists: &LISTS,
    part,
};

fn part(_: &str, mut item: Value) -> Part {
    let kind = match Node::of(&item).text("resourceType") {
        Some("AWS::IAM::User") => Kind::User,
        Some("AWS::IAM::Role") => Kind::Role,
        Some("AWS::IAM::Group") => Kind::Group,
        Some("AWS::IAM::Policy") => Kind::Policy,
        _ => return Part::Other,
    };
    let entry = match item["configuration"].take() {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        // What is deleted has no configuration any more.
        Value::Null => return Part::Other,
        other => other,
    };
    Part::Entry(kind, capitalised(entry, DEPTH_MAX))
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
