//! Secrets as objects: where their values come from, and tokens that never end.

use tenure_model::{Credential, Fact, Quality, Subject, SubjectKind};

use super::Names;
use super::documents::Document;
use crate::detect::recogniser::{Recognised, Recogniser};
use crate::detect::template::is_computed;
use crate::detect::witness::Witness;
use crate::detect::workload::held::{Account, Held};
use crate::detect::yaml::Yaml;
use crate::engine::secret_data;

/// The type of a Secret that holds a token of a service account without an end.
const TOKEN_TYPE: &str = "kubernetes.io/service-account-token";
/// The annotation that names that service account.
const TOKEN_OF: &str = "kubernetes.io/service-account.name";
/// Values of one Secret that are looked at.
const VALUES_MAX: usize = 500;
/// Keys of an outer store that one object may name in words.
const KEYS_TOLD_MAX: usize = 20;

/// Takes a Secret, or what fills one.
pub(super) fn read(
    document: &Document<'_>,
    names: &Names<'_>,
    account: &mut Account,
    witness: &mut Witness<'_>,
) {
    match document.kind {
        "Secret" => secret(document, names, account, witness),
        "SealedSecret" => {
            filled(document, names, account, "sealed in the repository (SealedSecret)", witness);
        }
        "ExternalSecret" => {
            let text = external(document);
            filled(document, names, account, &text, witness);
        }
        _ => {}
    }
}

fn secret(document: &Document<'_>, names: &Names<'_>, account: &mut Account, witness: &mut Witness<'_>) {
    let Some(held) = declared(document, names, metadata_name(document)) else { return };
    let token = document.root.get("type").and_then(Yaml::text) == Some(TOKEN_TYPE);
    if token && let Some(of) = document.annotation(TOKEN_OF).and_then(Yaml::text) {
        let (line, subject) = (held.line, names.service_account(document, of));
        let because = format!("Secret {} holds a token of service account {of}", held.name);
        witness.fact(&held.subject, line, Quality::Config, Fact::SameAs { other: subject.clone(), because });
        let credential = Credential {
            kind: "kubernetes_sa_token".to_owned(),
            never_expires: true,
            ..Credential::default()
        };
        witness.fact(&subject, line, Quality::Config, Fact::Credential { credential });
        return;
    }
    account.held.push(held);
}

/// Joins the values that are written out in a Secret with the Secret: what they are elsewhere, it is as well.
pub(super) fn values(
    document: &Document<'_>,
    names: &Names<'_>,
    values: &dyn Recogniser,
    witness: &mut Witness<'_>,
) {
    let held =
        if document.kind == "Secret" { declared(document, names, metadata_name(document)) } else { None };
    let Some(held) = held else { return };
    let mut known: Vec<(Recognised, &str, u32)> = Vec::new();
    for part in ["stringData", "data"] {
        let pairs = document.root.get(part).into_iter().flat_map(Yaml::pairs);
        for (key, value) in pairs.take(VALUES_MAX) {
            let (Some(name), Some(text)) = (key.text(), value.text().filter(|text| !is_computed(text)))
            else {
                continue;
            };
            let plain = if part == "data" { secret_data::plain(text) } else { Some(text.to_owned()) };
            let found = plain.and_then(|text| values.recognise(&format!("{name}: \"{text}\"\n"), &text));
            known.extend(found.filter(|found| !found.public).map(|found| (found, name, value.line())));
        }
    }
    let one = known.len() == 1;
    for (found, key, line) in known {
        let credential = Credential {
            kind: found.credential,
            fingerprint: Some(found.fingerprint.clone()),
            masked: Some(found.masked),
            ..Credential::default()
        };
        witness.fact(&held.subject, line, Quality::Config, Fact::Credential { credential });
        // A Secret of several values is several things elsewhere.
        if one {
            let other = Subject::new(SubjectKind::Credential, found.fingerprint.0);
            let because = format!("its value is written out as {key} of Secret {}", held.name);
            witness.fact(&held.subject, line, Quality::Config, Fact::SameAs { other, because });
        }
    }
}

/// A Secret whose value is kept elsewhere.
fn filled(
    document: &Document<'_>,
    names: &Names<'_>,
    account: &mut Account,
    from: &str,
    witness: &mut Witness<'_>,
) {
    let target = document.root.get("spec").and_then(|spec| spec.get("target")?.get("name"));
    let Some(held) = declared(document, names, target.or_else(|| metadata_name(document))) else { return };
    let tag = Fact::Tag { key: "tenure:filled_from".to_owned(), value: from.to_owned() };
    witness.fact(&held.subject, document.line(), Quality::Config, tag);
    account.held.push(held);
}

/// The store and keys of an ExternalSecret, in words.
fn external(document: &Document<'_>) -> String {
    let spec = document.root.get("spec");
    let store =
        spec.and_then(|spec| spec.get("secretStoreRef")?.get("name")?.text()).unwrap_or("(not named)");
    let mut keys: Vec<&str> = Vec::new();
    for part in ["data", "dataFrom"] {
        for item in spec.and_then(|spec| spec.get(part)).into_iter().flat_map(Yaml::items) {
            let remote = item.get("remoteRef").or_else(|| item.get("extract")).unwrap_or(item);
            keys.extend(remote.get("key").and_then(Yaml::text));
        }
    }
    keys.dedup();
    let more = keys.len().saturating_sub(KEYS_TOLD_MAX);
    keys.truncate(KEYS_TOLD_MAX);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(
        "store {store}: {}{rest}",
        if keys.is_empty() { "(no key named)".to_owned() } else { keys.join(", ") }
    )
}

fn metadata_name<'t>(document: &Document<'t>) -> Option<Yaml<'t>> {
    document.root.get("metadata")?.get("name")
}

fn declared(document: &Document<'_>, names: &Names<'_>, name: Option<Yaml<'_>>) -> Option<Held> {
    let node = name?;
    let written = names.template.written(node).filter(|name| !name.trim().is_empty())?;
    let mut keys =
        ["stringData", "data"].iter().filter_map(|part| document.root.get(part)).flat_map(Yaml::pairs);
    let received_as = keys.next().and_then(|(key, _)| key.text()).filter(|key| !is_computed(key));
    Some(Held {
        subject: names.secret(document, &written),
        kind: "kubernetes_secret",
        store: "kubernetes",
        name: written,
        received_as: received_as.map(str::to_owned),
        exposure: "declared",
        line: node.line(),
        workload: None,
        purpose: None,
    })
}
