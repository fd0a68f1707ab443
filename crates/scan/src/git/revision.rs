//! What a revision as people write it (`origin/main`, `v1.2`, `3f2a91c`, `HEAD~2`) names in one repository.
//!
//! Names are looked for in git's own order. What needs a reflog, a search or a date is refused with words.

use super::commits::headers;
use super::objects::Objects;
use super::oid::{OID_BYTES, ObjectKind, Oid};
use super::refs::Refs;
use super::repository::Repository;

/// Fewest digits of an abbreviated id, as in git.
const DIGITS_MIN: usize = 4;
/// Objects with one abbreviation that are looked at, and of those the commits that are told.
const ALIKE_MAX: usize = 1_000;
const ALIKE_TOLD_MAX: usize = 5;
/// How far a tag of a tag is followed.
const PEEL_MAX: usize = 32;
/// Where git looks for a name, in this order.
const PLACES: [&str; 6] = ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/", "refs/remotes/"];

/// What to do where a commit is missing.
const FETCH: &str = "fetch it first (`git fetch`; in a shallow clone `git fetch --unshallow`, for actions/checkout `fetch-depth: 0`)";

/// The commit that a revision names.
///
/// # Errors
/// One sentence that says what is wrong and what to do.
pub(crate) fn revision(
    repository: &Repository,
    objects: &Objects,
    refs: &Refs,
    text: &str,
) -> Result<Oid, String> {
    if repository.has_foreign_objects() {
        return Err(
            "its objects have other names than SHA-1, which are not read yet: scan it without --since"
                .to_owned(),
        );
    }
    if text.is_empty() || text.contains(':') || text.contains("..") || text.contains("@{") {
        return Err(
            "is no single branch, tag or commit: name one, such as origin/main, v1.2, 3f2a91c or HEAD~2"
                .to_owned(),
        );
    }
    let end = text.find(['~', '^']).unwrap_or(text.len());
    let (name, mut steps) = text.split_at(end);
    let mut at = commit_of(objects, named(repository, objects, refs, name)?)?;
    while !steps.is_empty() {
        (at, steps) = step(repository, objects, at, steps)?;
    }
    Ok(at)
}

/// What a name without steps names.
fn named(repository: &Repository, objects: &Objects, refs: &Refs, name: &str) -> Result<Oid, String> {
    let name = if name == "@" { "HEAD" } else { name };
    if let Some(oid) = Oid::from_hex(name.as_bytes()) {
        let here = objects.find(&oid).map(|_| oid);
        return here.ok_or_else(|| format!("is not among its objects: {FETCH}"));
    }
    for (nth, place) in PLACES.iter().enumerate() {
        let whole = match nth {
            0 if !(name == "HEAD" || name.ends_with("_HEAD") || name.starts_with("refs/")) => continue,
            5 => format!("{place}{name}/HEAD"),
            _ => format!("{place}{name}"),
        };
        if let Some(oid) = refs.find(repository, &whole) {
            let here = objects.find(&oid).map(|_| oid);
            return here.ok_or_else(|| format!("names the object {oid}, which is not here: {FETCH}"));
        }
    }
    let is_short = (DIGITS_MIN..OID_BYTES * 2).contains(&name.len());
    if is_short && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return abbreviated(objects, &name.to_ascii_lowercase());
    }
    if repository.has_foreign_refs() {
        return Err(
            "cannot be looked up, because its refs are in a form that is not read yet: name the commit's id"
                .to_owned(),
        );
    }
    Err(absent())
}

fn absent() -> String {
    format!("is no branch, tag or commit here: {FETCH}, or name another")
}

/// The only commit whose id begins so.
fn abbreviated(objects: &Objects, digits: &str) -> Result<Oid, String> {
    let alike = objects.beginning_with(digits, ALIKE_MAX);
    let mut commits: Vec<Oid> = alike.iter().filter_map(|oid| commit_of(objects, *oid).ok()).collect();
    commits.sort_unstable();
    commits.dedup();
    match commits.as_slice() {
        [commit] => Ok(*commit),
        [] if alike.is_empty() => Err(absent()),
        [] => Err("names no commit".to_owned()),
        more => {
            let told: Vec<String> = more.iter().take(ALIKE_TOLD_MAX).map(ToString::to_string).collect();
            Err(format!(
                "is ambiguous: {} commits begin so ({}): write more digits",
                more.len(),
                told.join(", ")
            ))
        }
    }
}

/// The commit that an object is, through tags.
fn commit_of(objects: &Objects, oid: Oid) -> Result<Oid, String> {
    let mut at = oid;
    for _ in 0..PEEL_MAX {
        let n =
            objects.find(&at).ok_or_else(|| format!("names the object {at}, which is not here: {FETCH}"))?;
        match objects.kind(n) {
            Some(ObjectKind::Commit) => return Ok(at),
            Some(ObjectKind::Tag) => {}
            Some(_) => return Err("names no commit".to_owned()),
            None => return Err("names an object that cannot be read".to_owned()),
        }
        let bytes = objects.read(n).ok_or("names a tag that cannot be read")?;
        at = header(&bytes, b"object").next().ok_or("names a tag that cannot be read")?;
    }
    Err("is a tag of too many tags".to_owned())
}

/// Ids behind a key in the head of a commit or tag.
fn header<'b>(bytes: &'b [u8], key: &'b [u8]) -> impl Iterator<Item = Oid> + 'b {
    headers(bytes).filter(move |(of, _)| *of == key).filter_map(|(_, value)| Oid::from_hex(value))
}

/// Goes one step (`~2`, `^`, `^2`, `^{commit}`) on from a commit; gives what is left of the steps.
fn step<'t>(
    repository: &Repository,
    objects: &Objects,
    from: Oid,
    steps: &'t str,
) -> Result<(Oid, &'t str), String> {
    for peeled in ["^{}", "^{commit}", "^0"] {
        if let Some(rest) = steps.strip_prefix(peeled) {
            return Ok((from, rest));
        }
    }
    let digits = steps[1..].bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = steps[1..].split_at(digits);
    let wrong = || "ends in steps that are not known: ~, ~2, ^ and ^2 are".to_owned();
    if !(rest.is_empty() || rest.starts_with(['~', '^'])) {
        return Err(wrong());
    }
    let number: usize = if number.is_empty() { 1 } else { number.parse().map_err(|_| wrong())? };
    let (steps, nth) = if steps.starts_with('~') { (number, 1) } else { (1, number) };
    let mut at = from;
    for _ in 0..steps {
        let commit = objects
            .find(&at)
            .and_then(|n| objects.read(n))
            .ok_or("leads through a commit that cannot be read")?;
        at = match header(&commit, b"parent").nth(nth - 1) {
            Some(parent) if objects.find(&parent).is_some() => parent,
            Some(_) if repository.shallow().contains(&at) => {
                return Err(format!("lies beyond the end of a shallow clone: {FETCH}"));
            }
            Some(parent) => return Err(format!("leads to the commit {parent}, which is not here: {FETCH}")),
            None if nth > 1 => return Err(format!("asks for parent {nth} of a commit that has fewer")),
            None => return Err("goes back beyond the first commit".to_owned()),
        };
    }
    Ok((at, rest))
}
