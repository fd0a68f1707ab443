//! Values that stand inside of names: of files, jobs, variables, people. What a name holds is asked for when it leaves the
//! crate, so the answer comes from rules that know a vendor's shape, and from nothing that guesses; of what is assigned to a
//! telling word (`Authorization: Bearer …`, `api_key=…`) only a value that was surely drawn at random counts.

use tenure_model::{Confidence, Severity};

use super::{Anchor, Candidate, Engine, generic, language, settle};
use crate::rules::Rule;

/// Bytes of a token in a row without which no value stands in a name, signs of an address and an assignment aside.
const TOKEN_BYTES_MIN: usize = 12;
/// Bytes of a text from which on a reader may have cut it.
const CUT_BYTES_MIN: usize = 100;
/// Bytes behind an anchor, up to the end of a text that may be cut, that are taken for the beginning of a value.
const CUT_VALUE_BYTES_MIN: usize = 6;
/// And most of them: a longer rest is no name.
const CUT_VALUE_BYTES_MAX: usize = 4096;
/// Most separators of a name at which a value may end.
const ENDS_MAX: usize = 64;
/// Most anchors of a name that no value was found at, and that are looked at again: more is no name.
const GLUED_MAX: usize = 64;
/// Most addresses of a path that lost a slash.
const SLASHES_MAX: usize = 16;
/// Values around an anchor of which one may hold it or come from it.
const NEAR_MAX: usize = 4;

/// Values in a name.
#[derive(Debug, Default)]
pub(crate) struct Named {
    /// Values, in order of place.
    pub(crate) values: Vec<Candidate>,
    /// Where a value begins that the end of the text cut off, first byte; nobody can tell what it was.
    pub(crate) cut: Option<usize>,
    /// More beginnings of values than a name has: whether they are values was not asked.
    pub(crate) is_flood: bool,
}

impl Engine {
    /// Values of vendors' shapes, and passwords of addresses, in a text that is a name. In names a token is glued to what
    /// stands around it (`DEPLOY_ghp_…_OLD.yml`), so it may begin anywhere and end at any separator.
    ///
    /// A path keeps but one of two slashes, so an address is looked for as it was before it became one.
    pub(crate) fn values_in_name(&self, text: &[u8]) -> Named {
        let lost = lost_slashes(text);
        if lost.is_empty() {
            return self.values_as_written(text);
        }
        let mut whole = Vec::with_capacity(text.len() + lost.len());
        for (at, &byte) in text.iter().enumerate() {
            whole.extend(lost.binary_search(&at).ok().map(|_| b'/'));
            whole.push(byte);
        }
        let moved =
            |at: usize| at - lost.iter().enumerate().filter(|&(before, slash)| slash + before < at).count();
        #[allow(clippy::cast_possible_truncation)] // a name is short
        let placed = |at: u32| moved(at as usize) as u32;
        let mut named = self.values_as_written(&whole);
        for value in &mut named.values {
            (value.start, value.end, value.anchor.at) =
                (placed(value.start), placed(value.end), placed(value.anchor.at));
        }
        named.cut = named.cut.map(moved);
        named
    }

    fn values_as_written(&self, text: &[u8]) -> Named {
        let mut named = Named::default();
        if !may_hold_value(text) {
            return named;
        }
        let mut anchors = Vec::new();
        self.anchors(text, 0, text.len(), |anchor| {
            if self.literals.rules(self.literals.get(anchor.id)).iter().any(|&rule| self.is_sure(rule)) {
                anchors.push(anchor);
            }
        });
        anchors.sort_unstable();
        for &anchor in &anchors {
            self.take_value(text, anchor, &mut named.values);
        }
        if !self.take_assigned(text, &mut named.values) {
            named.is_flood = true;
            return named;
        }
        settle(&mut named.values);
        let waiting = outside(&anchors, &named.values);
        if waiting.len() > GLUED_MAX {
            named.is_flood = true;
            return named;
        }
        for &anchor in &waiting {
            self.take_glued(text, anchor, &mut named.values);
        }
        settle(&mut named.values);
        let waiting = outside(&waiting, &named.values);
        named.cut = waiting.into_iter().filter_map(|anchor| self.cut_off(text, anchor)).min();
        named
    }

    /// Values drawn at random that a name holds behind a telling word and its sign; false when there are more such words
    /// than a name has.
    fn take_assigned(&self, text: &[u8], out: &mut Vec<Candidate>) -> bool {
        let (first, mut asked) = (out.len(), 0);
        if memchr::memchr2(b'=', b':', text).is_some() {
            self.anchors(text, 0, text.len(), |anchor| {
                let literal = self.literals.get(anchor.id);
                asked += usize::from(literal.generic);
                if literal.generic && asked <= GLUED_MAX {
                    generic::evaluate(self, text, (anchor, literal.len), false, out);
                }
            });
        }
        let mut at = 0;
        out.retain(|found| {
            at += 1;
            let sure = found.found.drawn
                && found.found.severity >= Severity::High
                && found.found.confidence >= Confidence::Medium;
            at <= first || sure
        });
        asked <= GLUED_MAX
    }

    /// Whether the rule at this index knows its vendor's shape well enough to be asked of a name.
    fn is_sure(&self, index: u16) -> bool {
        let rule: &Rule = &self.rules.rules()[usize::from(index)];
        let spec = &rule.spec;
        let guesses = spec.near || spec.reads.is_some() || rule.imported || rule.is_path_bound();
        !guesses && !spec.public && rule.confidence >= Confidence::Medium
    }

    /// Asks the sure rules of an anchor.
    fn take_value(&self, text: &[u8], anchor: Anchor, out: &mut Vec<Candidate>) {
        let literal = self.literals.get(anchor.id);
        if literal.coding.is_some() {
            return self.evaluate(text, anchor, out);
        }
        for &index in self.literals.rules(literal) {
            if self.is_sure(index) && self.may_stand(text, anchor, usize::from(index)) {
                self.evaluate_rule(text, anchor, literal.len, usize::from(index), out);
            }
        }
    }

    /// Asks them again as if the value began a word at its anchor, and ended at one of the separators behind it.
    fn take_glued(&self, text: &[u8], anchor: Anchor, out: &mut Vec<Candidate>) {
        let (at, (before, after)) = (anchor.at as usize, self.window(anchor));
        let low = at.saturating_sub(before as usize + 1);
        let high = text.len().min(at + after as usize + 1);
        let mut window = text[low..high].to_vec();
        #[allow(clippy::cast_possible_truncation)] // a window is short
        let inside = Anchor { at: (at - low) as u32, id: anchor.id };
        if let Some(glued) = at.checked_sub(low + 1)
            && (window[glued] == b'_' || window[glued].is_ascii_alphanumeric())
        {
            window[glued] = b' ';
        }
        let first = out.len();
        let anchor_end = at - low + self.length(anchor) as usize;
        let ends = memchr::memchr3_iter(b'_', b'-', b'.', &window[anchor_end..]).take(ENDS_MAX);
        let mut ends: Vec<usize> = ends.map(|end| anchor_end + end).collect();
        ends.push(window.len());
        for &end in ends.iter().rev() {
            self.take_value(&window[..end], inside, out);
            if out.len() > first {
                break;
            }
        }
        for candidate in &mut out[first..] {
            candidate.anchor = anchor;
            #[allow(clippy::cast_possible_truncation)] // as above
            let moved = low as u32;
            (candidate.start, candidate.end) = (candidate.start + moved, candidate.end + moved);
        }
    }

    /// Where a value begins that the end of a long text cut off.
    fn cut_off(&self, text: &[u8], anchor: Anchor) -> Option<usize> {
        let literal = self.literals.get(anchor.id);
        let ends = text.strip_suffix("…".as_bytes()).unwrap_or(text);
        let rest = ends.get((anchor.at + literal.len) as usize..)?;
        let is_tokens = (CUT_VALUE_BYTES_MIN..=CUT_VALUE_BYTES_MAX).contains(&rest.len())
            && rest.iter().all(|&byte| is_token(byte));
        // `calico-kube-…`: a word that ends as a token begins.
        let at = anchor.at as usize;
        let is_word = at > 0 && text[at - 1].is_ascii_alphabetic() && language::random_bits(rest) <= 0.0;
        let has_shape = self.literals.rules(literal).iter().any(|&rule| {
            let spec = &self.rules.rules()[usize::from(rule)].spec;
            self.is_sure(rule) && !spec.anchors.is_empty()
        });
        (text.len() >= CUT_BYTES_MIN && is_tokens && has_shape && !is_word).then_some(anchor.at as usize)
    }
}

/// The slashes of `scheme:/host`, which stood there twice: their places, in order.
fn lost_slashes(text: &[u8]) -> Vec<usize> {
    let is_lost = |&at: &usize| {
        at >= 2
            && text[at - 1] == b':'
            && text[at - 2].is_ascii_alphanumeric()
            && text.get(at + 1).is_some_and(|&next| next != b'/')
    };
    memchr::memchr_iter(b'/', text).filter(is_lost).take(SLASHES_MAX).collect()
}

/// Anchors, in order, that lie in none of the values, which are in order, too.
fn outside(anchors: &[Anchor], values: &[Candidate]) -> Vec<Anchor> {
    let is_free = |anchor: &&Anchor| {
        let begun = values.partition_point(|value| value.start <= anchor.at);
        let near = &values[begun.saturating_sub(NEAR_MAX)..];
        // A word in front of a value leads to it without lying in it.
        !near
            .iter()
            .take(2 * NEAR_MAX)
            .any(|value| value.anchor.at == anchor.at || anchor.at < value.end && value.start <= anchor.at)
    };
    anchors.iter().filter(is_free).copied().collect()
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'.')
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
    fn an_address_in_a_path_has_lost_a_slash() {
        let password = ["v8Jq2LzR", "0tYw5Nc1"].concat();
        assert_eq!(values(&format!("keys/postgres:/app:{password}@db.acme.test.yml")), [password.as_str()]);
        assert_eq!(values(&format!("a:/b/https:/ops:{password}@git.acme.test/x:/y")), [password.as_str()]);
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
    fn a_key_id_is_a_name_and_the_secret_beside_it_is_none() {
        let id = ["AKIA", "Z7Q2MXKPTLW4NRYB"].concat();
        let secret = ["q9Zt/Lw3VxK8mN+rT2pY", "b7cD5fGh1JkQ4sWvX6e0"].concat();
        assert_eq!(values(&format!("deploy with {id}")), Vec::<String>::new());
        assert_eq!(values(&format!("deploy with {id}:{secret}")), [secret.as_str()]);
        assert_eq!(values(&format!("run AWS_SECRET_ACCESS_KEY={secret} make")), [secret.as_str()]);
    }

    #[test]
    fn a_text_that_is_nothing_but_beginnings_is_no_name() {
        let engine = Engine::new(RuleSet::embedded(), FingerprintKey::new([3; 32]));
        assert!(engine.values_in_name("ghp_xxxxxxxxx ".repeat(100_000).as_bytes()).is_flood);
        assert!(!engine.values_in_name("ghp_xxxxxxxxx ".repeat(10).as_bytes()).is_flood);
        let many = ["glpat", "-07v8Jq2LzRYw5Nc1kP7d "].concat().repeat(2_000);
        assert_eq!(engine.values_in_name(many.as_bytes()).values.len(), 2_000);
    }

    #[test]
    fn a_value_that_a_reader_cut_is_seen_at_the_end_of_its_text() {
        let engine = Engine::new(RuleSet::embedded(), FingerprintKey::new([3; 32]));
        let text = format!("{} ghp_Qw8LzR0tYw5", "a message ".repeat(12));
        assert_eq!(engine.values_in_name(text.as_bytes()).cut, Some(text.len() - 15));
        assert_eq!(engine.values_in_name(b"a short one: ghp_Qw8LzR0tYw5").cut, None);
        let words = format!("{}system:calico-kube-controllers", "a:".repeat(60));
        assert_eq!(engine.values_in_name(words.as_bytes()).cut, None);
    }
}
