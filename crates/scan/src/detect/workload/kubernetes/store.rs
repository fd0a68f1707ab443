//! Secrets as objects: where their values come from, and tokens that never end.

use tenure_model::{Credential, Fact, Quality};

use super::Names;
use super::documents::Document;
use crate::detect::template::is_computed;
use crate::detect::witness::Witness;
use crate::detect::workload::held::{Account, Held};
use crate::detect::yaml::Yaml;

/// The type of a Secret that holds a token of a service account without an end.
const TOKEN_TYPE: &str = "kubernetes.io/service-account-token";
/// The annotation that names that service account.
const TOKEN_OF: &str = "kubernetes.io/service-account.name";
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
