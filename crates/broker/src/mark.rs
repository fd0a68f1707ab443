//! Whose an object is: the mark that everything made for a migration carries.
//!
//! OpenBao's roles have no field for a description, so the mark travels where each kind of object has room for
//! text that changes nothing:
//!
//! | object | where the mark is |
//! |---|---|
//! | policy | a comment, the first line of its text |
//! | login role (JWT) | name of the metadata field that `claim_mappings` copies the subject into (`tenure/<id>`: OpenBao takes no `:` there); each login's audit line then names the migration too |
//! | engine role (database) | a comment in its first creation statement, and a `COMMENT ON ROLE` that each login made from it carries at the target |
//!
//! All three are named `tenure-<migration id>`. Nothing without the mark is ever changed or removed.

use crate::PlanError;

/// The longest id: OpenBao's names have room for more, a person's eye has not.
const ID_CHARS_MAX: usize = 48;

/// Names and mark of one migration's objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    /// `tenure-<id>`.
    pub(crate) name: String,
    /// `tenure:<id>`.
    pub(crate) text: String,
    /// `tenure/<id>`, for the name of a metadata field.
    pub(crate) field: String,
}

impl Mark {
    /// What every name begins with.
    pub(crate) const PREFIX: &'static str = "tenure-";

    /// The mark of a migration.
    ///
    /// OpenBao keeps policy names in lower case, so the name is folded; the mark keeps the id as it is, and two ids that
    /// fold to one name are told apart by it.
    pub(crate) fn of(migration_id: &str) -> Result<Self, PlanError> {
        let refuse =
            |reason: &str| PlanError::MigrationId { id: migration_id.to_owned(), reason: reason.to_owned() };
        if migration_id.is_empty() || migration_id.len() > ID_CHARS_MAX {
            return Err(refuse("it must have 1 to 48 characters"));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if !migration_id.chars().all(allowed) {
            return Err(refuse("it may hold only letters, digits, '-' and '_'"));
        }
        if !migration_id.starts_with(|c: char| c.is_ascii_alphanumeric())
            || !migration_id.ends_with(|c: char| c.is_ascii_alphanumeric())
        {
            return Err(refuse("it must begin and end with a letter or digit"));
        }
        Ok(Self {
            name: format!("{}{}", Self::PREFIX, migration_id.to_ascii_lowercase()),
            text: format!("tenure:{migration_id}"),
            field: format!("tenure/{migration_id}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_becomes_a_name_or_is_refused() {
        let mark = Mark::of("M-01_a").unwrap();
        assert_eq!((mark.name.as_str(), mark.text.as_str()), ("tenure-m-01_a", "tenure:M-01_a"));
        for bad in ["", "a/b", "../x", "a b", "-a", "a-", "a\n", "a*", "a\"", "ä", &"x".repeat(49)] {
            assert!(Mark::of(bad).is_err(), "{bad:?}");
        }
    }
}
