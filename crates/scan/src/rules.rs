//! Detection rules: data from `rules/secrets/*.toml`, made ready to run.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};
use tenure_model::{Confidence, Severity};

use crate::engine::checksum::Checksum;

mod check;
mod spec;

pub use check::{RuleProblem, check};
pub use spec::{RuleFile, RuleSpec, ServiceSpec, join_halves};

/// Longest window that a rule may ask for after its anchor, bytes.
pub const WINDOW_BYTES_MAX: u32 = 8192;
/// Longest window that a rule may ask for before its anchor, bytes.
pub const LEAD_BYTES_MAX: u32 = 1024;
/// Shortest anchor or word, bytes.
pub const ANCHOR_BYTES_MIN: usize = 3;
/// A pattern that compiles to more than this is refused.
const PATTERN_BYTES_MAX: usize = 4 << 20;

static EMBEDDED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.json"));

/// A rule that the engine can run.
#[derive(Debug)]
pub struct Rule {
    /// The data it was made from.
    pub spec: RuleSpec,
    /// Vendor as people write it.
    pub vendor: String,
    /// Provider word for identities.
    pub provider: String,
    /// Severity of a real one.
    pub severity: Severity,
    /// Confidence of a match.
    pub confidence: Confidence,
    /// Checksum to hold.
    pub(crate) checksum: Option<Checksum>,
    pattern: OnceLock<Regex>,
    reject: OnceLock<Vec<Regex>>,
    files: OnceLock<Option<globset::GlobSet>>,
}

/// Why a rule cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// The rules are not valid JSON or TOML of the right shape.
    #[error("the rules cannot be read: {0}")]
    Format(String),
    /// A field has a value that means nothing.
    #[error("rule {id}: {problem}")]
    Field {
        /// The rule.
        id: String,
        /// What is wrong.
        problem: String,
    },
}

impl Rule {
    fn new(spec: RuleSpec, vendor: &str, provider: &str) -> Result<Rule, RuleError> {
        let wrong = |problem: String| RuleError::Field { id: spec.id.clone(), problem };
        let severity = Severity::ALL
            .into_iter()
            .find(|s| s.word() == spec.severity)
            .ok_or_else(|| wrong(format!("unknown severity `{}`", spec.severity)))?;
        let confidence = [Confidence::Low, Confidence::Medium, Confidence::High]
            .into_iter()
            .find(|c| c.word() == spec.confidence)
            .ok_or_else(|| wrong(format!("unknown confidence `{}`", spec.confidence)))?;
        let checksum = match &spec.checksum {
            None => None,
            Some(name) => {
                Some(Checksum::named(name).ok_or_else(|| wrong(format!("unknown checksum `{name}`")))?)
            }
        };
        if spec.anchors.is_empty() == spec.words.is_empty() {
            return Err(wrong("needs either `anchors` or `words`".to_owned()));
        }
        if spec.anchors.iter().chain(&spec.words).any(|text| text.len() < ANCHOR_BYTES_MIN) {
            return Err(wrong(format!("an anchor or word has at least {ANCHOR_BYTES_MIN} bytes")));
        }
        if spec.after > WINDOW_BYTES_MAX || spec.before > LEAD_BYTES_MAX {
            return Err(wrong(format!("window larger than {LEAD_BYTES_MAX}+{WINDOW_BYTES_MAX} bytes")));
        }
        Ok(Rule {
            vendor: vendor.to_owned(),
            provider: provider.to_owned(),
            severity,
            confidence,
            checksum,
            pattern: OnceLock::new(),
            reject: OnceLock::new(),
            files: OnceLock::new(),
            spec,
        })
    }

    /// The pattern, compiled at first use: a scan that never meets an anchor never pays for it.
    pub(crate) fn pattern(&self) -> &Regex {
        self.pattern
            .get_or_init(|| compile(&self.spec.pattern).expect("rules are checked before they are used"))
    }

    /// Whether the value is one of the rule's own placeholders.
    pub(crate) fn rejects(&self, value: &[u8]) -> bool {
        self.reject
            .get_or_init(|| self.spec.reject.iter().filter_map(|text| compile(text).ok()).collect())
            .iter()
            .any(|regex| regex.is_match(value))
    }

    /// Whether the rule speaks about this path at all.
    pub(crate) fn applies_to(&self, path: &str) -> bool {
        self.files
            .get_or_init(|| {
                if self.spec.files.is_empty() {
                    return None;
                }
                let mut set = globset::GlobSetBuilder::new();
                for text in &self.spec.files {
                    set.add(globset::Glob::new(text).ok()?);
                }
                set.build().ok()
            })
            .as_ref()
            .is_none_or(|set| set.is_match(path))
    }
}

/// Compiles a rule's pattern: bytes, ASCII classes, bounded size.
pub(crate) fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).unicode(false).size_limit(PATTERN_BYTES_MAX).build()
}

/// All rules of a scan, in a stable order.
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<Rule>,
    hash: String,
}

impl RuleSet {
    /// The rules that the binary carries.
    ///
    /// # Panics
    /// Never in a build that passed its tests: `build.rs` and the tests check every embedded rule.
    pub fn embedded() -> RuleSet {
        let files: Vec<RuleFile> =
            serde_json::from_slice(EMBEDDED).expect("build.rs wrote the embedded rules");
        RuleSet::from_files(files).expect("the tests check every embedded rule")
    }

    /// Makes a rule set from parsed files.
    ///
    /// # Errors
    /// A field that means nothing, with the rule's id.
    pub fn from_files(files: Vec<RuleFile>) -> Result<RuleSet, RuleError> {
        let mut hasher = blake3::Hasher::new();
        // The engine is part of what decides a result: its version is part of the hash that keys the result cache.
        hasher.update(crate::engine::ENGINE_VERSION.as_bytes());
        hasher.update(crate::engine::generic::services::EMBEDDED);
        let mut rules = Vec::new();
        for file in files {
            for mut spec in file.rules {
                hasher
                    .update(serde_json::to_string(&spec).expect("a rule holds only JSON values").as_bytes());
                spec.examples.iter_mut().chain(&mut spec.counterexamples).for_each(|text| {
                    *text = join_halves(text);
                });
                rules.push(Rule::new(spec, &file.vendor, &file.provider)?);
            }
        }
        Ok(RuleSet { rules, hash: tenure_model::hex(&hasher.finalize().as_bytes()[..12]) })
    }

    /// The rules.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// A hash over everything that decides what the engine finds.
    pub fn hash(&self) -> &str {
        &self.hash
    }
}
