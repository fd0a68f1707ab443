//! Hits with a place become findings, with the evidence that ties them to an identity.

use tenure_model::{
    Category, Credential, CredentialState, Evidence, EvidenceSource, Fact, Fate, Finding, Introduction,
    Observation, OtherPlace, Place, Quality, Severity, Subject, SubjectKind, finding_id,
};

use crate::engine::context::PathClass;
use crate::hits::Hit;

/// Most further places that one finding lists.
pub(crate) const OTHER_PLACES_MAX: usize = 50;

/// Kind of credential under which a key id found in a file and an export's key id share a fingerprint.
pub(crate) const AWS_ACCESS_KEY: &str = "aws_access_key";

/// Where the hits of one path were seen.
#[derive(Debug, Clone)]
pub(crate) struct Sighted<'a> {
    /// Scanned root.
    pub(crate) root: &'a str,
    /// Path below it.
    pub(crate) path: &'a str,
    /// How it can be reached.
    pub(crate) fate: Fate,
    /// What brought it in.
    pub(crate) introduction: Option<Introduction>,
    /// In the object store, too.
    pub(crate) in_history: bool,
}

/// The subject of a hit: the login of a connection string, or the credential itself.
fn subject(hit: &Hit, all: &[Hit]) -> Subject {
    if let Some(login) = database_login(hit) {
        return Subject::new(SubjectKind::DatabaseLogin, login);
    }
    let owner = hit.pair.and_then(|index| all.get(index)).unwrap_or(hit);
    Subject::new(SubjectKind::Credential, owner.found.fingerprint.0.clone())
}

/// `engine://user@host:port/database` of a database connection string.
fn database_login(hit: &Hit) -> Option<String> {
    let login = hit.found.login.as_ref()?;
    if hit.found.credential != "database_password" {
        return None;
    }
    let engine = match login.scheme.split('+').next().unwrap_or_default() {
        "postgres" => "postgresql",
        other => other,
    };
    let (user, host) = (login.user.as_deref()?, login.host.as_deref().unwrap_or("localhost"));
    let port = login.port.map(|port| format!(":{port}")).unwrap_or_default();
    let database = login.database.as_deref().unwrap_or_default();
    Some(format!("{engine}://{user}@{host}{port}/{database}"))
}

/// Turns the hits of one path, all of one rule and value, into one finding and its evidence.
///
/// `hits` is not empty; the first is the finding's place, the others its further lines.
pub(crate) fn observe(hits: &[&Hit], all: &[Hit], seen: &Sighted<'_>, out: &mut Vec<Observation>) {
    let Some(first) = hits.first() else { return };
    let class = first.class_at(seen.path);
    let found = &first.found;
    let mut reasons = found.reasons.clone();
    let severity = if found.public {
        found.severity.min(Severity::Low)
    } else if found.credential.ends_with("private_key") {
        class.weigh_key(found.severity, PathClass::is_page(seen.path))
    } else {
        // A bundle is what runs; everywhere else a dummy is as likely.
        let sure = found.vouched || found.specific && class == PathClass::Generated;
        class.weigh(found.severity, sure && found.drawn)
    };
    if class != PathClass::Live {
        let place = if PathClass::of(seen.path) == class { "path" } else { "part of its file" };
        reasons.push(format!("in a {} {place}", class.word()));
    }
    let subject = subject(first, all);
    let place = Place {
        root: seen.root.to_owned(),
        path: seen.path.to_owned(),
        start_line: first.start_line,
        end_line: first.end_line,
        start_column: first.start_column,
        end_column: first.end_column,
    };
    let commit = seen.introduction.as_ref().map(|i| i.commit.clone());
    let also_at = hits[1..]
        .iter()
        .take(OTHER_PLACES_MAX)
        .map(|hit| OtherPlace {
            path: seen.path.to_owned(),
            start_line: hit.start_line,
            commit: if seen.fate.is_in_tree() { None } else { commit.clone() },
        })
        .collect();
    out.push(Observation::Finding(
        Finding {
            id: finding_id(&found.rule_id, &found.fingerprint.0, seen.path),
            rule_id: found.rule_id.clone(),
            title: found.title.clone(),
            category: Category::Secret,
            severity,
            confidence: found.confidence,
            place,
            commit: commit.clone(),
            author: seen.introduction.as_ref().map(|i| i.author.clone()),
            committed_at: seen.introduction.as_ref().map(|i| i.committed_at),
            in_tree: seen.fate.is_in_tree(),
            in_history: seen.in_history,
            fate: seen.fate,
            also_at,
            masked: Some(found.masked.clone()),
            fingerprint: Some(found.fingerprint.clone()),
            identity_id: None,
            suppressed: None,
            controls: vec!["OWASP-NHI2:2025".to_owned(), "OWASP-NHI7:2025".to_owned()],
            reasons,
        },
        subject.clone(),
    ));
    let source = EvidenceSource {
        root: seen.root.to_owned(),
        path: seen.path.to_owned(),
        line: Some(first.start_line),
        commit,
        reader: found.rule_id.clone(),
    };
    evidence(first, all, &subject, &source, out);
}

/// What the hit says about its identity.
fn evidence(hit: &Hit, all: &[Hit], subject: &Subject, source: &EvidenceSource, out: &mut Vec<Observation>) {
    let found = &hit.found;
    let mut say = |about: &Subject, fact: Fact| {
        out.push(Observation::Evidence(Evidence {
            subject: about.clone(),
            fact,
            source: source.clone(),
            quality: Quality::Heuristic,
        }));
    };
    let paired = hit.pair.and_then(|index| all.get(index));
    if paired.is_none() {
        say(subject, identity(hit, subject, &source.path));
        say(
            subject,
            Fact::Credential {
                credential: Credential {
                    kind: found.credential.clone(),
                    fingerprint: Some(found.fingerprint.clone()),
                    masked: Some(found.masked.clone()),
                    state: CredentialState::Unknown,
                    ..Credential::default()
                },
            },
        );
    }
    let own = Subject::new(SubjectKind::Credential, found.fingerprint.0.clone());
    if own != *subject {
        let because = match paired {
            Some(other) => format!("stands beside the {}", other.found.title),
            None => "the value signs this login in".to_owned(),
        };
        say(&own, Fact::SameAs { other: subject.clone(), because });
    }
    if let Some(account) = service_account(hit) {
        let because = "the account that it signs in is named with it".to_owned();
        say(subject, Fact::SameAs { other: account, because });
    }
}

/// The account that a credential names, under the name by which exports know it, too.
fn service_account(hit: &Hit) -> Option<Subject> {
    let user = hit.found.login.as_ref()?.user.as_deref()?;
    let key = match hit.found.credential.as_str() {
        "gcp_service_account_key" if user.contains('@') => format!("gcp:{user}"),
        "entra_client_secret" => format!("azure:{}", user.to_ascii_lowercase()),
        _ => return None,
    };
    Some(Subject::new(SubjectKind::Account, key))
}

fn identity(hit: &Hit, subject: &Subject, path: &str) -> Fact {
    let found = &hit.found;
    if subject.kind == SubjectKind::DatabaseLogin {
        let (provider, rest) = subject.key.split_once("://").unwrap_or(("", &subject.key));
        return Fact::Identity {
            kind: "database_login".to_owned(),
            name: rest.to_owned(),
            native_id: Some(subject.key.clone()),
            provider: provider.to_owned(),
        };
    }
    let login = found.login.as_ref().and_then(|login| {
        let user = login.user.as_deref()?;
        Some(login.host.as_deref().map_or(user.to_owned(), |host| format!("{user}@{host}")))
    });
    Fact::Identity {
        kind: found.credential.clone(),
        name: login.or_else(|| found.name.clone()).unwrap_or_else(|| nameless(hit, path)),
        native_id: None,
        provider: found.provider.clone(),
    }
}

/// A value that nothing names is called by its mask; a block of text, whose mask says nothing, by its file.
fn nameless(hit: &Hit, path: &str) -> String {
    if hit.found.masked.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return hit.found.masked.clone();
    }
    path.rsplit('/').next().unwrap_or(path).to_owned()
}
