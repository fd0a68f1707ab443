//! Which literals every match of a pattern holds: what the engine needs to look for before it asks a regex.
//!
//! A pattern is cut at each of its parts, and the literals that what follows begins with are candidates; so are those
//! of a branch, when every branch has some. Letters that may have either case become one word in any case.

use std::collections::BTreeSet;

use regex_syntax::hir::literal::{ExtractKind, Extractor};
use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir, HirKind, Repetition};

/// Shortest literal that is worth looking for.
pub(crate) const LITERAL_BYTES_MIN: usize = 3;
/// Longest literal that is looked for; a longer one is cut.
const LITERAL_BYTES_MAX: usize = 24;
/// Most literals of one pattern.
pub(crate) const LITERALS_MAX: usize = 64;
/// Parts of one pattern at which it is cut; later parts are not tried.
const PARTS_MAX: usize = 256;
/// Parts that are looked at together from one cut on.
const PARTS_AHEAD: usize = 12;
/// Most branches of one choice that are looked into.
const BRANCHES_MAX: usize = 128;
/// Branches inside branches that are looked into.
const BRANCHES_DEEP_MAX: usize = 8;

/// Literals one of which lies inside every match of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Required {
    /// The literals; lower-case where any case will do.
    pub(crate) literals: Vec<String>,
    /// Whether upper and lower case are the same.
    pub(crate) any_case: bool,
    /// Most bytes of a match before the literal; `None` = any number.
    pub(crate) before: Option<usize>,
    /// Most bytes of a match from the literal's start on; `None` = any number.
    pub(crate) after: Option<usize>,
}

impl Required {
    /// The best literals of a pattern, if it has any.
    pub(crate) fn of(hir: &Hir) -> Option<Required> {
        best(hir, BRANCHES_DEEP_MAX)
    }

    /// How good they are: worth looking for, at a known distance.
    fn worth(&self) -> i64 {
        let near = if self.before.is_some() { 0 } else { -16 };
        worth(&self.literals) - i64::from(self.any_case) + near
    }
}

/// How good literals are: long and few, and not punctuation alone.
fn worth(literals: &[String]) -> i64 {
    let total: usize = literals.iter().map(|text| text.len().min(10)).sum();
    let length = 4 * total / literals.len().max(1);
    let plain = literals.iter().all(|text| text.bytes().any(|b| b.is_ascii_alphanumeric()));
    let count = i64::from(usize::BITS - literals.len().leading_zeros());
    i64::try_from(length).unwrap_or(0) - count * 3 + if plain { 0 } else { -12 }
}

fn best(hir: &Hir, deep: usize) -> Option<Required> {
    let parts = parts(hir);
    let mut found: Option<Required> = None;
    let mut before = Some(0usize);
    for (index, part) in parts.iter().enumerate().take(PARTS_MAX) {
        if matches!(part.kind(), HirKind::Look(_)) {
            continue; // nothing is lost: the next cut is at the same place
        }
        let ahead = &parts[index..parts.len().min(index + PARTS_AHEAD)];
        let rest = || parts[index + 1..].iter().try_fold(0usize, |sum, part| add(sum, length(part)));
        let after = || rest().and_then(|rest| add(rest, length(part)));
        let here = begins_with(ahead).into_iter().map(|(literals, any_case)| Required {
            literals,
            any_case,
            before,
            after: after(),
        });
        let inside = (deep > 0).then(|| branches(part, deep - 1)).flatten().map(|inner| Required {
            before: before.and_then(|before| add(before, inner.before)),
            after: rest().and_then(|rest| add(rest, inner.after)),
            ..inner
        });
        for candidate in here.chain(inside) {
            if found.as_ref().is_none_or(|found| candidate.worth() > found.worth()) {
                found = Some(candidate);
            }
        }
        before = before.and_then(|before| add(before, length(part)));
    }
    found
}

fn add(sum: usize, more: Option<usize>) -> Option<usize> {
    more.map(|more| sum.saturating_add(more))
}

fn length(hir: &Hir) -> Option<usize> {
    hir.properties().maximum_len()
}

/// A pattern's parts in their order, groups opened.
fn parts(hir: &Hir) -> Vec<&Hir> {
    let mut parts = Vec::new();
    let mut open = vec![hir];
    while let Some(hir) = open.pop() {
        match hir.kind() {
            HirKind::Capture(group) => open.push(&group.sub),
            HirKind::Concat(subs) => open.extend(subs.iter().rev()),
            _ => parts.push(hir),
        }
    }
    parts
}

/// The literals inside a part that is a choice or repeats at least once.
fn branches(part: &Hir, deep: usize) -> Option<Required> {
    match part.kind() {
        HirKind::Repetition(Repetition { min: 1.., sub, .. }) => {
            // The first turn holds the literal; how many turns follow is the part's own business.
            best(sub, deep).map(|inner| Required { after: length(part), ..inner })
        }
        HirKind::Alternation(branches) if branches.len() <= BRANCHES_MAX => {
            let all: Option<Vec<Required>> = branches.iter().map(|branch| best(branch, deep)).collect();
            union(all?)
        }
        _ => None,
    }
}

fn union(all: Vec<Required>) -> Option<Required> {
    let any_case = all.iter().any(|one| one.any_case);
    let largest = |length: fn(&Required) -> Option<usize>| {
        all.iter().map(length).collect::<Option<Vec<usize>>>().and_then(|all| all.into_iter().max())
    };
    let (before, after) = (largest(|one| one.before), largest(|one| one.after));
    let literals: Vec<String> = all.into_iter().flat_map(|one| one.literals).collect();
    let literals = usable(&literals, any_case)?;
    Some(Required { literals, any_case, before, after })
}

/// What a run of parts begins with: as it is written, and in any case.
fn begins_with(parts: &[&Hir]) -> Vec<(Vec<String>, bool)> {
    let exact = Hir::concat(parts.iter().map(|&part| part.clone()).collect());
    let folded = Hir::concat(parts.iter().map(|part| fold(part)).collect());
    [(exact, false), (folded, true)]
        .into_iter()
        .filter_map(|(hir, any_case)| {
            let mut extractor = Extractor::new();
            let seq = extractor.kind(ExtractKind::Prefix).limit_total(2 * LITERALS_MAX).extract(&hir);
            let texts: Option<Vec<String>> = seq
                .literals()?
                .iter()
                .map(|literal| std::str::from_utf8(literal.as_bytes()).ok().map(str::to_owned))
                .collect();
            Some((usable(&texts?, any_case)?, any_case))
        })
        .collect()
}

/// Makes literals unique, and cuts their ends where that leaves few good ones; none when they are too short or many.
fn usable(literals: &[String], any_case: bool) -> Option<Vec<String>> {
    let longest = literals.iter().map(String::len).max()?.min(LITERAL_BYTES_MAX);
    if literals.iter().any(|text| text.len() < LITERAL_BYTES_MIN) {
        return None;
    }
    let cut = |length: usize| -> Vec<String> {
        let cut: BTreeSet<String> = literals
            .iter()
            .map(|text| {
                let mut end = length.min(text.len());
                while !text.is_char_boundary(end) {
                    end -= 1;
                }
                if any_case { text[..end].to_ascii_lowercase() } else { text[..end].to_owned() }
            })
            .collect();
        // Of `abc` and `abcd` the first is enough.
        let mut kept: Vec<String> = Vec::new();
        for text in cut {
            if kept.last().is_none_or(|last| !text.starts_with(last.as_str())) {
                kept.push(text);
            }
        }
        kept
    };
    (LITERAL_BYTES_MIN..=longest)
        .rev()
        .map(cut)
        .filter(|set| !set.is_empty() && set.len() <= LITERALS_MAX)
        .filter(|set| set.iter().all(|text| is_worth_looking_for(text)))
        .reduce(|best, set| if worth(&set) > worth(&best) { set } else { best })
}

/// Long enough, and not the same byte or white space over and over.
pub(crate) fn is_worth_looking_for(text: &str) -> bool {
    let distinct: BTreeSet<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    text.len() >= LITERAL_BYTES_MIN && distinct.len() >= 2
}

/// The same pattern over lower-case text.
fn fold(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) => Hir::literal(literal.0.to_ascii_lowercase()),
        HirKind::Class(class) => Hir::class(fold_class(class)),
        HirKind::Look(look) => Hir::look(*look),
        HirKind::Repetition(repetition) => {
            Hir::repetition(Repetition { sub: Box::new(fold(&repetition.sub)), ..repetition.clone() })
        }
        HirKind::Capture(group) => fold(&group.sub),
        HirKind::Concat(subs) => Hir::concat(subs.iter().map(fold).collect()),
        HirKind::Alternation(subs) => Hir::alternation(subs.iter().map(fold).collect()),
    }
}

fn fold_class(class: &Class) -> Class {
    let Some(bytes) = (match class {
        Class::Bytes(bytes) => Some(bytes.clone()),
        Class::Unicode(chars) => chars.to_byte_class(),
    }) else {
        return class.clone();
    };
    let mut folded = ClassBytes::empty();
    for range in bytes.ranges() {
        // Upper-case letters in a range move down; everything else stays.
        for (low, high) in [(0, b'@'), (b'A', b'Z'), (b'[', 0xff)] {
            let (start, end) = (range.start().max(low), range.end().min(high));
            if start <= end {
                let down = if low == b'A' { 32 } else { 0 };
                folded.push(ClassBytesRange::new(start + down, end + down));
            }
        }
    }
    Class::Bytes(folded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex_syntax::ParserBuilder;

    use super::*;

    fn required(pattern: &str) -> Option<Required> {
        let hir = ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).unwrap();
        Required::of(&hir)
    }

    fn literals(pattern: &str) -> Vec<String> {
        required(pattern).map(|required| required.literals).unwrap_or_default()
    }

    #[test]
    fn a_prefix_is_the_anchor() {
        let found = required(r"\b(acme_live_[0-9a-f]{8})\b").unwrap();
        assert_eq!(found.literals, ["acme_live_"]);
        assert!(!found.any_case);
        assert_eq!((found.before, found.after), (Some(0), Some(18)));
    }

    #[test]
    fn a_literal_in_the_middle_knows_how_far_the_match_reaches() {
        let found = required(r"[a-z]{2,4}-acme-[0-9]+").unwrap();
        assert_eq!(found.literals, ["-acme-"]);
        assert_eq!((found.before, found.after), (Some(4), None));
    }

    #[test]
    fn letters_of_either_case_are_one_word() {
        let found = required(r"(?i)[\w.-]{0,50}?(?:acme)[\s'=]{0,3}([0-9a-z]{32})").unwrap();
        assert_eq!(found.literals, ["acme"]);
        assert!(found.any_case);
        assert_eq!((found.before, found.after), (Some(50), Some(39)));
    }

    #[test]
    fn every_branch_has_to_bring_one() {
        assert_eq!(literals("(?:alpha|beta|gamma)[0-9]+"), ["alpha", "beta", "gamma"]);
        assert_eq!(literals("[0-9]{4}(?:x-alpha[0-9]|[0-9]y-beta)"), ["x-alpha", "y-beta"]);
        assert_eq!(required("[0-9]{4}(?:x-alpha[0-9]|[0-9]y-beta)").unwrap().before, Some(5));
        assert!(required("alpha|[0-9]+").is_none());
        assert_eq!(literals("gh[pous]_[a-z]{4}"), ["gho_", "ghp_", "ghs_", "ghu_"]);
    }

    #[test]
    fn what_may_be_missing_is_not_required() {
        assert!(required("(?:alpha)?[0-9]{3}").is_none());
        assert!(required("(?:alpha)*[0-9]{3}").is_none());
        assert_eq!(literals("(?:alpha[0-9])+"), ["alpha"]);
        assert_eq!(required("(?:[0-9]alpha)+").unwrap().before, Some(1));
        assert!(required("[0-9a-f]{32}").is_none());
        assert!(required("ab[0-9a-z]+").is_none(), "two bytes are too few");
        assert!(required("   +x").is_none(), "white space is everywhere");
    }

    #[test]
    fn the_longer_and_rarer_literal_wins() {
        assert_eq!(literals("(?:key|token)[^:]{0,5}acme_prod_[a-z]{4}"), ["acme_prod_"]);
        assert_eq!(literals("[a-z]+://[a-z]+@db\\.acme\\.test"), ["@db.acme.test"]);
    }

    #[test]
    fn too_many_literals_are_cut_until_they_are_few() {
        let found = required("abc[0-9][0-9][0-9]x").unwrap();
        assert!(found.literals.len() <= LITERALS_MAX, "{found:?}");
        assert!(found.literals.iter().all(|text| text.starts_with("abc")));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn every_match_holds_a_required_literal_where_it_says(
            pattern in "(\\(\\?i\\))?([abc]{1,4}|\\[abc\\]|\\[A-C\\]\\{1,2\\}|\\(ab\\|cab\\)|\\(\\?:abc\\|b\\[ab\\]c\\)\\+|a\\?|\\(bc\\)\\*|c\\+){1,6}",
            text in "[abcABC]{0,40}",
        ) {
            let hir = ParserBuilder::new().unicode(false).utf8(false).build().parse(&pattern).unwrap();
            let regex = regex::bytes::RegexBuilder::new(&pattern).unicode(false).build().unwrap();
            if let Some(required) = Required::of(&hir) {
                for found in regex.find_iter(text.as_bytes()) {
                    let mut seen = String::from_utf8(found.as_bytes().to_vec()).unwrap();
                    if required.any_case {
                        seen.make_ascii_lowercase();
                    }
                    let fits = required.literals.iter().any(|literal| {
                        // `match_indices` would leave out one that overlaps another.
                        (0..seen.len()).filter(|&at| seen[at..].starts_with(literal.as_str())).any(|at| {
                            required.before.is_none_or(|before| at <= before)
                                && required.after.is_none_or(|after| seen.len() - at <= after)
                        })
                    });
                    prop_assert!(fits, "{pattern} {seen} {required:?}");
                }
            }
        }
    }
}
