//! Files that are called like a container, or hold data that is compressed or encrypted as a whole, and that no format
//! here opens. Their bytes were searched, and nothing could be seen in them.

use super::gap::Gap;
use super::{HEAD_BYTES, Input, MemberGap, input};

/// Endings of names of containers.
const CONTAINERS: [&str; 25] = [
    ".7z", ".apk", ".br", ".bz2", ".cab", ".deb", ".ear", ".gz", ".jar", ".lz4", ".lzma", ".nupkg", ".rar",
    ".rpm", ".tar", ".tbz2", ".tgz", ".txz", ".tzst", ".war", ".whl", ".xz", ".z", ".zip", ".zst",
];
/// Endings of names of stores of keys and of data that is compressed as a whole.
const STORES: [&str; 7] = [".bks", ".jceks", ".jks", ".kdbx", ".p12", ".parquet", ".pfx"];
/// Endings of names of messages of OpenPGP.
const MESSAGES: [&str; 2] = [".gpg", ".pgp"];
/// First bytes of formats whose content is compressed or encrypted, and that are not opened.
const OPAQUE: [&[u8]; 2] = [
    b"PAR1",             // Parquet
    b"\x03\xd9\xa2\x9a", // KeePass
];
/// First bytes of an encrypted message of OpenPGP: a session key's packet in the old and the new form. A ring of
/// public keys begins otherwise.
const ENCRYPTED: [u8; 8] = [0x84, 0x85, 0x86, 0x8c, 0x8d, 0xc1, 0xc3, 0xd2];

/// What to say of a file that no format claims; nothing for text, and for most files.
pub(crate) fn unopened(path: &str, input: &dyn Input) -> Option<MemberGap> {
    let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let is_message = ends(&MESSAGES);
    let is_store = ends(&STORES);
    let is_container = ends(&CONTAINERS);
    // Without a telling name the first four bytes are looked at, and no more.
    let mut head = [0; HEAD_BYTES];
    let wanted = if is_message || is_store || is_container { HEAD_BYTES } else { 4 };
    let got = input::fill_at(input, 0, &mut head[..wanted]).ok()?;
    let head = &head[..got];
    let gap = if OPAQUE.iter().any(|magic| head.starts_with(magic)) {
        Gap::Opaque
    } else if is_message && head.first().is_some_and(|first| ENCRYPTED.contains(first)) {
        Gap::Encrypted
    } else if (is_container || is_store) && is_binary(head) {
        if is_store { Gap::Opaque } else { Gap::Unrecognised }
    } else {
        return None;
    };
    Some(MemberGap::new(None, gap, 0))
}

/// Whether bytes are no text: a pointer to a large file, or a note in its place, was read as what it is.
fn is_binary(head: &[u8]) -> bool {
    let is_text = match std::str::from_utf8(head) {
        Ok(_) => true,
        // A character may be cut by the end of the head.
        Err(error) => error.error_len().is_none() && head.len() == HEAD_BYTES,
    };
    !is_text || head.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(path: &str, bytes: &[u8]) -> Option<String> {
        unopened(path, &bytes).map(|gap| gap.reason)
    }

    #[test]
    fn names_that_promise_more_than_the_bytes_hold_are_told() {
        let noise = [0x9e, 0xff, 0x01, 0x00, 0x7a];
        for path in ["a/b.zip", "b.TAR.GZ", "c.xz", "d.jar", "e.7z"] {
            assert_eq!(reason(path, &noise).as_deref(), Some("archive_unrecognised"), "{path}");
        }
        for (path, bytes) in
            [("a.jks", &noise[..]), ("table", b"PAR1 \x15"), ("x.kdbx", b"\x03\xd9\xa2\x9a\x67")]
        {
            assert_eq!(reason(path, bytes).as_deref(), Some("opaque_format"), "{path}");
        }
        assert_eq!(reason("pass.gpg", b"\x85\x01\x0c").as_deref(), Some("archive_encrypted"));
    }

    #[test]
    fn pictures_texts_and_rings_of_public_keys_are_not() {
        for (path, bytes) in [
            ("a.png", b"\x89PNG\r\n\x1a\n".as_slice()),
            ("large.zip", b"version https://git-lfs.github.com/spec/v1\n"),
            ("empty.tar.gz", b""),
            ("ring.gpg", b"\x99\x02\x0d"),
            ("a.bin", &[0, 1, 2, 3]),
        ] {
            assert_eq!(reason(path, bytes), None, "{path}");
        }
    }
}
