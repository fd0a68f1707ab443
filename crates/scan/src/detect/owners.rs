//! CODEOWNERS in GitHub's reading: each rule with its line, in the order of the file.
//!
//! GitHub uses the first of `.github/`, the root and `docs/` that has such a file, and the last rule that
//! matches a path. Both choices need more than one file or line, so they are the inventory's.

use tenure_model::{FingerprintKey, Observation, OwnerRule, ReadState, Unread};

use super::text::counted;
use super::witness::Witness;
use super::{Blob, Detector, Look, Reading, Unreadable, text};

/// Every reader of ownership.
pub(super) const READERS: &[&dyn Detector] = &[&Codeowners];

/// Where GitHub looks, best first.
const LOCATIONS: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];
/// GitHub ignores a larger file.
const CODEOWNERS_BYTES_MAX: usize = 3 << 20;

struct Codeowners;

impl Detector for Codeowners {
    fn name(&self) -> &'static str {
        "codeowners"
    }

    fn describe(&self) -> &'static str {
        "CODEOWNERS: which person or team answers for which paths"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        LOCATIONS.contains(&blob.path_in_repository())
    }

    fn read(&self, blob: &Blob<'_>, _key: &FingerprintKey) -> Reading {
        if blob.bytes.len() > CODEOWNERS_BYTES_MAX {
            let mut witness = Witness::new(blob, self.name());
            witness.observe(Observation::Unread(Unread {
                path: blob.path.to_owned(),
                state: ReadState::Skipped,
                reason: "codeowners_too_large".to_owned(),
                detail: "GitHub ignores a CODEOWNERS file above 3 MB".to_owned(),
            }));
            return witness.done(None);
        }
        let Some(text) = text::decode(blob.bytes) else {
            return Reading::failed("not_text", "CODEOWNERS is not UTF-8 text");
        };
        let mut witness = Witness::new(blob, self.name());
        let mut invalid: Vec<usize> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            match rule(line) {
                Line::Nothing => {}
                Line::Invalid => invalid.push(index + 1),
                Line::Rule { pattern, owners } => witness.observe(Observation::OwnerRule(OwnerRule {
                    root: blob.root.to_owned(),
                    base: blob.base.to_owned(),
                    path: blob.path.to_owned(),
                    line: u32::try_from(index + 1).unwrap_or(u32::MAX),
                    pattern: pattern.to_owned(),
                    owners: owners.into_iter().map(str::to_owned).collect(),
                })),
            }
        }
        witness.done(invalid.first().map(|first| Unreadable {
            reason: "codeowners_line_invalid",
            detail: format!(
                "{} not valid in GitHub's reading, the first at line {first}",
                counted(invalid.len(), "line is", "lines are")
            ),
        }))
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Line<'t> {
    Nothing,
    Invalid,
    Rule { pattern: &'t str, owners: Vec<&'t str> },
}

fn rule(line: &str) -> Line<'_> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Line::Nothing;
    }
    let (pattern, rest) = line.split_at(end_of_pattern(line));
    // Negation and character ranges work in .gitignore, not here.
    if pattern.starts_with('!') || has_unescaped_bracket(pattern) {
        return Line::Invalid;
    }
    let owners: Vec<&str> = rest.split_whitespace().take_while(|word| !word.starts_with('#')).collect();
    if owners.iter().any(|owner| !is_owner(owner)) {
        return Line::Invalid;
    }
    Line::Rule { pattern, owners }
}

/// Byte offset of the first white space that no backslash escapes.
fn end_of_pattern(line: &str) -> usize {
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        if c.is_whitespace() && !escaped {
            return at;
        }
        escaped = c == '\\' && !escaped;
    }
    line.len()
}

fn has_unescaped_bracket(pattern: &str) -> bool {
    let mut escaped = false;
    pattern.chars().any(|c| {
        let open = c == '[' && !escaped;
        escaped = c == '\\' && !escaped;
        open
    })
}

/// `@user`, `@org/team` or a mail address.
fn is_owner(word: &str) -> bool {
    match word.split_once('@') {
        Some(("", name)) => !name.is_empty() && !name.contains('@'),
        Some((_, domain)) => !domain.is_empty() && !domain.contains('@'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_github_reads_them() {
        let of = |pattern, owners: &[&'static str]| Line::Rule { pattern, owners: owners.to_vec() };
        for (line, expected) in [
            ("", Line::Nothing),
            ("  # everything", Line::Nothing),
            ("* @acme/platform", of("*", &["@acme/platform"])),
            (
                "/deploy/ @platform-lead ops@example.test # on call",
                of("/deploy/", &["@platform-lead", "ops@example.test"]),
            ),
            (r"/docs\ old/ @platform-lead", of(r"/docs\ old/", &["@platform-lead"])),
            (r"\#notes @platform-lead", of(r"\#notes", &["@platform-lead"])),
            ("/vendor/", of("/vendor/", &[])),
            ("/vendor/ # nobody", of("/vendor/", &[])),
            ("!/vendor/ @platform-lead", Line::Invalid),
            ("[Docs] @platform-lead", Line::Invalid),
            ("*.[ch] @platform-lead", Line::Invalid),
            ("* platform-lead", Line::Invalid),
        ] {
            assert_eq!(rule(line), expected, "{line}");
        }
    }
}
