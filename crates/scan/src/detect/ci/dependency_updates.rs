//! What updates dependencies by the clock: Dependabot and Renovate, and the registries that they log in to.

use std::borrow::Cow;

use tenure_model::FingerprintKey;

use super::github_actions::named_secrets;
use super::job::{Job, Pipeline};
use super::purpose::{self, Place};
use super::secret_use::{Exposure, SecretUse, Store};
use super::system::System;
use super::{cron, reading};
use crate::detect::yaml::{Tree, Yaml};
use crate::detect::{Blob, Detector, Look, Reading};

/// Dependabot in words. Its secrets are GitHub's, in a store of their own.
static DEPENDABOT: System = System {
    key: "github",
    name: "Dependabot",
    secret_kind: "dependabot_secret",
    job_kind: "dependabot_update",
    plain_kind: "ci_secret",
    token: None,
    timeout: None,
    folds_case: true,
    guards_environments: false,
    trusted_publishing: &[],
};
/// Renovate in words.
static RENOVATE: System = System {
    key: "renovate",
    name: "Renovate",
    secret_kind: "renovate_secret",
    job_kind: "renovate_update",
    plain_kind: "ci_secret",
    token: None,
    timeout: None,
    folds_case: false,
    guards_environments: false,
    trusted_publishing: &[],
};
/// Files that Renovate takes for its configuration, in its order.
const RENOVATE_FILES: &[&str] = &[
    "renovate.json",
    "renovate.json5",
    ".github/renovate.json",
    ".github/renovate.json5",
    ".gitlab/renovate.json",
    ".gitlab/renovate.json5",
    ".renovaterc",
    ".renovaterc.json",
    ".renovaterc.json5",
];
/// Registries or host rules of one file that are read.
const RULES_MAX: usize = 1_000;
/// Digits of the fingerprint that stand for an encrypted value.
const DIGITS: usize = 8;

/// The reader of Dependabot's configuration.
pub(super) struct Dependabot;

impl Detector for Dependabot {
    fn name(&self) -> &'static str {
        "dependabot"
    }

    fn describe(&self) -> &'static str {
        "Dependabot: private registries, the secrets that open them, how often they are asked"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        matches!(blob.path_in_repository(), ".github/dependabot.yml" | ".github/dependabot.yaml")
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        reading::of_yaml(blob, self.name(), key, |tree| dependabot(tree).into_iter().collect())
    }
}

fn dependabot<'t>(tree: &'t Tree<'t>) -> Option<Pipeline<'t>> {
    let root = tree.first()?;
    let updates: Vec<Yaml<'t>> =
        root.get("updates").into_iter().flat_map(Yaml::items).take(RULES_MAX).collect();
    let registries = root.get("registries").into_iter().flat_map(Yaml::pairs).take(RULES_MAX);
    let jobs = registries.filter_map(|(name, registry)| {
        let id = name.text()?;
        let said = |key: &str| registry.get(key).and_then(Yaml::text).unwrap_or_default();
        let kind = format!("{} {}", said("type"), said("url"));
        let mut uses = Vec::new();
        for (slot, value) in registry.pairs() {
            let (Some(slot), Some(text)) = (slot.text(), value.text()) else { continue };
            for name in named_secrets(text) {
                let place = Place { said: purpose::of_registry(&kind, slot), ..Place::default() };
                uses.push(SecretUse {
                    written: None,
                    started: None,
                    name: Cow::Borrowed(name),
                    store: Store::repository("dependabot"),
                    purpose: purpose::of_use(name, place, "registry"),
                    spot: value.search().find(&[name]),
                    exposure: Exposure::With,
                    slot: Some(Cow::Borrowed(slot)),
                    receiver: None,
                    block: 0,
                });
            }
        }
        let asks = |update: &&Yaml<'t>| {
            update
                .get("registries")
                .map(Yaml::words)
                .unwrap_or_default()
                .iter()
                .any(|word| *word == id || *word == "*")
        };
        let rates = updates.iter().filter(asks).filter_map(|update| rate(update.get("schedule")?));
        Some(Job {
            triggers: vec!["schedule".to_owned()],
            runs_per_day: rates.reduce(f64::max),
            scheduled: true,
            runner: Some("hosted"),
            has_timeout: true,
            uses,
            ..Job::new(id, name.line(), None)
        })
    });
    Some(Pipeline::new(&DEPENDABOT, None, jobs.collect()))
}

/// Runs a day of a Dependabot schedule.
fn rate(schedule: Yaml<'_>) -> Option<f64> {
    match schedule.get("interval")?.text()? {
        "daily" => Some(5.0 / 7.0),
        "weekly" => Some(1.0 / 7.0),
        "monthly" => Some(12.0 / 365.0),
        "quarterly" => Some(4.0 / 365.0),
        "semiannually" => Some(2.0 / 365.0),
        "yearly" => Some(1.0 / 365.0),
        "cron" => cron::runs_per_day(schedule.get("cronjob")?.text()?),
        _ => None,
    }
}

/// The reader of Renovate's configuration.
pub(super) struct Renovate;

impl Detector for Renovate {
    fn name(&self) -> &'static str {
        "renovate"
    }

    fn describe(&self) -> &'static str {
        "Renovate: host rules with secrets or encrypted values"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        RENOVATE_FILES.contains(&blob.path_in_repository())
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        let text = match reading::decoded(blob) {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        // JSON is YAML once its comments are blanks.
        let plain = without_comments(&text);
        let blank = Blob { bytes: plain.as_bytes(), ..*blob };
        reading::of_yaml(&blank, self.name(), key, |tree| renovate(tree, key).into_iter().collect())
    }
}

fn renovate<'t>(tree: &'t Tree<'t>, key: &FingerprintKey) -> Option<Pipeline<'t>> {
    let root = tree.first()?;
    let rules = root.get("hostRules").into_iter().flat_map(Yaml::items).take(RULES_MAX);
    let mut holders: Vec<(&str, Yaml<'t>)> = rules
        .map(|rule| {
            (
                ["matchHost", "hostType"].iter().find_map(|key| rule.get(key)?.text()).unwrap_or("host rule"),
                rule,
            )
        })
        .collect();
    holders.push(("all hosts", root));
    let jobs = holders.into_iter().map(|(id, holder)| {
        let mut uses = Vec::new();
        for (slot, value) in holder.pairs().chain(holder.get("encrypted").into_iter().flat_map(Yaml::pairs)) {
            let (Some(slot), Some(text)) = (slot.text(), value.text()) else { continue };
            let name = renovate_secret(text).map(Cow::Borrowed).or_else(|| {
                let sealed = holder.get("encrypted").is_some_and(|sealed| sealed.get(slot).is_some());
                let print = key.fingerprint("renovate_encrypted", text.as_bytes()).0;
                let digits: String = print.chars().rev().take(DIGITS).collect();
                sealed.then(|| Cow::Owned(format!("encrypted {slot} {digits}")))
            });
            let Some(name) = name else { continue };
            let said = purpose::of_registry(id, slot);
            let place = Place { said, ..Place::default() };
            uses.push(SecretUse {
                written: None,
                started: None,
                purpose: purpose::of_use(&name, place, "registry"),
                name,
                store: Store::repository("renovate"),
                spot: crate::detect::witness::Spot::line(value.line()),
                exposure: Exposure::With,
                slot: Some(Cow::Borrowed(slot)),
                receiver: None,
                block: 0,
            });
        }
        Job {
            triggers: vec!["schedule".to_owned()],
            scheduled: true,
            has_timeout: true,
            uses,
            ..Job::new(id, holder.line(), None)
        }
    });
    Some(Pipeline::new(&RENOVATE, None, jobs.filter(|job| !job.uses.is_empty()).collect()))
}

/// The name in `{{ secrets.NAME }}`.
fn renovate_secret(text: &str) -> Option<&str> {
    let inside = text.split_once("{{")?.1.split_once("}}")?.0.trim();
    inside.strip_prefix("secrets.").filter(|name| !name.is_empty())
}

/// JSON with comments, these made blank: everything else stays where it is.
fn without_comments(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = bytes.to_vec();
    let (mut at, mut quote) = (0, None);
    while at < bytes.len() {
        let start = at;
        match (quote, bytes[at]) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if byte == open => quote = None,
            (None, byte @ (b'"' | b'\'')) => quote = Some(byte),
            (None, b'/') if bytes.get(at + 1) == Some(&b'/') => {
                at += memchr::memchr(b'\n', &bytes[at..]).unwrap_or(bytes.len() - at);
                plain[start..at].fill(b' ');
                continue;
            }
            (None, b'/') if bytes.get(at + 1) == Some(&b'*') => {
                let end =
                    memchr::memmem::find(&bytes[at + 2..], b"*/").map_or(bytes.len(), |end| at + end + 4);
                plain[start..end].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
                at = end;
                continue;
            }
            // A tab is white space in JSON and an error in YAML.
            (None, b'\t') => plain[at] = b' ',
            _ => {}
        }
        at += 1;
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_become_blanks_and_texts_stay() {
        let json = "{ // a\n \"b\": \"http://x\", /* c\n */ 'd': 'it\\'s // e' }";
        let plain = without_comments(json);
        assert_eq!(plain.len(), json.len());
        assert!(plain.contains("http://x") && plain.contains("s // e") && !plain.contains("// a"));
    }
}
