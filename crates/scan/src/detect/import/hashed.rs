//! Values that a report knows by their SHA-1 alone, looked for in the file that it names.

use std::collections::HashMap;

use super::clear::Clear;

/// Files that are looked into for one report; what lies beyond is taken as the report tells it.
pub(super) const FILES_MAX: usize = 2_000;
/// Longest value that is hashed, bytes.
const VALUE_BYTES_MAX: usize = 4 << 10;

/// A value that has a hash of the report.
pub(super) struct Held {
    /// From 1.
    pub(super) line: u32,
    pub(super) value: Clear,
    /// The line in which it stands.
    pub(super) context: Clear,
}

/// What one file holds of the values with these hashes, and how many lines it has.
pub(super) struct Holdings {
    held: HashMap<String, Vec<Held>>,
    pub(super) lines: u32,
}

impl Holdings {
    /// Of a file's text, for hashes in lower-case hex. Each word, quoted text and rest of a line is hashed once.
    pub(super) fn of(text: &str, hashes: &[String]) -> Holdings {
        let mut held: HashMap<String, Vec<Held>> =
            hashes.iter().map(|hash| (hash.clone(), Vec::new())).collect();
        let mut lines = 0;
        for line in text.lines() {
            lines += 1;
            for value in values(line) {
                let Some(hash) = sha1(value) else { continue };
                if let Some(places) = held.get_mut(&hash) {
                    places.push(Held { line: lines, value: Clear::new(value), context: Clear::new(line) });
                }
            }
        }
        Holdings { held, lines }
    }

    /// The value with this hash that stands nearest to a line.
    pub(super) fn nearest(&self, hash: &str, line: u32) -> Option<&Held> {
        self.held.get(hash)?.iter().min_by_key(|held| held.line.abs_diff(line))
    }
}

/// What may be a value on a line: what stands in quotes, between signs, or behind the first sign that assigns.
fn values(line: &str) -> impl Iterator<Item = &str> {
    let quoted = line.split(['"', '\'', '`']);
    let words = line.split(|c: char| c.is_whitespace() || "\"'`=,;:<>()[]{}@&".contains(c));
    let rest = line.split_once(['=', ':']).map(|(_, rest)| rest.trim());
    quoted.chain(words).chain(rest).filter(|value| (1..=VALUE_BYTES_MAX).contains(&value.len()))
}

fn sha1(value: &str) -> Option<String> {
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    hasher.update(value.as_bytes());
    // It refuses only what was made to collide.
    hasher.try_finalize().ok().map(|id| id.to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_its_hash_nearest_to_its_line() {
        let text = "A = \"apple\"\n\nB: pear\nurl=http://reader:apple@host\n";
        let (apple, pear) = (sha1("apple").unwrap(), sha1("pear").unwrap());
        assert_eq!(apple, "d0be2dc421be4fcd0172e5afceea3970e2f3d940");
        let holdings = Holdings::of(text, &[apple.clone(), pear.clone()]);
        let line = |hash: &str, line| holdings.nearest(hash, line).map(|held| held.line);
        assert_eq!((line(&apple, 1), line(&apple, 9), line(&pear, 1)), (Some(1), Some(4), Some(3)));
        assert_eq!(line(&sha1("plum").unwrap(), 1), None);
        assert_eq!(holdings.lines, 4);
    }
}
