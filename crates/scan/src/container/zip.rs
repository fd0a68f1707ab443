//! zip, and everything that is one by another name: jar, war, ear, whl, apk, docx, xlsx, pptx, odt, nupkg.
//!
//! The directory at the end says what there is. What it leaves out, or all of it when it is lost, is found by the
//! header in front of each member. Sizes are never believed: a member ends where its own bytes do.

mod directory;
mod member;

use super::budget::Budget;
use super::gap::Gap;
use super::input::{Input, fill_at};
use super::spot::Spot;
use super::walk::Walk;
use super::{Access, Format};
use directory::Directory;
use member::{LOCAL_BYTES, LOCAL_MAGIC, Local, Member};

/// Bytes looked at together when a header is searched for.
const SEARCH_BYTES: usize = 64 << 10;
/// Work of looking at one byte for a header.
const SEARCH_WORK: u64 = 1;

/// zip.
pub(super) struct Zip;

impl Format for Zip {
    fn claims(&self, head: &[u8]) -> bool {
        // A first member, the end of an archive without any, or the mark of a first part.
        [LOCAL_MAGIC, directory::END_MAGIC, b"PK\x07\x08PK\x03\x04"]
            .iter()
            .any(|magic| head.starts_with(magic))
    }

    fn claims_tail(&self, tail: &[u8]) -> bool {
        // A program or script that carries its archive behind it ends like one, with no comment.
        let end = tail.len().checked_sub(directory::END_BYTES).map(|at| &tail[at..]);
        end.is_some_and(|end| end.starts_with(directory::END_MAGIC) && end.ends_with(&[0, 0]))
    }

    fn access(&self) -> Access {
        Access::Random
    }

    fn random(&self, walk: &mut Walk<'_>, at: &Spot, bytes: &dyn Input) -> Result<(), Gap> {
        let Some(directory) = Directory::read(bytes, walk.budget())? else {
            let found = between(walk, at, bytes, 0, bytes.len())?;
            return if found { Err(Gap::Truncated) } else { Err(Gap::Damaged) };
        };
        let mut covered = directory.start;
        for member in directory.members() {
            if walk.budget().is_spent() {
                return Ok(());
            }
            // Members in the order of their bytes: one that begins inside another is read twice, or a thousand times.
            if member.at < covered {
                walk.gap(&at.inside(&member.name), Gap::Bomb);
                continue;
            }
            between(walk, at, bytes, covered, member.at)?;
            covered = read(walk, at, bytes, &member, directory.at)?;
        }
        between(walk, at, bytes, covered, directory.at)?;
        directory.complete()
    }
}

/// Reads a member that the directory names; gives where its bytes end.
fn read(walk: &mut Walk<'_>, at: &Spot, bytes: &dyn Input, member: &Member, end: u64) -> Result<u64, Gap> {
    let Some(local) = Local::read(bytes, member.at, walk.budget())? else {
        walk.gap(&at.inside(&member.name), Gap::Damaged);
        return Ok(member.at);
    };
    let stop = local.data.saturating_add(member.packed).min(end.max(local.data));
    if member.is_folder() {
        walk.mention();
        return Ok(stop);
    }
    member::show(walk, at, bytes, member, local.data, stop);
    Ok(stop)
}

/// Reads members that no directory names, by the headers in front of them. Whether there was any.
fn between(walk: &mut Walk<'_>, at: &Spot, bytes: &dyn Input, mut from: u64, to: u64) -> Result<bool, Gap> {
    let mut found = false;
    while let Some(start) = next_header(bytes, from, to, walk.budget())? {
        let Some(local) = Local::read(bytes, start, walk.budget())? else { break };
        found = true;
        if local.member.is_folder() {
            walk.mention();
            from = local.data;
            continue;
        }
        let stop = match local.size_is_known() {
            true => local.data.saturating_add(local.member.packed).min(to),
            // Only its own end tells, or the next header when it is not compressed.
            false if local.member.is_stored() => {
                next_header(bytes, local.data, to, walk.budget())?.unwrap_or(to)
            }
            false => to,
        };
        let end = member::show(walk, at, bytes, &local.member, local.data, stop);
        from = if local.size_is_known() { stop } else { end.max(local.data) };
        if walk.budget().is_spent() {
            break;
        }
    }
    Ok(found)
}

/// Where the next header of a member begins, with room for it before `to`.
fn next_header(bytes: &dyn Input, mut from: u64, to: u64, budget: &Budget) -> Result<Option<u64>, Gap> {
    let mut window = Vec::new();
    while from.saturating_add(LOCAL_BYTES as u64) <= to {
        let want = usize::try_from(to - from).unwrap_or(SEARCH_BYTES).min(SEARCH_BYTES);
        window.resize(want, 0);
        let got = fill_at(bytes, from, &mut window).map_err(|_| Gap::Disk)?;
        if let Some(found) = memchr::memmem::find(&window[..got], LOCAL_MAGIC) {
            return Ok(Some(from + found as u64).filter(|at| at + LOCAL_BYTES as u64 <= to));
        }
        if got < want || got < LOCAL_MAGIC.len() || !budget.work(SEARCH_WORK * got as u64) {
            return Ok(None);
        }
        // The magic may lie across the edge of two windows.
        from += (got - LOCAL_MAGIC.len() + 1) as u64;
    }
    Ok(None)
}
