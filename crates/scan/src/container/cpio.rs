//! cpio: what an rpm package or an initial file system holds. The two dialects in letters are read.

use std::io::Read;

use super::Format;
use super::gap::Gap;
use super::input::{fill, skip};
use super::spot::Spot;
use super::walk::Walk;

/// Longest name; what is longer is no name.
const NAME_BYTES_MAX: u64 = 64 << 10;
/// Name of what comes after the last member.
const TRAILER: &[u8] = b"TRAILER!!!";
/// Bits of a mode that tell the kind, and what they are for a regular file.
const KIND_BITS: u64 = 0o170_000;
const REGULAR: u64 = 0o100_000;

/// cpio.
pub(super) struct Cpio;

impl Format for Cpio {
    fn claims(&self, head: &[u8]) -> bool {
        Dialect::of(head).is_some_and(|dialect| {
            head.len() >= dialect.header_bytes()
                && Header::parse(dialect, &head[..dialect.header_bytes()]).is_some()
        })
    }

    fn stream(&self, walk: &mut Walk<'_>, at: &Spot, bytes: &mut dyn Read) -> Result<(), Gap> {
        while !walk.budget().is_spent() {
            let mut magic = [0; 6];
            let got = fill(bytes, &mut magic).unwrap_or(0);
            let Some(dialect) = Dialect::of(&magic[..got]) else {
                walk.remains(at, &mut (&magic[..got]).chain(bytes));
                return Err(if got < magic.len() { Gap::Truncated } else { Gap::Damaged });
            };
            let mut held = magic.to_vec();
            held.resize(dialect.header_bytes(), 0);
            let want = held.len() - magic.len();
            if !matches!(fill(bytes, &mut held[magic.len()..]), Ok(got) if got == want) {
                return Err(Gap::Truncated);
            }
            let header = Header::parse(dialect, &held).ok_or(Gap::Damaged)?;
            let mut name = Vec::new();
            if header.name_len > NAME_BYTES_MAX {
                return Err(Gap::Damaged);
            }
            let got = (&mut *bytes).take(header.name_len).read_to_end(&mut name).unwrap_or(0);
            if (got as u64) < header.name_len {
                return Err(Gap::Truncated);
            }
            name.truncate(memchr::memchr(0, &name).unwrap_or(name.len()));
            skip(bytes, dialect.padding(held.len() as u64 + header.name_len))?;
            if name == TRAILER {
                return Ok(());
            }
            let mut left = header.size;
            if header.mode & KIND_BITS == REGULAR {
                let mut member = (&mut *bytes).take(left);
                walk.member(at, &name, &mut member);
                left = member.limit();
            } else {
                // A link's bytes are where it leads to.
                walk.mention();
            }
            skip(bytes, left + dialect.padding(header.size))?;
        }
        Ok(())
    }
}

/// How numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// Eight hexadecimal digits each; everything is padded to four bytes.
    New,
    /// Octal digits; nothing is padded.
    Old,
}

impl Dialect {
    fn of(head: &[u8]) -> Option<Dialect> {
        match head.get(..6)? {
            b"070701" | b"070702" => Some(Dialect::New),
            b"070707" => Some(Dialect::Old),
            _ => None,
        }
    }

    fn header_bytes(self) -> usize {
        if self == Dialect::New { 110 } else { 76 }
    }

    fn padding(self, len: u64) -> u64 {
        if self == Dialect::New { (4 - len % 4) % 4 } else { 0 }
    }
}

/// What a header says of a member.
#[derive(Debug)]
struct Header {
    mode: u64,
    size: u64,
    name_len: u64,
}

impl Header {
    fn parse(dialect: Dialect, bytes: &[u8]) -> Option<Header> {
        let number = |from: usize, len: usize| {
            let radix = if dialect == Dialect::New { 16 } else { 8 };
            let digits = std::str::from_utf8(&bytes[from..from + len]).ok()?;
            u64::from_str_radix(digits, radix).ok()
        };
        Some(match dialect {
            Dialect::New => Header { mode: number(14, 8)?, size: number(54, 8)?, name_len: number(94, 8)? },
            Dialect::Old => Header { mode: number(18, 6)?, size: number(65, 11)?, name_len: number(59, 6)? },
        })
    }
}
