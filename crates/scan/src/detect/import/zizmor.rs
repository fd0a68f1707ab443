//! Reports of zizmor in JSON: what it says about workflows is said about the jobs that are known here.

use serde::Deserialize;
use tenure_model::{FingerprintKey, Severity, Subject, SubjectKind};

use super::found::in_root;
use super::report;
use crate::detect::export::node::Node;
use crate::detect::{Blob, Detector, Look, Reading, Unreadable, rules};
use tenure_model::{Confidence, Fate, Finding, Observation, OtherPlace, Place, finding_id};

/// Results of one report that are taken.
const RESULTS_MAX: usize = 50_000;
/// Further lines that one finding lists.
const PLACES_MAX: usize = 50;
/// Audits that say nothing about identities or what they may do; they are told as a hint.
const OTHER_AUDITS: [&str; 9] = [
    "anonymous-definition",
    "concurrency-limits",
    "dependabot-cooldown",
    "misfeature",
    "obfuscation",
    "superfluous-actions",
    "undocumented-permissions",
    "unsound-condition",
    "unsound-contains",
];

/// The reader.
pub(super) struct Zizmor;

#[derive(Deserialize)]
struct Audited {
    ident: String,
    #[serde(default)]
    desc: String,
    determinations: Option<Determinations>,
    #[serde(default)]
    locations: Vec<Location>,
    #[serde(default)]
    ignored: bool,
}

#[derive(Deserialize)]
struct Determinations {
    confidence: Option<String>,
    severity: Option<String>,
}

#[derive(Deserialize)]
struct Location {
    symbolic: Symbolic,
    concrete: Option<Concrete>,
}

/// Where in the document it stands. It stands in the report in SARIF, too.
#[derive(Deserialize)]
pub(super) struct Symbolic {
    key: Option<serde_json::Value>,
    #[serde(default)]
    route: Option<Route>,
    #[serde(default)]
    kind: String,
}

#[derive(Deserialize)]
struct Route {
    #[serde(default)]
    route: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Concrete {
    location: Option<Spanned>,
}

#[derive(Deserialize)]
struct Spanned {
    start_point: Option<Point>,
}

#[derive(Deserialize)]
struct Point {
    /// From 0.
    row: u32,
}

impl Symbolic {
    /// The job on the way to the place.
    pub(super) fn job(&self) -> Option<&str> {
        let route = &self.route.as_ref()?.route;
        let key =
            |step: &serde_json::Value| step.get("Key").and_then(serde_json::Value::as_str).map(str::to_owned);
        let in_jobs = route.first().and_then(key).as_deref() == Some("jobs");
        route.get(1).filter(|_| in_jobs)?.get("Key")?.as_str()
    }

    /// The file, as zizmor was told to read it.
    pub(super) fn path(&self) -> Option<&str> {
        let (_, key) = Node::of(self.key.as_ref()?).members().next()?;
        ["verbatim_path", "path", "given_path"].iter().find_map(|name| key.text(name))
    }

    fn is_primary(&self) -> bool {
        self.kind == "Primary"
    }
}

impl Detector for Zizmor {
    fn name(&self) -> &'static str {
        "import_zizmor"
    }

    fn describe(&self) -> &'static str {
        "Reports of zizmor in JSON: its findings about workflows join the jobs that are known here"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        blob.json().is_some_and(|opening| opening.all(&["ident", "determinations", "symbolic"]))
    }

    fn read(&self, blob: &Blob<'_>, _key: &FingerprintKey) -> Reading {
        let text = match report::decode(blob) {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        let (all, unreadable) = report::whole::<Vec<Audited>>(&text);
        let mut audits = Audits::new(blob);
        for audited in all.unwrap_or_default().into_iter().filter(|audited| !audited.ignored) {
            let determined = audited.determinations.as_ref();
            let severity = determined.and_then(|determined| determined.severity.as_deref());
            let confidence = determined.and_then(|determined| determined.confidence.as_deref());
            let primary = audited.locations.iter().find(|location| location.symbolic.is_primary());
            let Some(location) = primary.or(audited.locations.first()) else { continue };
            let row = location
                .concrete
                .as_ref()
                .and_then(|concrete| Some(concrete.location.as_ref()?.start_point.as_ref()?.row));
            audits.take(&Audit {
                name: &audited.ident,
                words: &audited.desc,
                severity,
                confidence,
                path: location.symbolic.path(),
                line: row.map_or(1, |row| row.saturating_add(1)),
                job: location.symbolic.job(),
            });
        }
        audits.done(unreadable)
    }
}

/// One result about a workflow.
pub(super) struct Audit<'t> {
    pub(super) name: &'t str,
    pub(super) words: &'t str,
    pub(super) severity: Option<&'t str>,
    pub(super) confidence: Option<&'t str>,
    pub(super) path: Option<&'t str>,
    /// From 1.
    pub(super) line: u32,
    pub(super) job: Option<&'t str>,
}

/// The results of one report, those of one audit and job together.
pub(super) struct Audits<'a> {
    blob: &'a Blob<'a>,
    findings: Vec<(Finding, Subject)>,
    index: std::collections::HashMap<String, usize>,
    taken: usize,
}

impl<'a> Audits<'a> {
    pub(super) fn new(blob: &'a Blob<'a>) -> Self {
        Self { blob, findings: Vec::new(), index: std::collections::HashMap::new(), taken: 0 }
    }

    pub(super) fn take(&mut self, audit: &Audit<'_>) {
        self.taken += 1;
        if self.taken > RESULTS_MAX {
            return;
        }
        let path = audit.path.and_then(|path| workflow(self.blob, path)).unwrap_or(self.blob.path.to_owned());
        let job = audit.job.unwrap_or("(workflow)");
        let about = format!("{}#{}#{job}", self.blob.repository, audit.name);
        let id = finding_id(rules::IMPORT_ZIZMOR.id, &about, &path);
        if let Some(&index) = self.index.get(&id) {
            let also = &mut self.findings[index].0.also_at;
            if also.len() < PLACES_MAX {
                also.push(OtherPlace { path, start_line: audit.line, commit: None });
            }
            return;
        }
        let subject = Subject::new(SubjectKind::CiJob, format!("{}:{path}#{job}", self.blob.root));
        self.index.insert(id.clone(), self.findings.len());
        let finding = self.finding(audit, id, path);
        self.findings.push((finding, subject));
    }

    fn finding(&self, audit: &Audit<'_>, id: String, path: String) -> Finding {
        let rule = &rules::IMPORT_ZIZMOR;
        let severity = match audit.severity.unwrap_or_default().to_ascii_lowercase().as_str() {
            _ if OTHER_AUDITS.contains(&audit.name) => Severity::Info,
            "high" => Severity::High,
            "medium" => Severity::Medium,
            "low" => Severity::Low,
            "informational" => Severity::Info,
            _ => rule.severity,
        };
        let confidence = match audit.confidence.unwrap_or_default().to_ascii_lowercase().as_str() {
            "high" => Confidence::High,
            "low" => Confidence::Low,
            _ => Confidence::Medium,
        };
        let place = Place {
            root: self.blob.root.to_owned(),
            path,
            start_line: audit.line,
            end_line: audit.line,
            start_column: 1,
            end_column: 1,
        };
        Finding {
            id,
            rule_id: rule.id.to_owned(),
            title: format!("{}, reported by zizmor", audit.name),
            category: rule.category,
            severity,
            confidence,
            place,
            commit: None,
            author: None,
            committed_at: None,
            in_tree: true,
            in_history: false,
            fate: Fate::WorkTree,
            also_at: Vec::new(),
            masked: None,
            fingerprint: None,
            identity_id: None,
            suppressed: None,
            controls: rule.controls.iter().map(|&control| control.to_owned()).collect(),
            reasons: vec![audit.words.to_owned(), format!("zizmor says so in {}", self.blob.path)],
        }
    }

    pub(super) fn done(self, unreadable: Option<Unreadable>) -> Reading {
        let cut = (self.taken > RESULTS_MAX).then(|| Unreadable {
            reason: "too_many_results",
            detail: format!("{RESULTS_MAX} of {} results are taken", self.taken),
        });
        let observations =
            self.findings.into_iter().map(|(finding, subject)| Observation::Finding(finding, subject));
        Reading { observations: observations.collect(), unreadable: unreadable.or(cut) }
    }
}

/// The workflow below our root, wherever zizmor was started.
fn workflow(blob: &Blob<'_>, path: &str) -> Option<String> {
    match path.find(".github/workflows/") {
        Some(at) => Some(format!("{}{}", blob.base, &path[at..])),
        None => in_root(blob, path),
    }
}
