//! ar: packages of Debian, and libraries of objects.

use std::io::Read;

use super::Format;
use super::gap::Gap;
use super::input::{fill, skip};
use super::spot::Spot;
use super::walk::Walk;

const MAGIC: &[u8] = b"!<arch>\n";
const HEADER_BYTES: usize = 60;
/// Bytes of a table of long names, or of one name.
const NAMES_BYTES_MAX: u64 = 1 << 20;

/// ar.
pub(super) struct Ar;

impl Format for Ar {
    fn claims(&self, head: &[u8]) -> bool {
        head.starts_with(MAGIC)
    }

    fn stream(&self, walk: &mut Walk<'_>, at: &Spot, bytes: &mut dyn Read) -> Result<(), Gap> {
        let mut header = [0; HEADER_BYTES];
        // The magic that brought us here.
        let _ = fill(bytes, &mut header[..MAGIC.len()]);
        let mut long_names = Vec::new();
        while !walk.budget().is_spent() {
            match fill(bytes, &mut header) {
                Ok(HEADER_BYTES) => {}
                Ok(0) => return Ok(()),
                _ => return Err(Gap::Truncated),
            }
            let size = number(&header[48..58]).filter(|_| header.ends_with(b"`\n"));
            let Some(size) = size else {
                walk.remains(at, &mut (&header[..]).chain(bytes));
                return Err(Gap::Damaged);
            };
            let name = header[..16].trim_ascii_end();
            let mut left = size;
            if name == b"//" {
                long_names = names(bytes, size)?;
                left = 0;
            } else if matches!(name, b"/" | b"/SYM64/" | b"__.SYMDEF") {
                // A table of symbols is made from the members.
            } else {
                let (name, taken) = full_name(name, &long_names, size, bytes)?;
                left -= taken;
                let mut member = (&mut *bytes).take(left);
                walk.member(at, &name, &mut member);
                left = member.limit();
            }
            skip(bytes, left)?;
            // The byte that fills up the last member may be missing.
            let _ = skip(bytes, size % 2);
        }
        Ok(())
    }
}

/// The name of a member, and how many bytes of it stand in front of the member's own.
fn full_name(name: &[u8], long_names: &[u8], size: u64, bytes: &mut dyn Read) -> Result<(Vec<u8>, u64), Gap> {
    if let Some(len) = name.strip_prefix(b"#1/").and_then(number) {
        // BSD writes a long name in front of the member.
        if len > size {
            return Err(Gap::Damaged);
        }
        let mut held = names(bytes, len)?;
        held.truncate(memchr::memchr(0, &held).unwrap_or(held.len()));
        return Ok((held, len));
    }
    let long = name.strip_prefix(b"/").and_then(number).and_then(|at| usize::try_from(at).ok());
    if let Some(rest) = long.and_then(|at| long_names.get(at..)) {
        let end = memchr::memchr2(b'\n', 0, rest).unwrap_or(rest.len());
        return Ok((rest[..end].strip_suffix(b"/").unwrap_or(&rest[..end]).to_vec(), 0));
    }
    Ok((name.strip_suffix(b"/").unwrap_or(name).to_vec(), 0))
}

fn names(bytes: &mut dyn Read, size: u64) -> Result<Vec<u8>, Gap> {
    if size > NAMES_BYTES_MAX {
        return Err(Gap::Damaged);
    }
    let mut held = Vec::new();
    let got = bytes.take(size).read_to_end(&mut held);
    if got.is_err() || (held.len() as u64) < size { Err(Gap::Truncated) } else { Ok(held) }
}

fn number(field: &[u8]) -> Option<u64> {
    std::str::from_utf8(field.trim_ascii()).ok()?.parse().ok()
}
