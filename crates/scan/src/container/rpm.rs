//! rpm: a lead, two tables, and a compressed cpio archive.

use std::io::Read;

use super::Format;
use super::gap::Gap;
use super::input::{fill, skip};
use super::spot::Spot;
use super::walk::Walk;

const MAGIC: &[u8] = &[0xed, 0xab, 0xee, 0xdb];
const LEAD_BYTES: u64 = 96;
const TABLE_MAGIC: &[u8] = &[0x8e, 0xad, 0xe8];
/// Bytes of a table: packages with many files have some.
const TABLE_BYTES_MAX: u64 = 256 << 20;

/// rpm.
pub(super) struct Rpm;

impl Format for Rpm {
    fn claims(&self, head: &[u8]) -> bool {
        head.starts_with(MAGIC)
    }

    fn stream(&self, walk: &mut Walk<'_>, at: &Spot, bytes: &mut dyn Read) -> Result<(), Gap> {
        skip(bytes, LEAD_BYTES)?;
        // Scripts that run at installation stand in the second table.
        let signatures = table(walk, at, b"signatures", bytes)?;
        skip(bytes, (8 - signatures % 8) % 8)?;
        table(walk, at, b"header", bytes)?;
        walk.content(at, bytes);
        Ok(())
    }
}

/// Shows one table as it is; gives its length.
fn table(walk: &mut Walk<'_>, at: &Spot, name: &[u8], bytes: &mut dyn Read) -> Result<u64, Gap> {
    let mut intro = [0; 16];
    if !matches!(fill(bytes, &mut intro), Ok(16)) {
        return Err(Gap::Truncated);
    }
    if !intro.starts_with(TABLE_MAGIC) {
        walk.remains(at, &mut (&intro[..]).chain(bytes));
        return Err(Gap::Damaged);
    }
    let number = |from: usize| {
        u64::from(u32::from_be_bytes([intro[from], intro[from + 1], intro[from + 2], intro[from + 3]]))
    };
    let len = number(8) * 16 + number(12);
    if len > TABLE_BYTES_MAX {
        return Err(Gap::Damaged);
    }
    let mut rows = (&mut *bytes).take(len);
    walk.member(at, name, &mut rows);
    let _ = std::io::copy(&mut rows, &mut std::io::sink());
    if rows.limit() > 0 { Err(Gap::Truncated) } else { Ok(16 + len) }
}
