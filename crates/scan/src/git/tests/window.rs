//! A pack that is read piece by piece shows what its mapping shows.

use std::fs;
use std::path::PathBuf;

use super::repo::Repo;
use crate::git::fence::Fence;
use crate::git::pack::Pack;
use crate::git::window::Window;

/// A pack of a thousand lines in many versions, read through its file, with its entries.
fn pieces() -> (Repo, Pack, PathBuf) {
    let mut repo = Repo::new();
    let text: String = (0..1_000).map(|line| format!("{line} is {}\n", line * 7_919 % 1_013)).collect();
    for version in 0..20 {
        repo.commit("lines.txt", &format!("{version}\n{text}"));
    }
    repo.git(&["repack", "-adq"]);
    let path = repo.pack();
    let fence = Fence::around(repo.root()).unwrap();
    let mut pack = Pack::open(&path, "pack".to_owned(), &fence, 0).unwrap();
    let index = pack.read_index(&path.with_extension("idx"), &fence).unwrap();
    assert!(index.fits && pack.file().is_some());
    let end = pack.end();
    pack.set_bounds(index.offsets, end);
    (repo, pack, path)
}

#[test]
fn pieces_show_what_a_mapping_shows() {
    let (_repo, pack, _) = pieces();
    for least in [1, 100, 4 << 10, 1 << 20] {
        let mut window = Window::new(least);
        // Forwards, backwards and here and there: a piece that was read before is never taken for another.
        let count = pack.len();
        let order = (0..count).chain((0..count).rev()).chain((0..count).map(|at| at * 7 % count));
        for entry in order {
            let mapped = pack.entry(entry).unwrap();
            let head = window.head(&pack, 3, entry).map(|head| (head.header, head.len)).unwrap();
            assert_eq!(head, (mapped.header, mapped.len), "entry {entry}, {least} bytes at once");
            let shown = window.entry(&pack, 3, entry, u64::MAX >> 2).unwrap();
            assert_eq!((shown.len, shown.stream), (mapped.len, mapped.stream), "entry {entry}");
        }
    }
}

#[test]
fn a_file_that_is_cut_short_meanwhile_gives_nothing_and_ends_nothing() {
    let (_repo, pack, path) = pieces();
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    #[allow(clippy::permissions_set_readonly_false)] // a file of this test
    permissions.set_readonly(false);
    fs::set_permissions(&path, permissions).unwrap();
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(100).unwrap();
    let last = pack.len() - 1;
    assert!(Window::new(4 << 10).entry(&pack, 0, last, 1 << 20).is_none());
}
