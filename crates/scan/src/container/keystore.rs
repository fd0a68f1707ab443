//! Stores of keys under a password: PKCS #12, and Java's JKS, JCEKS and BCFKS. Their presence is what is told; no
//! password is tried and no key is read.

use super::gap::Gap;
use super::input::{Input, fill_at};
use super::spot::Spot;
use super::walk::Walk;
use super::{Access, Format};

/// Largest store that is looked at: real ones have kilobytes.
const KEYSTORE_BYTES_MAX: u64 = 16 << 20;
/// `1.2.840.113549.1.7.1`, data: what a PKCS #12 store begins with.
const OID_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
/// `1.2.840.113549.1.5.13`, PBES2: how BCFKS is encrypted.
const OID_PBES2: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d";
/// `1.2.840.113549.1.12.10.1.`: bags of a PKCS #12 store; 1 is a key, 2 an encrypted key.
const OID_BAG: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01";
const JKS_MAGIC: &[u8] = b"\xfe\xed\xfe\xed\0\0\0";
const JCEKS_MAGIC: &[u8] = b"\xce\xce\xce\xce\0\0\0";
/// Tags of JKS entries.
const JKS_CERTIFICATE: u32 = 2;

/// A store of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keystore {
    /// What people call its format.
    pub(crate) kind: &'static str,
    /// A private or secret key is in it, as its structure says; otherwise that is hidden.
    pub(crate) holds_key: bool,
    /// Digest of the whole file, to tell one store from another.
    pub(crate) digest: [u8; 32],
}

/// Stores of keys.
pub(super) struct Keystores;

impl Format for Keystores {
    fn claims(&self, head: &[u8]) -> bool {
        kind(head).is_some()
    }

    fn nests(&self) -> bool {
        false
    }

    fn access(&self) -> Access {
        Access::Random
    }

    fn random(&self, walk: &mut Walk<'_>, at: &Spot, bytes: &dyn Input) -> Result<(), Gap> {
        if bytes.len() > KEYSTORE_BYTES_MAX {
            return Err(Gap::TooLarge);
        }
        let _memory = walk.budget().hold(bytes.len())?;
        let mut held = vec![0; usize::try_from(bytes.len()).expect("below the limit")];
        let got = fill_at(bytes, 0, &mut held).map_err(|_| Gap::Disk)?;
        held.truncate(got);
        let Some(kind) = kind(&held) else { return Err(Gap::Damaged) };
        let holds_key = match kind {
            "PKCS #12" => memchr::memmem::find_iter(&held, OID_BAG)
                .any(|bag| matches!(held.get(bag + OID_BAG.len()), Some(1 | 2))),
            "BCFKS" => false,
            _ => match java_keys(&held) {
                // Certificates of others: every Java has such a file, and no secret is in it.
                Some(false) => return Ok(()),
                known => known.unwrap_or(false),
            },
        };
        let digest = *blake3::hash(&held).as_bytes();
        walk.keystore(at, &Keystore { kind, holds_key, digest });
        Ok(())
    }
}

/// Which kind a file that begins with `head` is.
fn kind(head: &[u8]) -> Option<&'static str> {
    let version = head.get(7).copied().unwrap_or(0);
    if head.starts_with(JKS_MAGIC) && matches!(version, 1 | 2) {
        return Some("JKS");
    }
    if head.starts_with(JCEKS_MAGIC) && matches!(version, 1 | 2) {
        return Some("JCEKS");
    }
    let outer = sequence(head)?;
    // PFX ::= SEQUENCE { version INTEGER (3), authSafe ContentInfo, … }
    if let Some(rest) = outer.strip_prefix(b"\x02\x01\x03")
        && sequence(rest)?.starts_with(OID_DATA)
    {
        return Some("PKCS #12");
    }
    // ObjectStore ::= SEQUENCE { EncryptedObjectStoreData ::= SEQUENCE { AlgorithmIdentifier, … }, … }. An encrypted
    // key by itself has one level less.
    let algorithm = sequence(sequence(outer)?)?;
    algorithm.starts_with(OID_PBES2).then_some("BCFKS")
}

/// What is in a sequence, as far as it is there.
fn sequence(bytes: &[u8]) -> Option<&[u8]> {
    let (&tag, rest) = bytes.split_first()?;
    let (&len, rest) = rest.split_first()?;
    let more = if len & 0x80 == 0 { 0 } else { usize::from(len & 0x7f) };
    (tag == 0x30 && more <= 4).then(|| rest.get(more..)).flatten()
}

/// Whether a JKS or JCEKS store has an entry that is no certificate; unknown when it is not understood.
fn java_keys(bytes: &[u8]) -> Option<bool> {
    let mut rest = bytes.get(4..)?;
    let version = number(&mut rest)?;
    let entries = number(&mut rest)?;
    for _ in 0..entries {
        if number(&mut rest)? != JKS_CERTIFICATE {
            return Some(true);
        }
        text(&mut rest)?;
        rest = rest.get(8..)?; // when it was put in
        if version == 2 {
            text(&mut rest)?;
        }
        let len = usize::try_from(number(&mut rest)?).ok()?;
        rest = rest.get(len..)?;
    }
    Some(false)
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    let (digits, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    Some(u32::from_be_bytes(*digits))
}

fn text(rest: &mut &[u8]) -> Option<()> {
    let (len, after) = rest.split_first_chunk::<2>()?;
    *rest = after.get(usize::from(u16::from_be_bytes(*len))..)?;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pkcs12_store_is_told_from_an_encrypted_key() {
        let pfx = [&b"\x30\x82\x09\x51\x02\x01\x03\x30\x82\x09\x17"[..], OID_DATA].concat();
        assert_eq!(kind(&pfx), Some("PKCS #12"));
        let key = [&b"\x30\x82\x05\x2d\x30\x57"[..], OID_PBES2].concat();
        assert_eq!(kind(&key), None);
        let bcfks = [&b"\x30\x82\x05\x2d\x30\x82\x04\x00\x30\x57"[..], OID_PBES2].concat();
        assert_eq!(kind(&bcfks), Some("BCFKS"));
        assert_eq!(kind(b"0 rows"), None);
    }

    #[test]
    fn a_java_store_of_certificates_has_no_key() {
        let certificate = b"\0\0\0\x02\0\x01a\0\0\0\0\0\0\0\0\0\x05X.509\0\0\0\x03abc";
        let store = |entries: &[&[u8]]| {
            let count = u32::try_from(entries.len()).unwrap().to_be_bytes();
            [&b"\xfe\xed\xfe\xed\0\0\0\x02"[..], &count, &entries.concat()].concat()
        };
        assert_eq!(java_keys(&store(&[certificate, certificate])), Some(false));
        assert_eq!(java_keys(&store(&[certificate, b"\0\0\0\x01\0\x01k"])), Some(true));
        assert_eq!(java_keys(&store(&[certificate])[..20]), None);
    }
}
