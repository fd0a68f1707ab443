//! CircleCI: variables in contexts.

use super::ci_secret::Stored;
use super::format::{Each, Export};

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "circleci_contexts",
    describe: "CircleCI variables of contexts: names, and when each was last written",
    exported_by: &["GET /api/v2/context/CONTEXT_ID/environment-variable"],
    claims: |opening| opening.all(&["variable", "context_id"]),
    lists: &["items"],
    start: || {
        Box::new(Each(|_, record, pen| {
            let (Some(name), Some(context)) = (record.text("variable"), record.text("context_id")) else {
                return;
            };
            let stored = Stored {
                system: "circleci",
                holder: context,
                scope: "context",
                name,
                created_at: record.instant("created_at"),
                rotated_at: record.instant("updated_at"),
                value: None,
            };
            stored.note(pen);
        }))
    },
};
