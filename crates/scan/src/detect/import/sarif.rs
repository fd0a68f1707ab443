//! SARIF 2.1.0, whoever wrote it. Results about credentials are taken, and zizmor's about workflows; what else a
//! scanner of code says is counted, and left to it.

use super::clear::Clear;
use serde::Deserialize;
use tenure_model::{Subject, SubjectKind};

use super::found::{Found, Ledger};
use super::report;
use super::zizmor::{Audit, Audits, Symbolic};
use crate::detect::recogniser::Recogniser;
use crate::detect::witness::{Spot, Statement, Witness};
use crate::detect::{Blob, Detector, Look, Reading, rules, text};

/// Scanners of which every result is about a credential.
const SECRET_SCANNERS: [&str; 8] = [
    "gitleaks",
    "betterleaks",
    "trufflehog",
    "kingfisher",
    "nosey parker",
    "noseyparker",
    "detect-secrets",
    "titus",
];
/// Words in the name or tags of a rule about credentials. The numbers are those of CWE.
const SECRET_WORDS: [&str; 12] = [
    "secret",
    "credential",
    "password",
    "api-key",
    "apikey",
    "private-key",
    "access-token",
    "hardcoded-token",
    "cwe-798",
    "cwe-259",
    "cwe-321",
    "cwe-522",
];

/// The reader.
pub(super) struct Sarif;

#[derive(Deserialize)]
struct Log {
    #[serde(default)]
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    tool: Option<Tool>,
    #[serde(default)]
    results: Option<Vec<Outcome>>,
}

#[derive(Deserialize)]
struct Tool {
    driver: Option<Driver>,
}

#[derive(Deserialize)]
struct Driver {
    #[serde(default)]
    name: String,
    #[serde(default)]
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    #[serde(default)]
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(rename = "shortDescription")]
    short_description: Option<Message>,
    properties: Option<Properties>,
    help: Option<Message>,
}

#[derive(Deserialize)]
struct Properties {
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Deserialize)]
struct Message {
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: Option<String>,
    rule_index: Option<usize>,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    locations: Vec<Location>,
    #[serde(default)]
    suppressions: Option<Vec<serde::de::IgnoredAny>>,
    properties: Option<serde_json::Map<String, serde_json::Value>>,
    partial_fingerprints: Option<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Option<PhysicalLocation>,
    #[serde(default)]
    logical_locations: Vec<LogicalLocation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: Option<ArtifactLocation>,
    region: Option<Region>,
}

#[derive(Deserialize)]
struct ArtifactLocation {
    uri: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: Option<u32>,
    snippet: Option<Snippet>,
}

#[derive(Deserialize)]
struct Snippet {
    text: Option<Clear>,
}

#[derive(Deserialize)]
struct LogicalLocation {
    properties: Option<LogicalProperties>,
}

#[derive(Deserialize)]
struct LogicalProperties {
    symbolic: Option<Symbolic>,
}

impl Detector for Sarif {
    fn name(&self) -> &'static str {
        "import_sarif"
    }

    fn describe(&self) -> &'static str {
        "SARIF 2.1.0 of any scanner: results about credentials, and zizmor's about workflows"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        blob.json().is_some_and(|opening| opening.all(&["runs", "tool"]) && opening.holds("2.1.0"))
    }

    fn read_values(&self, blob: &Blob<'_>, values: &dyn Recogniser) -> Reading {
        let text = match report::decode(blob) {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        let (log, mut unreadable) = report::whole::<Log>(&text);
        let mut reading = Reading::default();
        for run in log.map(|log| log.runs).unwrap_or_default() {
            let driver = run
                .tool
                .and_then(|tool| tool.driver)
                .unwrap_or(Driver { name: String::new(), rules: Vec::new() });
            let results = run.results.unwrap_or_default();
            // Passed checks and what somebody suppressed are no findings.
            let open = results.into_iter().filter(|result| {
                result.kind.as_deref().is_none_or(|kind| kind == "fail" || kind == "review" || kind == "open")
                    && result.suppressions.as_ref().is_none_or(Vec::is_empty)
            });
            let part = if driver.name.eq_ignore_ascii_case("zizmor") {
                audits(blob, &driver, open)
            } else {
                self.secrets(blob, &driver, open, values)
            };
            reading.observations.extend(part.observations);
            unreadable = unreadable.or(part.unreadable);
        }
        reading.unreadable = unreadable;
        reading
    }
}

impl Sarif {
    fn secrets(
        &self,
        blob: &Blob<'_>,
        driver: &Driver,
        results: impl Iterator<Item = Outcome>,
        values: &dyn Recogniser,
    ) -> Reading {
        let lower = driver.name.to_ascii_lowercase();
        let all = SECRET_SCANNERS.iter().any(|scanner| lower.starts_with(scanner));
        let scanner = if driver.name.is_empty() { "a scanner without a name" } else { &driver.name };
        let mut ledger = Ledger::new(blob, self.name(), &shortened(scanner), &rules::IMPORT_SARIF, values);
        let mut left_out = 0_usize;
        for result in results {
            let rule = driver.rule(&result);
            if !all
                && !rule.is_some_and(Rule::is_about_credentials)
                && !names_credentials(result.rule_id.as_deref())
            {
                left_out += 1;
                continue;
            }
            ledger.take(found(driver, result, values));
        }
        let mut reading = ledger.done(None);
        if left_out > 0 {
            let mut witness = Witness::new(blob, self.name());
            let count = text::counted(left_out, "result is", "results are");
            witness.finding(Statement {
                rule: &rules::IMPORT_LEFT_OUT,
                severity: None,
                subject: Subject::new(SubjectKind::Account, format!("import:{}", blob.path)),
                about: format!("{}#{}", blob.repository, driver.name),
                title: format!("{count} not about credentials and left to the scanner that reported them"),
                spots: vec![Spot::line(1)],
                reasons: Vec::new(),
            });
            reading.observations.extend(witness.done(None).observations);
        }
        reading
    }
}

fn found(driver: &Driver, result: Outcome, values: &dyn Recogniser) -> Found {
    let rule = driver.rule(&result);
    let name = result.rule_id.clone().or_else(|| rule.map(|rule| rule.id.clone()));
    let name = name.unwrap_or_else(|| "(no rule named)".to_owned());
    let commit = |map: &serde_json::Map<String, serde_json::Value>| {
        map.get("commitSha")
            .and_then(serde_json::Value::as_str)
            .filter(|commit| !commit.is_empty())
            .map(str::to_owned)
    };
    let physical = result.locations.into_iter().find_map(|location| location.physical_location);
    let (uri, region) = physical.map_or((None, None), |place| (place.artifact_location, place.region));
    let (line, snippet) = region.map_or((None, None), |region| (region.start_line, region.snippet));
    let snippet = snippet.and_then(|snippet| snippet.text);
    let mut reasons = Vec::new();
    if let Some(words) = rule.and_then(|rule| rule.short_description.as_ref()?.text.as_deref()) {
        reasons.push(shortened(words));
    }
    let value = snippet.as_ref().and_then(|snippet| value(snippet, values));
    if value.is_none() {
        reasons.push(
            "which value is meant cannot be told from the report, so it is joined with nothing".to_owned(),
        );
    }
    Found {
        rule: name,
        path: uri.and_then(|artifact| artifact.uri),
        line,
        commit: result.partial_fingerprints.as_ref().and_then(commit),
        context: snippet,
        value,
        reasons,
        ..Found::default()
    }
}

/// The value in a snippet: the whole of it, when it is one word or one key; otherwise what the engine sees in it
/// alone.
fn value(snippet: &str, values: &dyn Recogniser) -> Option<Clear> {
    let trimmed = snippet.trim();
    let block = trimmed.starts_with("-----BEGIN") && trimmed.ends_with("-----");
    let word =
        trimmed.len() >= 8 && !trimmed.contains(char::is_whitespace) && !trimmed.contains(['=', '"', '\'']);
    if block || word {
        return Some(Clear::new(trimmed.to_owned()));
    }
    let span = values.span_of_one(snippet)?;
    snippet.get(span).map(|value| Clear::new(value.to_owned()))
}

fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}

fn names_credentials(text: Option<&str>) -> bool {
    let Some(text) = text else { return false };
    let text = text.to_ascii_lowercase().replace(['_', ' '], "-");
    SECRET_WORDS.iter().any(|word| text.contains(word))
}

impl Driver {
    fn rule(&self, result: &Outcome) -> Option<&Rule> {
        let by_index = result.rule_index.and_then(|index| self.rules.get(index));
        by_index.or_else(|| self.rules.iter().find(|rule| Some(&rule.id) == result.rule_id.as_ref()))
    }
}

impl Rule {
    fn is_about_credentials(&self) -> bool {
        let tags = self.properties.iter().flat_map(|properties| &properties.tags).map(String::as_str);
        let words = [Some(self.id.as_str()), self.name.as_deref()];
        words.into_iter().flatten().chain(tags).any(|text| names_credentials(Some(text)))
    }
}

/// zizmor's own SARIF: the same as its JSON.
fn audits(blob: &Blob<'_>, driver: &Driver, results: impl Iterator<Item = Outcome>) -> Reading {
    let mut audits = Audits::new(blob);
    for result in results {
        let rule = driver.rule(&result);
        let words = rule.and_then(|rule| rule.help.as_ref()?.text.as_deref()).unwrap_or_default();
        let property = |name: &str| result.properties.as_ref()?.get(name)?.as_str();
        let location = result.locations.first();
        let physical = location.and_then(|location| location.physical_location.as_ref());
        let symbolic = location.and_then(|location| {
            location.logical_locations.iter().find_map(|at| at.properties.as_ref()?.symbolic.as_ref())
        });
        let id = result.rule_id.as_deref().unwrap_or_default();
        audits.take(&Audit {
            name: id.strip_prefix("zizmor/").unwrap_or(id),
            words,
            severity: property("zizmor/severity"),
            confidence: property("zizmor/confidence"),
            path: physical
                .and_then(|place| place.artifact_location.as_ref()?.uri.as_deref())
                .or_else(|| symbolic.and_then(Symbolic::path)),
            line: physical.and_then(|place| place.region.as_ref()?.start_line).unwrap_or(1),
            job: symbolic.and_then(Symbolic::job),
        });
    }
    audits.done(None)
}
