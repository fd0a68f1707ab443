//! The rules that the binary carries, as `build.rs` left them.
//!
//! What a scan needs lies apart from what proves the rules: examples look like secrets on purpose. They are compressed, so
//! that no scanner finds them in the binary, and read only when somebody asks for them.

use std::io::Read as _;

use super::spec::{Known, RuleFile, RuleSpec};

/// A hash of the rules and of the vocabulary of services.
pub(super) const HASH: &str = env!("TENURE_RULES");
/// The rule files without examples, as postcard.
static RULES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.bin"));
/// What is known of everything that each rule matches, in the order of the rules, as postcard.
static KNOWN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/known.bin"));
/// Examples and counterexamples of each rule, in the order of the rules, as compressed JSON.
static EXAMPLES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/examples.json.z"));

/// The rule files, without examples.
pub(crate) fn files() -> Vec<RuleFile> {
    let mut files: Vec<RuleFile> = postcard::from_bytes(RULES).expect("build.rs wrote the rules");
    let known: Vec<Known> = postcard::from_bytes(KNOWN).expect("build.rs wrote what is known");
    for file in &mut files {
        file.embedded = true;
    }
    for (rule, known) in rules(&mut files).zip(known) {
        rule.known = known;
    }
    files
}

/// The rule files with the texts that prove them.
pub(super) fn files_with_examples() -> Vec<RuleFile> {
    let mut json = Vec::new();
    flate2::read::ZlibDecoder::new(EXAMPLES)
        .read_to_end(&mut json)
        .expect("build.rs compressed the examples");
    let examples: Vec<(Vec<String>, Vec<String>)> =
        serde_json::from_slice(&json).expect("build.rs wrote the examples");
    let mut files = files();
    for (rule, (good, bad)) in rules(&mut files).zip(examples) {
        rule.examples = good;
        rule.counterexamples = bad;
    }
    files
}

fn rules(files: &mut [RuleFile]) -> impl Iterator<Item = &mut RuleSpec> {
    files.iter_mut().flat_map(|file| &mut file.rules)
}
