//! Reads a fixture through the readers, and tells what they saw in lines that a person can check.

use std::path::PathBuf;

use tenure_model::{Consumer, Credential, Fact, FingerprintKey, Observation};
use tenure_scan::detect::{Alone, Blob, Neighbours, Reading, read};

/// Parts what stands together in a real file: fixtures hold no text that looks like a kept key.
const JOIN: &str = "{+}";

/// The key of every test.
pub(crate) fn key() -> FingerprintKey {
    FingerprintKey::new([7; 32])
}

/// The bytes of a fixture, its halves joined.
#[allow(dead_code)] // not every test that shares this file asks
pub(crate) fn fixture(path: &str) -> Vec<u8> {
    raw(path).replace(JOIN, "").into_bytes()
}

/// The text of a fixture as it is kept.
#[allow(dead_code)] // not every test that shares this file asks
pub(crate) fn raw(path: &str) -> String {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/readers").join(path);
    std::fs::read_to_string(&file).expect("every fixture that a test names exists")
}

/// Every fixture in a folder.
#[allow(dead_code)] // not every test that shares this file asks
pub(crate) fn fixtures(folder: &str) -> Vec<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/readers").join(folder);
    let mut files: Vec<String> = std::fs::read_dir(path)
        .expect("every folder that a test names exists")
        .filter_map(|entry| Some(format!("{folder}/{}", entry.ok()?.file_name().to_str()?)))
        .collect();
    files.sort();
    files
}

/// Reads bytes as the file `path` of the repository `acme/shop`.
#[allow(dead_code)] // not every test that shares this file asks
pub(crate) fn read_as(path: &str, bytes: &[u8]) -> Reading {
    read(&Blob { root: "shop", path, base: "", repository: "acme/shop", bytes, neighbours: &Alone }, &key())
}

/// A folder of fixtures as a repository, so that its files meet each other.
#[derive(Debug)]
#[allow(dead_code)] // not every test that shares this file asks
pub(crate) struct Repository(pub(crate) &'static str);

#[allow(dead_code)] // not every test that shares this file asks
impl Repository {
    /// Reads one of its files as a scan does.
    pub(crate) fn read(&self, path: &str, values: &dyn tenure_scan::detect::Recogniser) -> Reading {
        let bytes = self.bytes(path).expect("every fixture that a test names exists");
        let blob =
            Blob { root: "shop", path, base: "", repository: "acme/shop", bytes: &bytes, neighbours: self };
        read(&blob, values)
    }
}

impl Neighbours for Repository {
    fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/readers").join(self.0);
        let text = std::fs::read_to_string(file.join(path)).ok()?;
        Some(text.replace(JOIN, "").into_bytes())
    }

    fn below(&self, folder: &str) -> Vec<String> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/readers").join(self.0);
        let mut waiting = vec![root.clone()];
        let mut files = Vec::new();
        while let Some(at) = waiting.pop() {
            for entry in std::fs::read_dir(at).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    waiting.push(path);
                } else if let Some(inside) = path.strip_prefix(&root).ok().and_then(|path| path.to_str()) {
                    files.push(inside.replace('\\', "/"));
                }
            }
        }
        files.retain(|path| path.starts_with(folder));
        files.sort();
        files
    }
}

/// Everything that was learned, a line each.
pub(crate) fn told(reading: &Reading) -> String {
    let mut lines: Vec<String> = reading.observations.iter().map(observation).collect();
    if let Some(unreadable) = &reading.unreadable {
        lines.push(format!("unread: {}: {}", unreadable.reason, unreadable.detail));
    }
    lines.join("\n")
}

fn observation(observation: &Observation) -> String {
    match observation {
        Observation::Evidence(evidence) => {
            let line = evidence.source.line.map_or("-".to_owned(), |line| line.to_string());
            let (kind, key) = (evidence.subject.kind.word(), &evidence.subject.key);
            format!(
                "{line:>3} {kind} {key} [{}]: {}",
                weight(evidence.quality.weight()),
                fact(&evidence.fact)
            )
        }
        Observation::Finding(finding, subject) => {
            let place = &finding.place;
            let also: String =
                finding.also_at.iter().map(|other| format!(" and {}", other.start_line)).collect();
            format!(
                "{:>3}{also} FINDING {} ({}) column {} to {}: {}\n      about {} {}\n      because {}",
                place.start_line,
                finding.rule_id,
                finding.severity.word(),
                place.start_column,
                place.end_column,
                finding.title,
                subject.kind.word(),
                subject.key,
                finding.reasons.join("; ")
            )
        }
        Observation::AwsAccount(account) if !account.logins.is_empty() => {
            let login = |one: &tenure_model::AwsLogin| {
                format!("{}: keys {:?}, password {:?}", one.arn, one.keys, one.has_password)
            };
            format!("  - logins: {}", account.logins.iter().map(login).collect::<Vec<_>>().join("; "))
        }
        Observation::AwsAccount(account) if !account.organization.parents.is_empty() => {
            let parents = account.organization.parents.iter();
            let lies = |(child, parent): &(String, String)| format!("{child} below {parent}");
            format!("  - organization: {}", parents.map(lies).collect::<Vec<_>>().join("; "))
        }
        Observation::AwsAccount(account) => format!(
            "  - AWS account: {} principals, {} groups, {} managed policies",
            account.principals.len(),
            account.groups.len(),
            account.policies.len()
        ),
        Observation::Role(role) => {
            format!("  - {} role {}: {}", role.platform, role.names.join(" or "), role.actions.join("; "))
        }
        Observation::Members(members) => {
            format!("  - members of {}: {}", members.platform, members.names.join(", "))
        }
        Observation::OwnerRule(rule) => {
            format!(
                "{:>3} owners of {} under `{}`: {}",
                rule.line,
                rule.pattern,
                rule.base,
                rule.owners.join(", ")
            )
        }
        other => format!("{other:?}"),
    }
}

fn weight(weight: f64) -> &'static str {
    match weight {
        w if w >= 1.0 => "authoritative",
        w if w >= 0.7 => "config",
        _ => "heuristic",
    }
}

fn fact(fact: &Fact) -> String {
    match fact {
        Fact::Identity { kind, name, native_id, provider } => {
            let id = native_id.as_deref().map(|id| format!(", id {id}")).unwrap_or_default();
            format!("is {kind} `{name}` of {provider}{id}")
        }
        Fact::Credential { credential } => credential_told(credential),
        Fact::SameAs { other, because } => format!("same as {} {}: {because}", other.kind.word(), other.key),
        Fact::Grant { grant } => {
            format!("may [{}] on {} by {}", grant.actions.join(", "), grant.target, grant.scope)
        }
        Fact::Privilege { level, because, .. } => format!("privilege {level:?}: {}", because.join("; ")),
        Fact::Consumer { consumer } => consumer_told(consumer),
        Fact::Federation { state, how } => format!("federation {state:?}: {how}"),
        Fact::Owner { claim } => format!("owner {} at {}", claim.value, claim.confidence),
        Fact::Purpose { text } => format!("purpose {text}"),
        Fact::Tag { key, value } => format!("tag {key} = {value}"),
        Fact::LastUsed { at } => format!("last used {}", at.map_or("never".to_owned(), |at| at.to_string())),
        other => format!("{other:?}"),
    }
}

fn credential_told(credential: &Credential) -> String {
    let mut words = vec![format!("holds {} ({:?})", credential.kind, credential.state).to_lowercase()];
    words.extend(credential.fingerprint.as_ref().map(|print| format!("print {}", print.0)));
    words.extend(credential.masked.as_ref().map(|mask| format!("shown as {mask}")));
    for (what, at) in [
        ("created", credential.created_at),
        ("rotated", credential.last_rotated_at),
        ("used", credential.last_used_at),
        ("expires", credential.expires_at),
    ] {
        words.extend(at.map(|at| format!("{what} {at}")));
    }
    if credential.never_used {
        words.push("never used".to_owned());
    }
    words.join(", ")
}

fn consumer_told(consumer: &Consumer) -> String {
    let mut words = vec![format!("used by {} {}", consumer.kind, consumer.job.as_deref().unwrap_or("-"))];
    words.extend(consumer.secret_name.as_ref().map(|name| format!("as {name}")));
    words.extend(consumer.exposure.as_ref().map(|exposure| format!("at {exposure}")));
    words.extend(consumer.action.as_ref().map(|action| format!("given to {action}")));
    words.extend(consumer.environment.as_ref().map(|environment| format!("in {environment}")));
    words.push(format!("on {}", consumer.triggers.join("+")));
    words.extend(consumer.runs_per_day.map(|runs| format!("{runs:.2} a day")));
    words.extend(consumer.timeout_minutes.map(|minutes| format!("{minutes} min")));
    words.extend(consumer.runner.clone());
    words.join(", ")
}
