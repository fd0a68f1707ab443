//! Turns `rules/secrets/*.toml` and `rules/services.toml` into what the binary embeds: a scan then starts without parsing TOML, and a
//! rule file that does not parse stops the build with its name.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::{env, fs};

use regex_syntax::hir::{Class, Hir, HirKind};

#[path = "src/rules/spec.rs"]
#[allow(dead_code, unreachable_pub)]
mod spec;

/// Bytes of a run inside of a value that tell more than its whole length.
const TELLING_RUN_MIN: u32 = 12;
/// Bytes of a text worth looking for before a pattern is tried.
const NEEDED_TEXT_BYTES_MIN: usize = 3;

fn main() {
    let folder =
        Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../rules/secrets");
    println!("cargo:rerun-if-changed={}", folder.display());
    println!("cargo:rerun-if-changed=src/rules/spec.rs");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .expect("the checkout holds rules/secrets")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "toml"))
        .collect();
    names.sort();
    let mut files = Vec::new();
    for path in names {
        println!("cargo:rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path).expect("rule files are UTF-8");
        let file: spec::RuleFile =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        files.push(file);
    }
    let rules = || files.iter().flat_map(|file| &file.rules);
    let known: Vec<spec::Known> = files
        .iter()
        .flat_map(|file| file.rules.iter().map(|rule| known(rule, file.shared_words(rule))))
        .collect();
    embed("known.bin", &known);
    let examples: Vec<(&[String], &[String])> =
        rules().map(|rule| (rule.examples.as_slice(), rule.counterexamples.as_slice())).collect();
    embed_compressed("examples.json.z", &examples);
    for rule in files.iter_mut().flat_map(|file| &mut file.rules) {
        rule.examples.clear();
        rule.counterexamples.clear();
    }
    embed("rules.bin", &files);
    let services = services(folder.with_file_name("services.toml").as_path());
    write("services.json", &serde_json::to_vec(&services).expect("names of services are JSON values"));
    let of_rules: PathBuf = folder.parent().expect("two folders deep").to_owned();
    println!("cargo:rustc-env=TENURE_RULES={:016x}", hash_of(&[&folder, &of_rules.join("services.toml")]));
    println!(
        "cargo:rustc-env=TENURE_READERS={:016x}",
        hash_of(&[Path::new("src"), Path::new("../model/src")])
    );
}

/// A hash of these files, and of all below these folders. What was found or read under other rules or by other code is known by it.
fn hash_of(paths: &[&Path]) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut waiting: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    waiting.iter().for_each(|path| println!("cargo:rerun-if-changed={}", path.display()));
    let mut files = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files.iter().for_each(|path| fs::read(path).unwrap_or_default().hash(&mut hasher));
    hasher.finish()
}

/// What a pattern's text tells of everything that it matches.
fn known(rule: &spec::RuleSpec, shared: &[String]) -> spec::Known {
    let parsed = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(&rule.pattern);
    let Ok(hir) = parsed else { return spec::Known::default() };
    let mut texts = Vec::new();
    needed_texts(&hir, &mut texts);
    let anchors =
        || rule.anchors.iter().chain(&rule.words).chain(shared).map(|text| text.to_ascii_lowercase());
    // A text of one or two bytes stands nearly everywhere; only this one is rare enough to be worth a look.
    texts.retain(|text| text.len() >= NEEDED_TEXT_BYTES_MIN || text == "@");
    texts.retain(|text| !anchors().any(|anchor| anchor.contains(&text.to_ascii_lowercase())));
    let Run { bytes, least } =
        if rule.words.is_empty() && shared.is_empty() { Run::default() } else { surest_run(&hir) };
    let text = texts.into_iter().max_by_key(String::len).unwrap_or_default();
    spec::Known { run: least, class: bytes, text }
}

/// The texts that stand in everything that matches.
fn needed_texts(hir: &Hir, out: &mut Vec<String>) {
    match hir.kind() {
        HirKind::Literal(literal) => out.extend(String::from_utf8(literal.0.to_vec())),
        HirKind::Capture(group) => needed_texts(&group.sub, out),
        HirKind::Repetition(repetition) if repetition.min > 0 => needed_texts(&repetition.sub, out),
        HirKind::Concat(parts) => parts.iter().for_each(|part| needed_texts(part, out)),
        _ => {}
    }
}

/// Bytes of one class that stand together in everything that matches.
#[derive(Clone, Copy, Default)]
struct Run {
    /// A bit each; all are ASCII.
    bytes: [u64; 2],
    least: u32,
}

impl Run {
    /// What is sure when it is one or the other.
    fn or(self, other: Self) -> Self {
        Self {
            bytes: [self.bytes[0] | other.bytes[0], self.bytes[1] | other.bytes[1]],
            least: self.least.min(other.least),
        }
    }
}

/// The run that says most of a pattern's values: a long one of few bytes, or the shortest value as a whole when all its
/// bytes are those of a token.
///
/// A word such as a vendor's name stands in much text that holds no value: there the pattern need not be tried.
fn surest_run(hir: &Hir) -> Run {
    let mut values = Vec::new();
    captures(hir, &mut values);
    let inner = values.iter().map(|value| run_within(value)).reduce(Run::or).unwrap_or_default();
    if inner.least >= TELLING_RUN_MIN {
        return inner;
    }
    let length =
        |value: &Hir| if is_token(value) { value.properties().minimum_len().unwrap_or(0) } else { 0 };
    let least = values.iter().map(|value| length(value)).min().unwrap_or(0);
    let mut bytes = [0; 2];
    (0..128u8).filter(|byte| is_of_token(*byte)).for_each(|byte| add(&mut bytes, byte));
    Run { bytes, least: u32::try_from(least).expect("values are short") }
}

/// The longest run of one class in everything that matches.
fn run_within(hir: &Hir) -> Run {
    match hir.kind() {
        HirKind::Capture(group) => run_within(&group.sub),
        HirKind::Concat(parts) => {
            parts.iter().map(run_within).max_by_key(|run| run.least).unwrap_or_default()
        }
        HirKind::Alternation(parts) => parts.iter().map(run_within).reduce(Run::or).unwrap_or_default(),
        HirKind::Repetition(repetition) => {
            let HirKind::Class(Class::Bytes(class)) = repetition.sub.kind() else { return Run::default() };
            let mut bytes = [0; 2];
            for byte in class.iter().flat_map(|range| range.start()..=range.end()) {
                if !byte.is_ascii() {
                    return Run::default();
                }
                add(&mut bytes, byte);
            }
            Run { bytes, least: repetition.min }
        }
        _ => Run::default(),
    }
}

fn add(bytes: &mut [u64; 2], byte: u8) {
    bytes[usize::from(byte >> 6)] |= 1 << (byte & 63);
}

/// The groups that may hold the value.
fn captures<'h>(hir: &'h Hir, out: &mut Vec<&'h Hir>) {
    match hir.kind() {
        HirKind::Capture(group) if group.name.as_deref().is_some_and(|name| name.starts_with("secret")) => {
            out.push(&group.sub);
        }
        HirKind::Capture(group) => captures(&group.sub, out),
        HirKind::Repetition(repetition) => captures(&repetition.sub, out),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().for_each(|part| captures(part, out));
        }
        _ => {}
    }
}

fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-+/=.~%".contains(&byte)
}

/// Whether everything that matches is made of the bytes of a token.
fn is_token(hir: &Hir) -> bool {
    let token = is_of_token;
    match hir.kind() {
        HirKind::Literal(literal) => literal.0.iter().all(|&byte| token(byte)),
        HirKind::Class(Class::Bytes(class)) => {
            class.iter().all(|range| (range.start()..=range.end()).all(token))
        }
        HirKind::Class(Class::Unicode(class)) => {
            class.iter().all(|range| (range.start()..=range.end()).all(|c| u8::try_from(c).is_ok_and(token)))
        }
        HirKind::Capture(group) => is_token(&group.sub),
        HirKind::Repetition(repetition) => is_token(&repetition.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().all(is_token),
        HirKind::Look(_) | HirKind::Empty => true,
    }
}

/// `rules/services.toml`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceFile {
    #[serde(rename = "service")]
    services: Vec<spec::ServiceSpec>,
}

/// The vocabulary of services, checked: a word in two services would name neither.
fn services(path: &Path) -> Vec<spec::ServiceSpec> {
    println!("cargo:rerun-if-changed={}", path.display());
    let text = fs::read_to_string(path).expect("the checkout holds rules/services.toml");
    let file: ServiceFile =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut seen = std::collections::HashSet::new();
    for word in file.services.iter().flat_map(|service| &service.words) {
        let plain = word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        assert!(
            plain && seen.insert(word),
            "rules/services.toml: `{word}` is there twice, or not a plain word"
        );
    }
    file.services
}

fn embed(name: &str, value: &impl serde::Serialize) {
    write(name, &postcard::to_allocvec(value).expect("rule files hold plain values"));
}

fn embed_compressed(name: &str, value: &impl serde::Serialize) {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    serde_json::to_writer(&mut packed, value).expect("rule files hold only JSON values");
    write(name, &packed.finish().expect("memory takes all bytes"));
}

fn write(name: &str, bytes: &[u8]) {
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join(name);
    fs::write(out, bytes).expect("OUT_DIR is writable");
}
