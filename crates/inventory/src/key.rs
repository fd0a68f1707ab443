//! The fingerprint key: one per installation, in a file beside the inventory and never inside it.
//!
//! Whoever holds the inventory alone cannot test guesses against its fingerprints.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use tenure_model::FingerprintKey;
use zeroize::Zeroizing;

use crate::InventoryError;
use crate::folder::{create_private_file, give_name, make_private_folder};

/// Name of the key's file in the data folder.
const KEY_FILE: &str = "fingerprint.key";
/// Bytes of a key.
const KEY_BYTES: usize = 32;
/// More than a key's file ever holds; what is longer is not read.
const KEY_FILE_BYTES_MAX: u64 = 256;

/// Reads the key in `folder`, or makes one there from the platform's random source.
///
/// # Errors
/// When others can read the key, when the file holds something else, or when the file system says no.
pub fn load_or_create_key(folder: &Path) -> Result<FingerprintKey, InventoryError> {
    make_private_folder(folder)?;
    let path = folder.join(KEY_FILE);
    match read_key(&path) {
        Err(InventoryError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            create_key(folder, &path)?;
            read_key(&path)
        }
        other => other,
    }
}

fn read_key(path: &Path) -> Result<FingerprintKey, InventoryError> {
    let about = fs::symlink_metadata(path).map_err(|e| InventoryError::io("looking at", path, e))?;
    let malformed = || InventoryError::KeyMalformed { path: path.to_owned() };
    if !about.is_file() {
        return Err(malformed());
    }
    refuse_exposed(path, &about)?;
    let mut text = Zeroizing::new(String::new());
    fs::File::open(path).and_then(|file| file.take(KEY_FILE_BYTES_MAX).read_to_string(&mut text)).map_err(
        |e| match e.kind() {
            std::io::ErrorKind::InvalidData => malformed(),
            _ => InventoryError::io("reading the fingerprint key", path, e),
        },
    )?;
    let bytes = from_hex(text.trim_end()).ok_or_else(malformed)?;
    Ok(FingerprintKey::new(*bytes))
}

/// Writes a new key whole and then gives it its name, so that nobody ever reads half of one. When another
/// process was faster, its key stays.
fn create_key(folder: &Path, path: &Path) -> Result<(), InventoryError> {
    let mut key = Zeroizing::new([0u8; KEY_BYTES]);
    let doing = "making the fingerprint key";
    getrandom::fill(key.as_mut_slice())
        .map_err(|e| InventoryError::io(doing, path, std::io::Error::other(e.to_string())))?;
    let text = Zeroizing::new(format!("{}\n", *Zeroizing::new(tenure_model::hex(key.as_slice()))));
    let (mut file, draft) = create_private_file(folder, KEY_FILE)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.and_then(|()| give_name(&draft, path)).map_err(|e| InventoryError::io(doing, path, e))
}

fn from_hex(text: &str) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
    if text.len() != KEY_BYTES * 2 || !text.is_ascii() {
        return None;
    }
    let mut bytes = Zeroizing::new([0u8; KEY_BYTES]);
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let digit = |b: u8| (b as char).to_digit(16);
        *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()?;
    }
    Some(bytes)
}

#[cfg(unix)]
fn refuse_exposed(path: &Path, about: &fs::Metadata) -> Result<(), InventoryError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = about.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(InventoryError::KeyExposed { path: PathBuf::from(path), mode });
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_exposed(_path: &Path, _about: &fs::Metadata) -> Result<(), InventoryError> {
    Ok(()) // The data folder lies in the user's profile, which the platform keeps from others.
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_folder_gives_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let first = load_or_create_key(&data).unwrap().id();
        assert_eq!(load_or_create_key(&data).unwrap().id(), first);
        assert_eq!(fs::read_dir(&data).unwrap().count(), 1, "no draft is left behind");
        let other = tempfile::tempdir().unwrap();
        assert_ne!(load_or_create_key(other.path()).unwrap().id(), first);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        load_or_create_key(folder.path()).unwrap();
        let path = folder.path().join(KEY_FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let Err(refused) = load_or_create_key(folder.path()) else { panic!("an exposed key was taken") };
        assert_eq!(refused.code(), "key_exposed");
        assert!(refused.to_string().contains("chmod 600"), "{refused}");
    }

    #[test]
    fn something_else_in_the_key_file_is_refused_and_left() {
        let folder = tempfile::tempdir().unwrap();
        let (mut file, draft) = create_private_file(folder.path(), KEY_FILE).unwrap();
        file.write_all(b"not a key").unwrap();
        let path = folder.path().join(KEY_FILE);
        fs::rename(draft, &path).unwrap();
        let Err(refused) = load_or_create_key(folder.path()) else { panic!("text was taken as a key") };
        assert_eq!(refused.code(), "key_malformed");
        assert!(!refused.to_string().contains("not a key"), "an error never quotes the file: {refused}");
        assert_eq!(fs::read(&path).unwrap(), b"not a key");
    }

    #[test]
    fn many_at_once_agree_on_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let ids: std::collections::BTreeSet<String> = std::thread::scope(|threads| {
            let runs: Vec<_> =
                (0..8).map(|_| threads.spawn(|| load_or_create_key(folder.path()).unwrap().id())).collect();
            runs.into_iter().map(|run| run.join().unwrap()).collect()
        });
        assert_eq!(ids.len(), 1);
    }
}
