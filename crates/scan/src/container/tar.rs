//! tar: headers of 512 bytes, each followed by its member. Long names come as members of their own.

use std::io::Read;

use super::Format;
use super::gap::Gap;
use super::input::{fill, skip};
use super::spot::Spot;
use super::walk::Walk;

/// Size of a header; members are padded to it.
const BLOCK_BYTES: usize = 512;
/// Bytes of a long name or of a list of attributes; a larger one is no name.
const EXTENSION_BYTES_MAX: u64 = 1 << 20;

/// tar, in all its dialects.
pub(super) struct Tar;

impl Format for Tar {
    fn claims(&self, head: &[u8]) -> bool {
        // Old archives have no magic, but every header carries a sum of its own bytes.
        head.len() >= BLOCK_BYTES && head[0] != 0 && Header(&head[..BLOCK_BYTES]).holds()
    }

    fn stream(&self, walk: &mut Walk<'_>, at: &Spot, bytes: &mut dyn Read) -> Result<(), Gap> {
        let mut named = Named::default();
        let mut marks = 0;
        loop {
            let mut block = [0; BLOCK_BYTES];
            match fill(bytes, &mut block) {
                Ok(BLOCK_BYTES) => {}
                // Some writers leave the closing zeros out.
                Ok(0) => return Ok(()),
                _ => return if marks > 0 { Ok(()) } else { Err(Gap::Truncated) },
            }
            if block.iter().all(|&byte| byte == 0) {
                marks += 1;
                if !walk.budget().work(BLOCK_BYTES as u64 / 8) {
                    return Ok(());
                }
                continue;
            }
            let header = Header(&block);
            let size = header.holds().then(|| header.size()).flatten();
            let Some(size) = size else {
                walk.remains(at, &mut (&block[..]).chain(bytes));
                // After the closing zeros anything may follow; before them it is a member that is lost.
                return if marks > 1 { Ok(()) } else { Err(Gap::Damaged) };
            };
            marks = 0;
            entry(walk, at, &header, size, &mut named, bytes)?;
            if walk.budget().is_spent() {
                return Ok(());
            }
        }
    }
}

/// What extension headers say about the next member.
#[derive(Debug, Default)]
struct Named {
    name: Option<Vec<u8>>,
    size: Option<u64>,
}

/// Reads what belongs to one header.
fn entry(
    walk: &mut Walk<'_>,
    at: &Spot,
    header: &Header<'_>,
    size: u64,
    named: &mut Named,
    bytes: &mut dyn Read,
) -> Result<(), Gap> {
    match header.kind() {
        b'L' => {
            let mut name = extension(bytes, size)?;
            name.truncate(name.iter().position(|&byte| byte == 0).unwrap_or(name.len()));
            named.name = Some(name);
            return Ok(());
        }
        b'x' | b'X' => {
            attributes(&extension(bytes, size)?, named);
            return Ok(());
        }
        b'g' | b'K' | b'V' => {
            extension(bytes, size)?;
            return Ok(());
        }
        // Links, devices, folders and pipes: a name without bytes, whatever size it claims.
        b'1'..=b'6' => {
            *named = Named::default();
            walk.mention();
            return Ok(());
        }
        _ => {}
    }
    let named = std::mem::take(named);
    let size = named.size.unwrap_or(size);
    if header.kind() == b'S' && header.is_extended() {
        sparse_map(bytes)?;
    }
    let name = named.name.unwrap_or_else(|| header.name());
    let mut member = bytes.take(size);
    walk.member(at, &name, &mut member);
    let unread = member.limit();
    // What the visitor left, and the padding.
    let rest = unread + padding(size);
    skip(bytes, rest)
}

/// Zeros that fill the last block of a member of this size.
fn padding(size: u64) -> u64 {
    let block = BLOCK_BYTES as u64;
    (block - size % block) % block
}

/// The bytes of an extension header.
fn extension(bytes: &mut dyn Read, size: u64) -> Result<Vec<u8>, Gap> {
    if size > EXTENSION_BYTES_MAX {
        return Err(Gap::Damaged);
    }
    let mut held = vec![0; usize::try_from(size).expect("below a MiB")];
    let got = fill(bytes, &mut held).unwrap_or(0);
    if (got as u64) < size {
        return Err(Gap::Truncated);
    }
    skip(bytes, padding(size))?;
    Ok(held)
}

/// Reads `length key=value` lines.
fn attributes(mut lines: &[u8], named: &mut Named) {
    while let Some(space) = memchr::memchr(b' ', lines) {
        let len = std::str::from_utf8(&lines[..space]).ok().and_then(|text| text.parse::<usize>().ok());
        let Some(line) = len.and_then(|len| lines.get(space + 1..len)) else { return };
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        if let Some(name) = line.strip_prefix(b"path=").or_else(|| line.strip_prefix(b"GNU.sparse.name=")) {
            named.name = Some(name.to_vec());
        } else if let Some(size) = line.strip_prefix(b"size=") {
            named.size = std::str::from_utf8(size).ok().and_then(|text| text.parse().ok());
        }
        lines = &lines[len.expect("it gave the line")..];
    }
}

/// The further blocks of a map of holes; the bytes of the member follow them without the holes.
fn sparse_map(bytes: &mut dyn Read) -> Result<(), Gap> {
    loop {
        let mut block = [0; BLOCK_BYTES];
        if !matches!(fill(bytes, &mut block), Ok(BLOCK_BYTES)) {
            return Err(Gap::Truncated);
        }
        if block[504] == 0 {
            return Ok(());
        }
    }
}

/// One header.
struct Header<'a>(&'a [u8]);

impl Header<'_> {
    /// Whether the sum that it carries is the sum of its bytes.
    fn holds(&self) -> bool {
        let Some(told) = octal(&self.0[148..156]) else { return false };
        let others = self.0[..148].iter().chain(&self.0[156..]);
        let blanks = 8 * u64::from(b' ');
        let unsigned = others.clone().map(|&byte| u64::from(byte)).sum::<u64>() + blanks;
        if told == unsigned {
            return true;
        }
        // Some old writers added bytes up as signed numbers.
        let signed = others.map(|&byte| i64::from(byte.cast_signed())).sum::<i64>() + blanks.cast_signed();
        i64::try_from(told) == Ok(signed)
    }

    fn kind(&self) -> u8 {
        self.0[156]
    }

    fn is_extended(&self) -> bool {
        self.0[482] != 0
    }

    fn size(&self) -> Option<u64> {
        let field = &self.0[124..136];
        if field[0] & 0x80 == 0 {
            return octal(field);
        }
        // Sizes beyond 8 GiB are binary; a negative one is nonsense.
        let (high, low) = field.split_at(4);
        let fits = high[0] == 0x80 && high[1..] == [0, 0, 0];
        let low: [u8; 8] = low.try_into().expect("a field has 12 bytes");
        fits.then(|| u64::from_be_bytes(low)).filter(|&size| size < 1 << 62)
    }

    fn name(&self) -> Vec<u8> {
        let name = text(&self.0[..100]);
        let prefix = text(&self.0[345..500]);
        // GNU's own dialect has times where the others have the name's first part.
        let has_prefix = &self.0[257..263] == b"ustar\0" && !prefix.is_empty();
        if has_prefix { [prefix, b"/", name].concat() } else { name.to_vec() }
    }
}

/// Bytes before the first zero.
fn text(field: &[u8]) -> &[u8] {
    &field[..memchr::memchr(0, field).unwrap_or(field.len())]
}

/// A number in octal digits with blanks or zeros around it.
fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text(field)).ok()?.trim_matches(' ');
    if text.is_empty() {
        return Some(0);
    }
    u64::from_str_radix(text, 8).ok()
}
