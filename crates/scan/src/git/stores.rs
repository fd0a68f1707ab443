//! Finding the object stores of a repository: its own folder and the alternates beneath the scanned root.

use std::fs;
use std::path::{Path, PathBuf};

use tenure_model::{ReadState, Unread, path_text};

use super::fence::{Fence, Refusal};
use super::loose::LooseStore;
use super::objects::Stores;
use super::oid::Oid;
use super::pack::Pack;
use super::reindex::{name_objects, read_through};
use super::repository::{Repository, bytes_path};

/// How far alternates of alternates are followed, as in git.
const ALTERNATES_DEPTH_MAX: usize = 5;
/// Object folders of one repository.
const FOLDERS_MAX: usize = 64;
/// Bytes of a list of alternates.
const ALTERNATES_BYTES_MAX: u64 = 1 << 20;
/// Bytes of packs that are mapped, because that is cheaper than reading them piece by piece …
const MAPPED_BYTES_MAX: u64 = 96 << 20;
/// … and packs that are read piece by piece: each is an open file.
const OPEN_PACKS_MAX: usize = 64;
/// Packs of one repository.
const PACKS_MAX: usize = 20_000;

impl Stores {
    /// How large the next pack may be to be mapped.
    fn mapped_max(&self) -> u64 {
        let packs = || self.packs.iter().map(|(pack, _)| pack);
        if packs().filter(|pack| pack.file().is_some()).count() >= OPEN_PACKS_MAX {
            return u64::MAX;
        }
        MAPPED_BYTES_MAX
            .saturating_sub(packs().filter(|pack| pack.file().is_none()).map(Pack::file_len).sum())
    }
}

/// Opens every store that a repository may use.
pub(crate) fn open(repository: &Repository, unread: &mut Vec<Unread>) -> Stores {
    let mut stores = Stores { packs: Vec::new(), loose: Vec::new(), folders: Vec::new(), promised: false };
    if repository.has_foreign_objects() {
        return stores; // Said when the repository was opened.
    }
    let mut waiting = vec![(repository.objects_dir(), 0)];
    while let Some((folder, depth)) = waiting.pop() {
        let name = if depth == 0 {
            "objects".to_owned()
        } else {
            format!("alternate {}", shown(&folder, repository.fence()))
        };
        let resolved = match repository.fence().folder(&folder) {
            Ok(resolved) => resolved,
            Err(refusal) => {
                let reason =
                    if refusal == Refusal::Outside { "external_alternates" } else { refusal.reason() };
                let detail = format!("the object folder {}", refusal.words());
                unread.push(repository.row(&name, ReadState::Skipped, reason, detail));
                continue;
            }
        };
        if stores.folders.contains(&resolved) {
            continue;
        }
        if stores.folders.len() >= FOLDERS_MAX || depth > ALTERNATES_DEPTH_MAX {
            let detail = "there are more alternates than a scan follows".to_owned();
            unread.push(repository.row(&name, ReadState::Skipped, "too_many_alternates", detail));
            continue;
        }
        stores.folders.push(resolved.clone());
        open_packs(&resolved, &name, repository, &mut stores, unread);
        open_loose(&resolved, &name, repository, &mut stores, unread);
        waiting.extend(
            alternates(&resolved, &name, repository, unread).into_iter().rev().map(|path| (path, depth + 1)),
        );
    }
    stores
}

fn shown(path: &Path, fence: &Fence) -> String {
    path_text(path.strip_prefix(fence.root()).unwrap_or(path).as_os_str().as_encoded_bytes())
}

fn alternates(folder: &Path, name: &str, repository: &Repository, unread: &mut Vec<Unread>) -> Vec<PathBuf> {
    let list = folder.join("info").join("alternates");
    match repository.fence().read(&list, ALTERNATES_BYTES_MAX) {
        Ok(bytes) => bytes
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty() && line[0] != b'#')
            .map(|line| folder.join(bytes_path(&unquoted(line.strip_suffix(b"\r").unwrap_or(line)))))
            .collect(),
        Err(Refusal::Missing) => Vec::new(),
        Err(refusal) => {
            let detail = format!("the list of alternates {}", refusal.words());
            unread.push(repository.row(
                &format!("{name}/info/alternates"),
                ReadState::Skipped,
                "external_alternates",
                detail,
            ));
            Vec::new()
        }
    }
}

/// A path in double quotes has escapes as in C.
fn unquoted(line: &[u8]) -> Vec<u8> {
    let Some(quoted) = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")) else {
        return line.to_vec();
    };
    let mut plain = Vec::with_capacity(quoted.len());
    let mut rest = quoted;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'\\' {
            plain.push(byte);
            continue;
        }
        let octal = rest.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(byte) = octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            plain.push(byte);
            rest = &rest[3..];
        } else if let Some((&byte, tail)) = rest.split_first() {
            rest = tail;
            plain.push(match byte {
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                other => other,
            });
        }
    }
    plain
}

fn open_packs(
    folder: &Path,
    name: &str,
    repository: &Repository,
    stores: &mut Stores,
    unread: &mut Vec<Unread>,
) {
    let pack_folder = folder.join("pack");
    let entries = match repository.fence().folder(&pack_folder) {
        Ok(resolved) => fs::read_dir(resolved).map_err(|_| Refusal::Denied),
        Err(Refusal::Missing) => return,
        Err(refusal) => Err(refusal),
    };
    let entries = match entries {
        Ok(entries) => entries,
        Err(refusal) => {
            let detail = format!("the pack folder {}", refusal.words());
            unread.push(repository.row(
                &format!("{name}/pack"),
                ReadState::Skipped,
                refusal.reason(),
                detail,
            ));
            return;
        }
    };
    let mut names: Vec<Vec<u8>> =
        entries.flatten().map(|entry| entry.file_name().as_encoded_bytes().to_vec()).collect();
    names.sort_unstable();
    for file_name in &names {
        let inside = format!("{name}/pack/{}", path_text(file_name));
        if let Some(stem) = file_name.strip_suffix(b".idx")
            && names.binary_search(&[stem, b".pack"].concat()).is_err()
        {
            let detail = "there is an index, but no pack".to_owned();
            unread.push(repository.row(&inside, ReadState::Failed, "pack_missing", detail));
        }
        stores.promised |= file_name.ends_with(b".promisor");
        let Some(stem) = file_name.strip_suffix(b".pack") else { continue };
        if stores.packs.len() >= PACKS_MAX {
            let detail = "there are more packs than a scan opens".to_owned();
            unread.push(repository.row(&inside, ReadState::Skipped, "too_many_packs", detail));
            return;
        }
        let index = pack_folder.join(bytes_path(&[stem, b".idx"].concat()));
        let path = pack_folder.join(bytes_path(file_name));
        match Pack::open(&path, inside.clone(), repository.fence(), stores.mapped_max()) {
            Ok(pack) => stores.packs.push(with_entries(pack, &index, repository, unread)),
            Err(error) => {
                let detail = format!("the pack cannot be opened: {error}");
                unread.push(repository.row(&inside, ReadState::Failed, "pack_damaged", detail));
            }
        }
    }
}

/// Learns a pack's entries from its index; without a usable one, from reading the pack through.
fn with_entries(
    mut pack: Pack,
    index: &Path,
    repository: &Repository,
    unread: &mut Vec<Unread>,
) -> (Pack, Vec<(Oid, u32)>) {
    let index = match pack.read_index(index, repository.fence()) {
        Some(index) if index.fits => {
            let end = pack.end();
            pack.set_bounds(index.offsets, end);
            return (pack, index.ids);
        }
        index => index,
    };
    let through = read_through(&pack);
    let claimed = pack.claimed() as usize;
    let mut damage = |detail: String| {
        unread.push(repository.row(&pack.name, ReadState::Partial, "pack_damaged", detail));
    };
    if let Some(index) = index.filter(|index| !through.whole && index.offsets.len() > through.offsets.len()) {
        let lost = claimed.saturating_sub(index.offsets.len());
        damage(format!(
            "damaged behind byte {}; its index still finds the rest, {lost} objects are lost",
            through.end
        ));
        let end = pack.end();
        pack.set_bounds(index.offsets, end);
        return (pack, index.ids);
    }
    let found = through.offsets.len();
    if !through.whole {
        let lost = claimed.saturating_sub(found);
        damage(format!(
            "damaged behind byte {}, and its index is of no use; {lost} objects are lost",
            through.end
        ));
    }
    pack.set_bounds(through.offsets, through.end);
    let ids = name_objects(&pack);
    if ids.len() < found {
        let detail = format!("{} objects cannot be made from what the pack holds", found - ids.len());
        unread.push(repository.row(&pack.name, ReadState::Partial, "object_damaged", detail));
    }
    (pack, ids)
}

fn open_loose(
    folder: &Path,
    name: &str,
    repository: &Repository,
    stores: &mut Stores,
    unread: &mut Vec<Unread>,
) {
    let (store, odd) = LooseStore::list(folder.to_owned(), name.to_owned(), repository.fence());
    for fan in odd.refused {
        let detail = "the folder of loose objects leads outside or cannot be opened".to_owned();
        unread.push(repository.row(&format!("{name}/{fan}"), ReadState::Skipped, "outside_of_root", detail));
    }
    if odd.long_names > 0 {
        let detail = format!("{} loose objects have SHA-256 names, which are not read", odd.long_names);
        unread.push(repository.row(name, ReadState::Skipped, "unsupported_object_format", detail));
    }
    if odd.over_limit {
        let detail = "there are more loose objects than a scan lists".to_owned();
        unread.push(repository.row(name, ReadState::Partial, "too_many_loose_objects", detail));
    }
    stores.loose.push(store);
}
