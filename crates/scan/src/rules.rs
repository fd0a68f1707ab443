//! Detection rules: data from `rules/secrets/*.toml`, made ready to run.

use std::sync::{Arc, OnceLock};

use regex::bytes::{Regex, RegexBuilder};
use tenure_model::{Confidence, Severity};

use crate::engine::checksum::Checksum;

mod book;
mod check;
pub(crate) mod embedded;
pub(crate) mod except;
pub(crate) mod foreign;
mod literals;
mod spec;

pub use book::{Book, BookError};
pub use check::{RuleProblem, check, check_examples_of};
pub use foreign::{Format as RuleFormat, NotCarried, formats as rule_formats};
pub use spec::{Exceptions, Known, Reads, RuleFile, RuleSpec, ServiceSpec, join_halves};

use except::Except;

/// Longest window that a rule may ask for after its anchor, bytes.
pub const WINDOW_BYTES_MAX: u32 = 8192;
/// Longest window that a rule may ask for before its anchor, bytes.
pub const LEAD_BYTES_MAX: u32 = 1024;
/// Bytes on either side of a match in which its public half may stand.
const COMPANION_BYTES: usize = 400;
/// Shortest anchor or word, bytes.
pub const ANCHOR_BYTES_MIN: usize = 3;
/// A pattern that compiles to more than this is refused.
const PATTERN_BYTES_MAX: usize = 4 << 20;

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
    /// Carried over from another program's format.
    pub(crate) imported: bool,
    pattern: OnceLock<Regex>,
    needed: OnceLock<Box<memchr::memmem::Finder<'static>>>,
    companion: OnceLock<Option<Regex>>,
    reject: OnceLock<Vec<Regex>>,
    files: OnceLock<Option<Box<globset::GlobSet>>>,
    paths: OnceLock<Vec<Regex>>,
    /// What it does not report; most have nothing.
    except: Option<Box<Except>>,
    /// What no rule of the same file reports.
    file_except: Option<Arc<Except>>,
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
    fn new(spec: RuleSpec, file: &RuleFile, file_except: Option<Arc<Except>>) -> Result<Rule, RuleError> {
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
        let anchored = !spec.anchors.is_empty() || !spec.words.is_empty();
        match spec.reads {
            None if spec.anchors.is_empty() == spec.words.is_empty() => {
                return Err(wrong("needs either `anchors` or `words`".to_owned()));
            }
            Some(_) if anchored || spec.files.is_empty() && spec.paths.is_empty() => {
                return Err(wrong(
                    "with `reads` it needs `files` or `paths`, and no `anchors` or `words`".to_owned(),
                ));
            }
            _ => {}
        }
        if spec.anchors.iter().chain(&spec.words).any(|text| text.len() < ANCHOR_BYTES_MIN) {
            return Err(wrong(format!("an anchor or word has at least {ANCHOR_BYTES_MIN} bytes")));
        }
        if spec.after > WINDOW_BYTES_MAX || spec.before > LEAD_BYTES_MAX {
            return Err(wrong(format!("window larger than {LEAD_BYTES_MAX}+{WINDOW_BYTES_MAX} bytes")));
        }
        if file.vendor.is_empty() || file.provider.is_empty() {
            return Err(wrong("its file needs `vendor` and `provider` at the top".to_owned()));
        }
        Ok(Rule {
            vendor: file.vendor.clone(),
            provider: file.provider.clone(),
            severity,
            confidence,
            checksum,
            imported: file.imported,
            pattern: OnceLock::new(),
            needed: OnceLock::new(),
            companion: OnceLock::new(),
            reject: OnceLock::new(),
            files: OnceLock::new(),
            paths: OnceLock::new(),
            except: Except::of(spec.except.clone()).map(Box::new),
            file_except,
            spec,
        })
    }

    /// The pattern, compiled at first use: a scan that never meets an anchor never pays for it.
    pub(crate) fn pattern(&self) -> &Regex {
        self.pattern
            .get_or_init(|| compile(&self.spec.pattern).expect("rules are checked before they are used"))
    }

    /// Whether the pattern can match in `window` at all, as far as a glance tells.
    pub(crate) fn may_match(&self, window: &[u8]) -> bool {
        let text = &self.spec.known.text;
        let finder = || Box::new(memchr::memmem::Finder::new(text).into_owned());
        text.is_empty() || self.needed.get_or_init(finder).find(window).is_some()
    }

    /// Who signs in with the match at `start..end`, when the public half stands close by.
    pub(crate) fn companion(&self, bytes: &[u8], start: usize, end: usize) -> Option<String> {
        let text = self.spec.companion.as_ref()?;
        let regex = self.companion.get_or_init(|| compile(text).ok()).as_ref()?;
        let low = start.saturating_sub(COMPANION_BYTES);
        let near = &bytes[low..bytes.len().min(end + COMPANION_BYTES)];
        let distance = |at: usize| (low + at).abs_diff(start);
        // What the window's edge cuts may be longer than it looks here.
        let whole = |user: &regex::bytes::Match<'_>| user.start() > 0 || low == 0;
        let found = regex.captures_iter(near).filter_map(|caught| caught.name("user")).filter(whole);
        let nearest = found.min_by_key(|user| distance(user.start()))?;
        std::str::from_utf8(nearest.as_bytes()).ok().map(str::to_owned)
    }

    /// Whether the value is one of the rule's own placeholders, or its match an exception.
    pub(crate) fn rejects(&self, value: &[u8], whole: &[u8]) -> bool {
        except::any(&self.reject, &self.spec.reject, value)
            || self.excepts().any(|except| except.value(value) || except.whole_match(whole))
    }

    /// What it does not report, and what no rule of its file does.
    fn excepts(&self) -> impl Iterator<Item = &Except> {
        self.except.as_deref().into_iter().chain(self.file_except.as_deref())
    }

    /// Whether the lines of a match are an exception.
    pub(crate) fn rejects_lines(&self, bytes: &[u8], start: usize, end: usize) -> bool {
        self.needs_line() && {
            let lines = except::lines_around(bytes, start, end);
            self.excepts().any(|except| except.line(lines))
        }
    }

    fn needs_line(&self) -> bool {
        self.excepts().any(Except::needs_line)
    }

    /// The bytes before an anchor, and from its start on, that decide what the rule finds there.
    pub(crate) fn reach(&self) -> (u32, u32) {
        #[allow(clippy::cast_possible_truncation)] // a small constant
        let line = if self.needs_line() { except::LINE_BYTES_MAX as u32 } else { 0 };
        #[allow(clippy::cast_possible_truncation)] // a small constant
        let beside = if self.spec.companion.is_some() { COMPANION_BYTES as u32 } else { 0 };
        let more = 1 + line.max(beside);
        (self.spec.before + more, self.spec.after + more)
    }

    /// Whether a path decides if the rule speaks at all.
    pub(crate) fn is_path_bound(&self) -> bool {
        !self.spec.files.is_empty() || !self.spec.paths.is_empty() || self.excepts().any(Except::needs_path)
    }

    /// Whether the rule speaks about this path at all.
    pub(crate) fn applies_to(&self, path: &str) -> bool {
        let globs = self.files.get_or_init(|| {
            if self.spec.files.is_empty() {
                return None;
            }
            let mut set = globset::GlobSetBuilder::new();
            for text in &self.spec.files {
                set.add(globset::Glob::new(text).ok()?);
            }
            set.build().ok().map(Box::new)
        });
        globs.as_ref().is_none_or(|set| set.is_match(path))
            && (self.spec.paths.is_empty() || except::any(&self.paths, &self.spec.paths, path.as_bytes()))
            && !self.excepts().any(|except| except.path(path))
    }
}

/// Compiles a rule's pattern: bytes, ASCII classes, bounded size.
pub(crate) fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).unicode(false).size_limit(PATTERN_BYTES_MAX).build()
}

/// What a regex error says, in one line and without the pattern itself.
pub(crate) fn said(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => format!(
            "compiles to more than {} MiB: shorten its repetitions, or leave the rule out",
            PATTERN_BYTES_MAX >> 20
        ),
        regex::Error::Syntax(text) => {
            text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned()
        }
        _ => "is no valid regex".to_owned(),
    }
}

/// All rules of a scan, in a stable order.
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<Rule>,
    /// Ids of rules without a pattern that are switched off.
    disabled: Vec<String>,
    hash: String,
}

impl RuleSet {
    /// The rules that the binary carries, without their examples.
    ///
    /// # Panics
    /// Never in a build that passed its tests: `build.rs` and the tests check every embedded rule.
    pub fn embedded() -> RuleSet {
        RuleSet::from_files(embedded::files()).expect("the tests check every embedded rule")
    }

    /// The rules that the binary carries, with the texts that prove them: for [`check`] and for people.
    ///
    /// # Panics
    /// Never in a build that passed its tests.
    pub fn embedded_with_examples() -> RuleSet {
        RuleSet::from_files(embedded::files_with_examples()).expect("the tests check every embedded rule")
    }

    /// Makes a rule set from parsed files.
    ///
    /// # Errors
    /// A field that means nothing, with the rule's id.
    pub fn from_files(files: Vec<RuleFile>) -> Result<RuleSet, RuleError> {
        RuleSet::without(files, Vec::new())
    }

    /// Makes a rule set in which the generic rules of these ids stay silent.
    pub(crate) fn without(files: Vec<RuleFile>, mut disabled: Vec<String>) -> Result<RuleSet, RuleError> {
        let mut hasher = blake3::Hasher::new();
        // The engine is part of what decides a result: its version is part of the hash that keys the result cache.
        hasher.update(crate::engine::ENGINE_VERSION.as_bytes());
        hasher.update(embedded::HASH.as_bytes());
        disabled.sort();
        disabled.dedup();
        hash(&mut hasher, &disabled);
        let mut rules = Vec::with_capacity(files.iter().map(|file| file.rules.len()).sum());
        for mut file in files {
            // The embedded rules are part of the hash as bytes; which of them are switched off is, too.
            let embedded = file.embedded;
            if !embedded {
                hash(&mut hasher, &(&file.provider, file.imported, &file.except, &file.words));
            }
            let file_except = Except::of(std::mem::take(&mut file.except)).map(Arc::new);
            for mut spec in std::mem::take(&mut file.rules) {
                if !embedded {
                    hash(&mut hasher, &spec);
                }
                if !file.shared_words(&spec).is_empty() {
                    spec.words.extend_from_slice(&file.words);
                }
                spec.examples.iter_mut().chain(&mut spec.counterexamples).for_each(|text| {
                    *text = join_halves(text);
                });
                rules.push(Rule::new(spec, &file, file_except.clone())?);
            }
        }
        Ok(RuleSet { rules, disabled, hash: tenure_model::hex(&hasher.finalize().as_bytes()[..12]) })
    }

    /// Whether the rule of this id is switched off.
    pub(crate) fn disables(&self, id: &str) -> bool {
        self.disabled.iter().any(|disabled| disabled == id)
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

fn hash(hasher: &mut blake3::Hasher, value: &impl serde::Serialize) {
    hasher.update(serde_json::to_string(value).expect("a rule holds only JSON values").as_bytes());
}
