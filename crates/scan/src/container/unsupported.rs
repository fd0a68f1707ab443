//! Archives that are known and not unpacked: said, because nothing in them was read.

use std::io::Read;

use super::Format;
use super::gap::Gap;
use super::spot::Spot;
use super::walk::Walk;

/// First bytes of formats that are not unpacked.
const MAGICS: &[&[u8]] = &[
    b"7z\xbc\xaf\x27\x1c",        // 7-Zip
    b"Rar!\x1a\x07",              // RAR
    b"MSCF\0\0\0\0",              // Cabinet
    b"\x04\x22\x4d\x18",          // LZ4
    b"LZIP\x01",                  // lzip
    b"\x89LZO\0\x0d\x0a\x1a\x0a", // lzop
    b"\xff\x06\0\0sNaPpY",        // Snappy
    b"hsqs",                      // SquashFS
    b"xar!\0\x1c",                // xar
];

/// Formats that are not unpacked.
pub(super) struct Unsupported;

impl Format for Unsupported {
    fn claims(&self, head: &[u8]) -> bool {
        MAGICS.iter().any(|magic| head.starts_with(magic))
    }

    fn nests(&self) -> bool {
        false
    }

    fn stream(&self, walk: &mut Walk<'_>, at: &Spot, bytes: &mut dyn Read) -> Result<(), Gap> {
        walk.remains(at, bytes);
        Err(Gap::Unsupported)
    }
}
