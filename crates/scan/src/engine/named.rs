//! Values that stand inside of names: of files, jobs, variables, people. What a name holds is asked for when it leaves the
//! crate, so the answer comes from rules that know a vendor's shape, and from nothing that guesses.

use tenure_model::Confidence;

use super::{Anchor, Candidate, Engine, settle};
use crate::rules::Rule;

/// Bytes of a token in a row without which no value stands in a name, signs of an address and an assignment aside.
const TOKEN_BYTES_MIN: usize = 12;
/// Bytes of a text from which on a reader may have cut it.
const CUT_BYTES_MIN: usize = 100;
/// Bytes behind an anchor, up to the end of a text that may be cut, that are taken for the beginning of a value.
const CUT_VALUE_BYTES_MIN: usize = 6;
/// Most separators of a name at which a value may end.
const ENDS_MAX: usize = 64;

/// Values in a name.
#[derive(Debug, Default)]
pub(crate) struct Named {
    /// Values, in order of place.
    pub(crate) values: Vec<Candidate>,
    /// Where a value begins that the end of the text cut off, first byte; nobody can tell what it was.
    pub(crate) cut: Option<usize>,
}

impl Engine {
    /// Values of vendors' shapes, and passwords of addresses, in a text that is a name. In names a token is glued to what
    /// stands around it (`DEPLOY_ghp_…_OLD.yml`), so it may begin anywhere and end at any separator.
    pub(crate) fn values_in_name(&self, text: &[u8]) -> Named {
        let mut named = Named::default();
        if !may_hold_value(text) {
            return named;
        }
        let mut waiting = Vec::new();
        self.anchors(text, 0, text.len(), |anchor| {
            if self.literals[usize::from(anchor.id)].rules.iter().any(|&rule| self.is_sure(rule)) {
                waiting.push(anchor);
            }
        });
        self.take_values(text, &mut waiting, &mut named.values);
        if !waiting.is_empty() {
            let mut detached = text.to_vec();
            detach(&mut detached, &waiting);
            self.take_values(&detached, &mut waiting, &mut named.values);
            for end in ends(&detached) {
                if waiting.iter().all(|anchor| anchor.at as usize >= end) {
                    break;
                }
                self.take_values(&detached[..end], &mut waiting, &mut named.values);
            }
        }
        settle(&mut named.values);
        named.cut = waiting.iter().filter_map(|&anchor| self.cut_off(text, anchor)).min();
        named
    }

    /// Whether the rule at this index knows its vendor's shape well enough to be asked of a name.
    fn is_sure(&self, index: u16) -> bool {
        let rule: &Rule = &self.rules.rules()[usize::from(index)];
        let spec = &rule.spec;
        let guesses = spec.near || spec.reads.is_some() || rule.imported || rule.is_path_bound();
        !guesses && !spec.public && rule.confidence >= Confidence::Medium
    }

    /// Asks the sure rules of each anchor; anchors that lie in a value need not be asked again.
    fn take_values(&self, text: &[u8], waiting: &mut Vec<Anchor>, out: &mut Vec<Candidate>) {
        let fits = |anchor: &&Anchor| (anchor.at + self.length(**anchor)) as usize <= text.len();
        for &anchor in waiting.iter().filter(fits) {
            let literal = &self.literals[usize::from(anchor.id)];
            if literal.coding.is_some() {
                self.evaluate(text, anchor, out);
                continue;
            }
            for &index in &literal.rules {
                if self.is_sure(index) && self.may_stand(text, anchor, usize::from(index)) {
                    self.evaluate_rule(text, anchor, literal.len, usize::from(index), out);
                }
            }
        }
        waiting.retain(|anchor| !out.iter().any(|c| c.anchor.at == anchor.at || holds(c, anchor.at)));
    }

    /// Where a value begins that the end of a long text cut off.
    fn cut_off(&self, text: &[u8], anchor: Anchor) -> Option<usize> {
        let literal = &self.literals[usize::from(anchor.id)];
        let ends = text.strip_suffix("…".as_bytes()).unwrap_or(text);
        let rest = ends.get((anchor.at + literal.len) as usize..)?;
        let is_tokens = rest.len() >= CUT_VALUE_BYTES_MIN && rest.iter().all(|&byte| is_token(byte));
        let has_shape = literal.rules.iter().any(|&rule| {
            let spec = &self.rules.rules()[usize::from(rule)].spec;
            self.is_sure(rule) && !spec.anchors.is_empty()
        });
        (text.len() >= CUT_BYTES_MIN && is_tokens && has_shape).then_some(anchor.at as usize)
    }
}

fn holds(candidate: &Candidate, at: u32) -> bool {
    (candidate.start..candidate.end).contains(&at)
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'.')
}

/// Parts each anchor from a word that it is glued to.
fn detach(text: &mut [u8], waiting: &[Anchor]) {
    for anchor in waiting {
        if let Some(before) = (anchor.at as usize).checked_sub(1)
            && (text[before] == b'_' || text[before].is_ascii_alphanumeric())
        {
            text[before] = b' ';
        }
    }
}

/// Where a value may end that something is glued to, the furthest first.
fn ends(text: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memrchr3_iter(b'_', b'-', b'.', text).take(ENDS_MAX)
}

/// A look at the bytes: most names are words, and hold no row of bytes that is long enough for a token, no address with a
/// login, and no assignment.
fn may_hold_value(text: &[u8]) -> bool {
    if text.len() < TOKEN_BYTES_MIN {
        return false;
    }
    let mut run = 0;
    for &byte in text {
        run = if is_token(byte) && byte != b'.' { run + 1 } else { 0 };
        if run >= TOKEN_BYTES_MIN || byte == b'@' || byte == b'=' {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use tenure_model::FingerprintKey;

    use super::*;
    use crate::rules::RuleSet;

    fn values(text: &str) -> Vec<String> {
        let engine = Engine::new(RuleSet::embedded(), FingerprintKey::new([3; 32]));
        let named = engine.values_in_name(text.as_bytes());
        named.values.iter().map(|c| text[c.start as usize..c.end as usize].to_owned()).collect()
    }

    #[test]
    fn a_token_is_found_however_it_is_glued_to_a_name() {
        let token = ["ghp_", "Qw8LzR0tYw5Nc1kP7dX3mB9vJ2sHgT", "1SupTL"].concat();
        let fixed = ["glpat", "-07v8Jq2LzRYw5Nc1kP7d"].concat();
        let jwt = [
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJidWlsZC00MiIsImlhdCI6MTcwMDAwMDAwMH0.",
            "_HkOKYpowWOTJHBZ7ViH16PFnbSOC37paNPiEyFdASf",
        ]
        .concat();
        for (value, name) in [
            (&token, token.clone()),
            (&token, format!("keys/{token}/main.tf")),
            (&token, format!("DEPLOY_{token}")),
            (&token, format!("DEPLOY_{token}_OLD")),
            (&token, format!("gitlab:acme/shop:project:{token}#build")),
            (&token, format!("x{token}.txt")),
            (&fixed, format!("keys/{fixed}.yml")),
            (&fixed, format!("DEPLOY_{fixed}-old_2.yml")),
            (&jwt, format!("TOKEN_{jwt}")),
        ] {
            assert_eq!(values(&name), [value.as_str()], "{name}");
        }
        assert_eq!(values("https://deploy:v8Jq2LzR0tYw5Nc1@git.acme.test/x"), ["v8Jq2LzR0tYw5Nc1"]);
    }

    #[test]
    fn names_of_ordinary_things_hold_nothing() {
        for name in [
            "crates/scan/src/engine/anchors.rs",
            "AWS_SECRET_ACCESS_KEY_PRODUCTION",
            "arn:aws:iam::123456789012:role/github-actions-deployer",
            "https://deploy@git.acme.test/shop.git",
            "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683",
            "Release Team <release@acme.test>",
        ] {
            assert_eq!(values(name), Vec::<String>::new(), "{name}");
        }
    }

    #[test]
    fn a_value_that_a_reader_cut_is_seen_at_the_end_of_its_text() {
        let engine = Engine::new(RuleSet::embedded(), FingerprintKey::new([3; 32]));
        let text = format!("{} ghp_Qw8LzR0tYw5", "a message ".repeat(12));
        assert_eq!(engine.values_in_name(text.as_bytes()).cut, Some(text.len() - 15));
        assert_eq!(engine.values_in_name(b"a short one: ghp_Qw8LzR0tYw5").cut, None);
    }
}
