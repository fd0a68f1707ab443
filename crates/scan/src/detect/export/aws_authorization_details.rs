//! `get-account-authorization-details`: users, roles, what they may do and who may become them.
//!
//! Both forms are read: the API's percent-encoded policy documents and the CLI's objects.

use serde_json::Value;

use super::aws_account::{AccountExport, Kind, Part};

/// The lists of a page, of which one of the first three is enough to know the export by.
const LISTS: [&str; 4] = ["UserDetailList", "RoleDetailList", "GroupDetailList", "Policies"];

/// The export.
pub(super) static EXPORT: AccountExport = AccountExport {
    name: "aws_authorization_details",
    describe: "AWS users, roles and policies: aws iam get-account-authorization-details",
    exported_by: &["aws iam get-account-authorization-details"],
    claims: |opening| opening.any(&LISTS[..3]),
    lists: &LISTS,
    part: |list, record| match list {
        "UserDetailList" => Part::Entry(Kind::User, record),
        "RoleDetailList" => Part::Entry(Kind::Role, record),
        "GroupDetailList" => Part::Entry(Kind::Group, record),
        "Policies" => Part::Entry(Kind::Policy, record),
        // The page around the lists.
        _ if is_true(&record["IsTruncated"]) => Part::MorePages,
        _ => Part::Other,
    },
};

fn is_true(value: &Value) -> bool {
    value.as_bool() == Some(true) || value.as_str() == Some("true")
}
