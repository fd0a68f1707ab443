//! One member of a zip archive.

use std::io::{BufReader, Read};

use bzip2::bufread::BzDecoder;
use flate2::bufread::DeflateDecoder;

use super::super::budget::{Budget, Effort, Held, Intake, Metered};
use super::super::compressed::Streams;
use super::super::gap::Gap;
use super::super::input::{Input, Section, fill_at};
use super::super::spot::Spot;
use super::super::walk::Walk;
use super::super::{bzip2 as bz, gzip, xz, zstd};

/// Magic of the header in front of a member.
pub(super) const LOCAL_MAGIC: &[u8] = b"PK\x03\x04";
/// Its size without name and extra fields.
pub(super) const LOCAL_BYTES: usize = 30;
/// Bytes that are handed to a decoder at once.
const INTAKE_BYTES: usize = 32 << 10;
/// Largest member that is inflated in one step …
const AT_ONCE_BYTES_MAX: u64 = 32 << 20;
/// … and how many bytes of it one packed byte may become.
const AT_ONCE_RATIO_MAX: u64 = 100;
/// A field that says: see the extra fields.
const IN_EXTRA: u64 = 0xffff_ffff;
/// Kind of the extra field with sizes beyond 4 GiB.
const EXTRA_SIZES: u16 = 1;
/// Kind of the extra field that AES encryption adds.
const METHOD_AES: u16 = 99;
/// Work of reading a header, besides its names.
const HEADER_WORK: u64 = 500;
/// Work of copying and adding up a sum.
const STORED: Effort = Effort { made: 1, taken: 0 };

/// What directory or header say of a member.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: Vec<u8>,
    pub(super) flags: u16,
    pub(super) method: u16,
    /// CRC-32 of its bytes.
    pub(super) sum: u32,
    /// Bytes in the archive.
    pub(super) packed: u64,
    /// Bytes unpacked.
    pub(super) size: u64,
    /// Where its header lies.
    pub(super) at: u64,
}

impl Member {
    pub(super) fn is_folder(&self) -> bool {
        self.name.ends_with(b"/") && self.packed == 0
    }

    pub(super) fn is_stored(&self) -> bool {
        self.method == 0
    }

    fn is_encrypted(&self) -> bool {
        self.flags & 1 != 0 || self.method == METHOD_AES
    }

    /// Takes sizes beyond 4 GiB from the extra fields: those that the header has no room for, in this order.
    pub(super) fn widen(&mut self, mut extra: &[u8]) {
        while extra.len() >= 4 {
            let (kind, len) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
            let Some(field) = extra.get(4..4 + len) else { return };
            if kind == EXTRA_SIZES {
                let mut values = field.chunks_exact(8).map(|value| u64_at(value, 0));
                for place in [&mut self.size, &mut self.packed, &mut self.at] {
                    if *place == IN_EXTRA {
                        *place = values.next().unwrap_or(*place);
                    }
                }
            }
            extra = &extra[4 + len..];
        }
    }
}

/// The header in front of a member.
pub(super) struct Local {
    /// What it says.
    pub(super) member: Member,
    /// Where the member's bytes begin.
    pub(super) data: u64,
}

impl Local {
    /// Reads the header at `at`; `None` when there is none.
    pub(super) fn read(bytes: &dyn Input, at: u64, budget: &Budget) -> Result<Option<Local>, Gap> {
        let mut header = [0; LOCAL_BYTES];
        let got = fill_at(bytes, at, &mut header).map_err(|_| Gap::Disk)?;
        if got < LOCAL_BYTES || !header.starts_with(LOCAL_MAGIC) {
            return Ok(None);
        }
        let [name, extra] = [26, 28].map(|at| usize::from(u16_at(&header, at)));
        budget.work(HEADER_WORK + (name + extra) as u64 / 4);
        let mut names = vec![0; name + extra];
        let got = fill_at(bytes, at + LOCAL_BYTES as u64, &mut names).map_err(|_| Gap::Disk)?;
        let extra = names[name.min(got)..got].to_vec();
        names.truncate(name.min(got));
        let mut member = Member {
            name: names,
            flags: u16_at(&header, 6),
            method: u16_at(&header, 8),
            sum: u32_at(&header, 14),
            packed: u64::from(u32_at(&header, 18)),
            size: u64::from(u32_at(&header, 22)),
            at,
        };
        member.widen(&extra);
        Ok(Some(Local { member, data: at + (LOCAL_BYTES + got) as u64 }))
    }

    /// Whether the header knows the sizes; a writer that streams puts them behind the member.
    pub(super) fn size_is_known(&self) -> bool {
        self.member.flags & 8 == 0 || self.member.packed > 0
    }
}

/// Shows a member whose bytes lie between `data` and `stop`; gives where they really end.
pub(super) fn show(
    walk: &mut Walk<'_>,
    at: &Spot,
    bytes: &dyn Input,
    member: &Member,
    data: u64,
    stop: u64,
) -> u64 {
    if member.is_encrypted() {
        walk.gap(&at.inside(&member.name), Gap::Encrypted);
        return stop;
    }
    let intake = Intake::default();
    let read = unpack(walk, at, bytes, member, (data, stop), &intake);
    // It ends beyond the archive's end: the decoder may not have noticed.
    let cut = data.saturating_add(member.packed) > bytes.len();
    walk.note(&at.inside(&member.name), if cut { read.and(Err(Gap::Truncated)) } else { read });
    data + intake.taken()
}

fn unpack(
    walk: &mut Walk<'_>,
    at: &Spot,
    bytes: &dyn Input,
    member: &Member,
    (data, stop): (u64, u64),
    intake: &Intake,
) -> Result<(), Gap> {
    let budget = walk.budget();
    let source = intake.of(BufReader::with_capacity(INTAKE_BYTES, Section::new(bytes, data, stop)));
    match member.method {
        0 => summed(walk, at, member, source, intake, STORED),
        8 => match inflate_at_once(bytes, member, (data, stop), budget) {
            Some((made, _memory)) => {
                intake.take(stop - data);
                summed(walk, at, member, &made[..], intake, gzip::INFLATE)
            }
            None => summed(walk, at, member, DeflateDecoder::new(source), intake, gzip::INFLATE),
        },
        12 => {
            let _memory = budget.hold(bz::BZIP2_BYTES)?;
            budget.work(bz::BZIP2_STREAM_WORK);
            summed(walk, at, member, BzDecoder::new(source), intake, bz::BZIP2)
        }
        93 => {
            let window = zstd::WINDOW_BYTES_MAX.min(budget.room());
            let _memory = budget.hold(window)?;
            summed(walk, at, member, zstd::Frames::new(source, window, budget), intake, zstd::ZSTD)
        }
        95 => {
            let _memory = budget.hold(xz::XZ_BYTES)?;
            let streams = Streams::new(
                source,
                budget,
                xz::XZ_STREAM_WORK,
                xz::reader,
                lzma_rust2::XzReader::into_inner,
            );
            summed(walk, at, member, streams, intake, xz::XZ)
        }
        _ => Err(Gap::Unsupported),
    }
}

/// Inflates a member whose sizes are told, in one step: twice as fast as in pieces. What does not come out exactly as
/// told, or could be a bomb, is left to the decoder that finds out why.
fn inflate_at_once<'a>(
    bytes: &dyn Input,
    member: &Member,
    (data, stop): (u64, u64),
    budget: &'a Budget,
) -> Option<(Vec<u8>, Held<'a>)> {
    let packed = stop.checked_sub(data).filter(|&packed| packed == member.packed)?;
    let explained = member.size <= AT_ONCE_BYTES_MAX && packed <= AT_ONCE_BYTES_MAX;
    if !explained || member.size > packed.saturating_mul(AT_ONCE_RATIO_MAX) {
        return None;
    }
    let memory = budget.hold(packed + member.size).ok()?;
    let mut taken = vec![0; usize::try_from(packed).ok()?];
    if fill_at(bytes, data, &mut taken).ok()? < taken.len() {
        return None;
    }
    let mut made = vec![0; usize::try_from(member.size).ok()?];
    let got = libdeflater::Decompressor::new().deflate_decompress(&taken, &mut made).ok()?;
    (got == made.len() && crc32fast::hash(&made) == member.sum).then_some((made, memory))
}

/// Shows what `decoder` makes, and holds it against the sum and size that the archive tells.
fn summed(
    walk: &mut Walk<'_>,
    at: &Spot,
    member: &Member,
    decoder: impl Read,
    intake: &Intake,
    effort: Effort,
) -> Result<(), Gap> {
    let made = Metered::new(decoder, intake, walk.budget(), effort);
    let mut summed = Summed { inner: made, sum: crc32fast::Hasher::new() };
    walk.member(at, &member.name, &mut summed);
    let _ = std::io::copy(&mut summed, &mut std::io::sink());
    let (size, sum) = (summed.inner.made(), summed.sum.finalize());
    summed.inner.ended()?;
    let told = member.flags & 8 == 0 || member.sum != 0 || member.size != 0;
    let lies = told && (sum, size) != (member.sum, member.size);
    if lies && !walk.budget().is_spent() { Err(Gap::Damaged) } else { Ok(()) }
}

/// A stream with the CRC-32 of what was read.
struct Summed<R> {
    inner: R,
    sum: crc32fast::Hasher,
}

impl<R: Read> Read for Summed<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let got = self.inner.read(into)?;
        self.sum.update(&into[..got]);
        Ok(got)
    }
}

/// Two bytes at `at`, which lies inside.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// Four bytes at `at`, which lies inside.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Eight bytes at `at`, which lies inside.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
