//! Opening, refusing, closing.

use std::fs;
use std::path::{Path, PathBuf};

use tenure_inventory::{Inventory, InventoryError, ScanLock};

use crate::support::{end, found_key, scan, scan_app, start};

fn temp() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data").join("inventory.db");
    (folder, path)
}

fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Opens a file that must be refused, and checks that nothing in its folder changed.
async fn refused(path: &Path) -> InventoryError {
    let (before, names) = (fs::read(path).unwrap(), listing(path.parent().unwrap()));
    let Err(error) = Inventory::open(path).await else { panic!("it was opened") };
    assert_eq!(fs::read(path).unwrap(), before, "a refused file was changed");
    assert_eq!(listing(path.parent().unwrap()), names, "something was left beside a refused file");
    error
}

#[tokio::test]
async fn a_new_inventory_is_private_and_closes_into_one_file() {
    let (_folder, path) = temp();
    let inventory = Inventory::open(&path).await.unwrap();
    scan_app(&inventory, "s1", 0, found_key("aa", "a.env")).await;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        for name in listing(path.parent().unwrap()) {
            assert_eq!(mode(&path.with_file_name(&name)), 0o600, "{name}");
        }
    }
    inventory.close().await.unwrap();
    assert_eq!(listing(path.parent().unwrap()), ["inventory.db"]);
    let again = Inventory::open(&path).await.unwrap();
    assert_eq!(again.latest_scan().await.unwrap().unwrap().id, "s1");
}

#[tokio::test]
async fn an_inventory_in_memory_closes_too() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    scan_app(&inventory, "s1", 0, found_key("aa", "a.env")).await;
    inventory.close().await.unwrap();
}

#[tokio::test]
async fn an_empty_file_becomes_an_inventory() {
    let (_folder, path) = temp();
    fs::create_dir(path.parent().unwrap()).unwrap();
    fs::write(&path, b"").unwrap();
    Inventory::open(&path).await.unwrap().close().await.unwrap();
    Inventory::open(&path).await.unwrap();
}

#[tokio::test]
async fn what_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for text in ["notes", &"a long text that is no database. ".repeat(20)] {
        let path = folder.path().join("notes.txt");
        fs::write(&path, text).unwrap();
        assert_eq!(refused(&path).await.code(), "inventory_not_sqlite");
    }
    let Err(error) = Inventory::open(folder.path()).await else { panic!("a folder was opened") };
    assert_eq!(error.code(), "inventory_not_a_file");
}

#[tokio::test]
async fn a_database_of_another_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let mut other = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
    sqlx::raw_sql("CREATE TABLE photos (name TEXT)").execute(&mut other).await.unwrap();
    sqlx::Connection::close(other).await.unwrap();
    let error = refused(&path).await;
    assert_eq!(error.code(), "inventory_foreign");
    assert!(error.to_string().contains("name another file"), "{error}");
}

#[tokio::test]
async fn a_newer_inventory_is_refused_and_says_so() {
    let (_folder, path) = temp();
    Inventory::open(&path).await.unwrap().close().await.unwrap();
    let url = format!("sqlite://{}", path.display());
    let mut newer = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
    sqlx::raw_sql("PRAGMA user_version = 4711").execute(&mut newer).await.unwrap();
    sqlx::Connection::close(newer).await.unwrap();
    let error = refused(&path).await;
    assert_eq!(error.code(), "inventory_newer");
    assert!(error.to_string().contains("update Tenure"), "{error}");
}

#[tokio::test]
async fn a_damaged_inventory_is_refused_and_left() {
    let (_folder, path) = temp();
    let inventory = Inventory::open(&path).await.unwrap();
    let seen = (0..200).flat_map(|n| found_key(&format!("{n:04}"), &format!("{n}.env"))).collect();
    scan_app(&inventory, "s1", 0, seen).await;
    inventory.close().await.unwrap();
    let whole = fs::read(&path).unwrap();
    // The middle overwritten, the end cut off, the page size absurd.
    let mut garbled = whole.clone();
    for byte in garbled.iter_mut().skip(8192).take(whole.len() / 2) {
        *byte ^= 0x5a;
    }
    let mut header = whole.clone();
    header[16..18].copy_from_slice(&[0x03, 0x07]);
    for damaged in [garbled, whole[..whole.len() / 2].to_vec(), header] {
        fs::write(&path, damaged).unwrap();
        let error = refused(&path).await;
        assert_eq!(error.code(), "inventory_damaged", "{error}");
        assert!(error.to_string().contains("restore a copy"), "{error}");
    }
}

#[tokio::test]
async fn many_open_a_new_inventory_at_once() {
    let (_folder, path) = temp();
    let opening: Vec<_> = (0..6)
        .map(|n| {
            let path = path.clone();
            tokio::spawn(async move {
                let inventory = Inventory::open(&path).await.unwrap();
                let (id, root) = (format!("s{n}"), format!("/srv/{n}"));
                scan(&inventory, &start(&id, n, &[&root]), &end(n), Vec::new()).await;
            })
        })
        .collect();
    for one in opening {
        one.await.unwrap();
    }
    let inventory = Inventory::open(&path).await.unwrap();
    for n in 0..6 {
        inventory.scan(&format!("s{n}")).await.unwrap();
    }
}

#[tokio::test]
async fn another_key_is_refused() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    scan_app(&inventory, "s1", 0, Vec::new()).await;
    let mut other = start("s2", 1, &["/srv/app"]);
    other.key_id = "ffffffff".to_owned();
    let error = inventory.begin_scan(&other).await.unwrap_err();
    assert_eq!(error.code(), "key_mismatch");
    assert!(error.to_string().contains("fingerprints would not match"), "{error}");
}

#[test]
fn one_scan_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let first = ScanLock::try_take(&path).unwrap();
    assert!(first.is_some());
    assert!(ScanLock::try_take(&path).unwrap().is_none());
    assert!(ScanLock::try_take(&folder.path().join("b.sqlite")).unwrap().is_some(), "another inventory");
    drop(first);
    assert!(ScanLock::try_take(&path).unwrap().is_some());
}
