//! The inventory's file: opening it with care, and closing it without leftovers.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _, Sqlite, Transaction};

use crate::folder::{create_private_file, give_name, make_private_folder};
use crate::{InventoryError, schema};

/// How long a writer waits for another process before it says that the inventory is busy.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections that only read; a desktop asks several questions at once.
const READERS_MAX: u32 = 4;
/// Rows that SQLite's thread reads ahead of us.
const ROWS_UNDER_WAY_MAX: usize = 1024;
/// Size of an SQLite header.
const HEADER_BYTES: usize = 100;

/// Rows of one writing statement: far fewer cost round trips, far more win nothing (measured).
pub(crate) const STATEMENT_ROWS: usize = 100;

/// A transaction that may write.
pub(crate) type Tx = Transaction<'static, Sqlite>;

/// Findings, identities, owners, judgements and migrations, in one SQLite file.
///
/// There is one writing connection, so writers queue instead of failing; readers see the last commit.
#[derive(Debug, Clone)]
pub struct Inventory {
    writer: SqlitePool,
    reader: SqlitePool,
}

impl Inventory {
    /// Opens the inventory at `path`, and makes it, with its folder, when there is none.
    ///
    /// # Errors
    /// When the file is not an inventory, is damaged, or comes from a newer Tenure. It is not changed then.
    pub async fn open(path: &Path) -> Result<Inventory, InventoryError> {
        match fs::metadata(path) {
            Ok(about) if !about.is_file() => return Err(InventoryError::NotAFile { path: path.to_owned() }),
            Ok(about) if about.len() > 0 => examine(path).await?,
            // An empty file holds nothing that could be lost.
            Ok(_) => build(path).await?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => create(path).await?,
            Err(e) => return Err(InventoryError::io("looking at the inventory", path, e)),
        }
        let options = options(path).journal_mode(SqliteJournalMode::Wal);
        let writer = pool(1).connect_with(options.clone()).await?;
        schema::migrate(&mut *writer.acquire().await?).await?;
        let reader = pool(READERS_MAX).connect_with(options.read_only(true)).await?;
        Ok(Inventory { writer, reader })
    }

    /// Opens an inventory that is gone when it is dropped.
    ///
    /// # Errors
    /// When SQLite finds no memory.
    pub async fn open_in_memory() -> Result<Inventory, InventoryError> {
        // One connection, kept for ever: a second one would see another, empty database.
        let only = pool(1).connect_with(options(Path::new(":memory:")).in_memory(true)).await?;
        schema::migrate(&mut *only.acquire().await?).await?;
        Ok(Inventory { writer: only.clone(), reader: only })
    }

    /// Writes everything into the one file and closes it; without this the `-wal` file beside it stays.
    ///
    /// # Errors
    /// When the last write fails. What was committed is safe in any case.
    pub async fn close(self) -> Result<(), InventoryError> {
        let flushed = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.writer).await;
        // The writer goes last: a connection that only reads cannot take the `-wal` file away.
        self.reader.close().await;
        self.writer.close().await;
        flushed?;
        Ok(())
    }

    /// Begins to write; others wait until the transaction is over.
    pub(crate) async fn begin(&self) -> Result<Tx, InventoryError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Where questions go.
    pub(crate) fn reader(&self) -> &SqlitePool {
        &self.reader
    }
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(connections)
        .idle_timeout(None)
        .max_lifetime(None)
        // A connection does not spoil by lying in the pool: there is no network between.
        .test_before_acquire(false)
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        // Rows cross a thread; fewer, larger crossings cost less.
        .row_buffer_size(ROWS_UNDER_WAY_MAX)
        // What is deleted is overwritten, so that it cannot be read out of free pages.
        .pragma("secure_delete", "ON")
        // Sorting spills into memory, never into a file that anybody could read.
        .pragma("temp_store", "MEMORY")
        // The file may have been touched by others: nothing in its schema may call out, and a damaged page is
        // noticed when it is read.
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON")
        .pragma("recursive_triggers", "ON")
        .disable_statement_logging()
}

/// Makes a whole inventory under a draft name, then gives it its name: a killed process leaves either
/// nothing or an inventory, and nothing that is there is ever replaced.
async fn create(path: &Path) -> Result<(), InventoryError> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    make_private_folder(folder)?;
    let name = path.file_name().ok_or_else(|| InventoryError::NotAFile { path: path.to_owned() })?;
    let (file, draft) = create_private_file(folder, &name.to_string_lossy())?;
    drop(file);
    build(&draft).await?;
    give_name(&draft, path).map_err(|e| InventoryError::io("making the inventory", path, e))
}

/// Writes the schema into an empty file, in one piece.
async fn build(path: &Path) -> Result<(), InventoryError> {
    let mut connection = options(path).connect().await?;
    schema::migrate(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// Looks at a file without changing it, and says why it cannot be used.
async fn examine(path: &Path) -> Result<(), InventoryError> {
    let header = read_header(path)?;
    let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    if !header.starts_with(b"SQLite format 3\0") {
        return Err(InventoryError::NotSqlite { path: path.to_owned() });
    }
    let application_id = number(68);
    if application_id != schema::APPLICATION_ID {
        return Err(InventoryError::Foreign { path: path.to_owned(), application_id });
    }
    refuse_newer(path, number(60))?;
    // The newest pages may still lie in the `-wal` file, so SQLite is asked as well. Where there is none, the
    // file is opened as unchanging: that makes no `-shm` file beside something that we may refuse.
    let wal = beside(path, "-wal");
    let quiet = !wal.exists();
    match ask(path, quiet).await {
        // Another process opened it meanwhile, and it did change.
        Err(InventoryError::Damaged { .. }) if quiet && wal.exists() => ask(path, false).await,
        other => other,
    }
}

fn read_header(path: &Path) -> Result<[u8; HEADER_BYTES], InventoryError> {
    let mut header = [0; HEADER_BYTES];
    let mut file = File::open(path).map_err(|e| InventoryError::io("opening the inventory", path, e))?;
    match file.read_exact(&mut header) {
        Ok(()) => Ok(header),
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            Err(InventoryError::NotSqlite { path: path.to_owned() })
        }
        Err(e) => Err(InventoryError::io("reading the inventory", path, e)),
    }
}

fn refuse_newer(path: &Path, found: u32) -> Result<(), InventoryError> {
    let known = schema::newest();
    if found > known {
        return Err(InventoryError::Newer { path: path.to_owned(), found, known });
    }
    Ok(())
}

/// Reads the whole file once, through SQLite and for reading only.
async fn ask(path: &Path, unchanging: bool) -> Result<(), InventoryError> {
    let damaged = |detail: String| InventoryError::Damaged { path: path.to_owned(), detail };
    let options = options(path).read_only(true).immutable(unchanging);
    let mut connection = options.connect().await.map_err(|e| damaged(e.to_string()))?;
    let found = schema::version(&mut connection).await;
    let verdict: Result<String, _> =
        sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut connection).await;
    let _ = connection.close().await; // Nothing was written.
    refuse_newer(path, found?)?;
    match verdict {
        Ok(word) if word == "ok" => Ok(()),
        Ok(detail) => Err(damaged(detail)),
        Err(e) => match InventoryError::from(e) {
            InventoryError::Database(e) => Err(damaged(e.to_string())),
            busy => Err(busy),
        },
    }
}

/// The path of a file that lies beside the inventory.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
