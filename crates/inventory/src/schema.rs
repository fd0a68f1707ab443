//! The schema: embedded migrations that only go forward, and who may read the file.

use sqlx::{Connection as _, SqliteConnection};

use crate::InventoryError;

/// Marks the file as an inventory of Tenure, at bytes 68 to 71 of its header: "TNRE".
pub(crate) const APPLICATION_ID: u32 = 0x544e_5245;

/// Every step of the schema, oldest first. Its number is its position, from 1; a step that was released is
/// never edited: a change is a new file and a new row here.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_scans.sql"),
    include_str!("../migrations/0002_identities.sql"),
    include_str!("../migrations/0003_handoff.sql"),
    include_str!("../migrations/0004_exceptions.sql"),
];

/// The newest schema that this program knows.
pub(crate) fn newest() -> u32 {
    u32::try_from(MIGRATIONS.len()).expect("there are a handful of migrations")
}

/// The schema that a database has; 0 = none yet.
pub(crate) async fn version(connection: &mut SqliteConnection) -> Result<u32, InventoryError> {
    let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(connection).await?;
    u32::try_from(version).map_err(|_| InventoryError::unreadable("schema version", version))
}

/// Brings a database to the newest schema, all steps or none.
pub(crate) async fn migrate(connection: &mut SqliteConnection) -> Result<(), InventoryError> {
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    let from = version(&mut tx).await?; // Inside the transaction: another process may have been faster.
    for migration in MIGRATIONS.iter().skip(from as usize) {
        sqlx::raw_sql(*migration).execute(&mut *tx).await?;
    }
    if from < newest() {
        // A PRAGMA takes no bound values; both numbers are constants of this program.
        let marks = format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {}", newest());
        sqlx::raw_sql(sqlx::AssertSqlSafe(marks)).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use sqlx::Row as _;

    use super::*;

    async fn fresh() -> SqliteConnection {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        migrate(&mut connection).await.unwrap();
        connection
    }

    #[tokio::test]
    async fn every_table_is_strict() {
        let mut connection = fresh().await;
        let loose: Vec<String> = sqlx::query_scalar(
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        assert_eq!(loose, Vec::<String>::new());
    }

    #[tokio::test]
    async fn every_column_has_a_sentence() {
        let mut connection = fresh().await;
        let columns = sqlx::query(
            "SELECT t.name, c.name, t.sql FROM sqlite_schema t, pragma_table_xinfo(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        assert!(columns.len() > 100, "the schema has {} columns", columns.len());
        for row in columns {
            let (table, column, sql): (String, String, String) = (row.get(0), row.get(1), row.get(2));
            let line = sql
                .lines()
                .find(|line| line.split_whitespace().next() == Some(column.as_str()))
                .unwrap_or_else(|| panic!("{table}.{column} has no line of its own"));
            let sentence = line.split_once("-- ").map_or("", |(_, sentence)| sentence.trim());
            let ends = sentence.ends_with('.') || sentence.ends_with('…');
            assert!(sentence.len() > 4 && ends, "{table}.{column} has no sentence: {line}");
        }
    }

    #[tokio::test]
    async fn migrating_twice_changes_nothing() {
        let mut connection = fresh().await;
        migrate(&mut connection).await.unwrap();
        assert_eq!(version(&mut connection).await.unwrap(), newest());
    }
}
