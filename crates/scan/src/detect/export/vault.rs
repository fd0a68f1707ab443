//! OpenBao and Vault: tokens, AppRole, roles of Kubernetes and JWT logins.

use tenure_model::{Credential, CredentialState, Fact, Severity, Subject, mask};

use super::format::{Each, Export, Pen, account, value_subject};
use super::node::{Node, When};
use crate::detect::rules;

/// Bytes of an accessor that its mask shows.
const MASK_KEEPS: usize = 6;

/// Engines that make a credential for each request.
const MAKES_CREDENTIALS: &[&str] = &[
    "aws",
    "azure",
    "gcp",
    "database",
    "kubernetes",
    "ssh",
    "pki",
    "rabbitmq",
    "consul",
    "nomad",
    "ldap",
    "openldap",
    "ad",
    "terraform",
    "mongodbatlas",
    "alicloud",
];
/// The life of a lease where nobody chose one: 32 days.
const LEASE_SECONDS_MAX: f64 = 2_764_800.0;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "vault_auth",
    describe: "OpenBao and Vault: token accessors, AppRole roles and secret ids, roles of Kubernetes and JWT logins, leases, login methods and engines",
    exported_by: &[
        "bao token lookup -format=json -accessor ACCESSOR",
        "bao read -format=json auth/approle/role/NAME",
        "bao write -format=json auth/approle/role/NAME/secret-id-accessor/lookup secret_id_accessor=ACCESSOR",
        "bao read -format=json auth/kubernetes/role/NAME",
        "bao read -format=json auth/jwt/role/NAME",
        "bao write -format=json sys/leases/lookup lease_id=ID",
        "bao auth list -format=json",
        "bao secrets list -format=json",
    ],
    claims: |opening| {
        opening.all(&["accessor", "policies", "creation_time"])
            || opening.all(&["bind_secret_id", "secret_id_ttl"])
            || opening.all(&["secret_id_accessor", "secret_id_num_uses"])
            || opening.names("bound_service_account_names")
            || opening.all(&["bound_audiences", "user_claim"])
            || opening.all(&["issue_time", "last_renewal", "expire_time"])
            || opening.all(&["accessor", "seal_wrap", "local", "type"]) && !opening.names("apiVersion")
    },
    lists: &[],
    start: || Box::new(Each(|_, record, pen| answer(record, pen))),
};

fn answer(record: Node<'_>, pen: &mut Pen<'_>) {
    let data = if record.has("data") { record.get("data") } else { record };
    if data.has("secret_id_accessor") {
        secret_id(data, pen);
    } else if data.has("bind_secret_id") {
        app_role(data, pen);
    } else if data.has("bound_service_account_names") {
        kubernetes_role(data, pen);
    } else if data.has("user_claim") {
        jwt_role(data, pen);
    } else if data.has("policies") {
        token(data, pen);
    } else if data.has("last_renewal") {
        lease(data, pen);
    } else {
        logins(data, pen);
    }
}

/// A lease: something short-lived that a broker made. Those of one role are one identity.
fn lease(data: Node<'_>, pen: &mut Pen<'_>) {
    let Some((role, id)) = data.text("id").and_then(|id| id.rsplit_once('/')) else { return };
    pen.at(id);
    let subject = account("vault", &format!("dynamic:{role}"));
    pen.identity(&subject, "vault_dynamic_role", role, Some(role));
    pen.federation(
        &subject,
        format!("{role} makes a credential for each request and ends it with its lease"),
    );
    let end = data.when("expire_time");
    pen.fact(&subject, Fact::LastUsed { at: data.instant("issue_time") });
    if end == When::Unknown {
        let reason = "a lease of it has no end".to_owned();
        pen.finding(&rules::VAULT_PERIODIC_TOKEN, &subject, role, reason);
    }
}

/// Methods of login. One by password is for people; a machine that uses it keeps a password.
fn logins(mounts: Node<'_>, pen: &mut Pen<'_>) {
    for (path, mount) in mounts.members().filter(|(path, _)| path.ends_with('/')) {
        let (Some(kind), Some(accessor)) = (mount.text("type"), mount.text("accessor")) else { continue };
        pen.at(path);
        if !accessor.starts_with("auth_") {
            engine(path, kind, mount, pen);
            continue;
        }
        let subject = account("vault", &format!("login:{path}"));
        pen.tag(&subject, "vault:login", kind);
        if matches!(kind, "userpass" | "ldap" | "radius") {
            let reason = format!("{kind} is enabled at {path}");
            pen.finding(&rules::VAULT_PASSWORD_LOGIN, &subject, path, reason);
        }
    }
}

/// An engine: where it makes credentials, how long they live.
fn engine(path: &str, kind: &str, mount: Node<'_>, pen: &mut Pen<'_>) {
    if !MAKES_CREDENTIALS.contains(&kind) {
        return;
    }
    let subject = account("vault", &format!("engine:{path}"));
    pen.tag(&subject, "vault:engine", kind);
    let life = mount.get("config").number("default_lease_ttl").unwrap_or(0.0);
    if life > LEASE_SECONDS_MAX {
        let reason = format!("a credential of the engine {kind} lives for {} days", (life / 86_400.0) as i64);
        pen.finding(&rules::VAULT_LONG_LEASES, &subject, path, reason);
    }
}

fn policies(data: Node<'_>, subject: &Subject, scope: &str, pen: &mut Pen<'_>) {
    let mut names: Vec<String> = Vec::new();
    for list in ["policies", "token_policies", "identity_policies"] {
        names.extend(data.texts(list).into_iter().filter(|name| *name != "default").map(str::to_owned));
    }
    names.dedup();
    if !names.is_empty() {
        pen.grant(subject, "vault:policies".to_owned(), names, scope.to_owned());
    }
}

fn token(data: Node<'_>, pen: &mut Pen<'_>) {
    let Some(accessor) = data.text("accessor") else { return };
    pen.at(accessor);
    let subject = account("vault", &format!("accessor:{accessor}"));
    let name = data.text("display_name").unwrap_or(accessor);
    pen.identity(&subject, "vault_token", name, Some(accessor));
    // The answer about one's own token names its value.
    let value = data.text("id").filter(|id| *id != accessor);
    let fingerprint = match value {
        Some(value) => pen.print("vault_token", value),
        None => pen.print("vault_token_accessor", accessor),
    };
    if value.is_some() {
        pen.same(&subject, value_subject(&fingerprint), "the answer names token and accessor");
    }
    let end = data.when("expire_time");
    let endless = end == When::Unknown && data.has("expire_time") && data.number("ttl") == Some(0.0);
    let credential = Credential {
        kind: "vault_token".to_owned(),
        masked: Some(mask(accessor.as_bytes(), MASK_KEEPS)),
        fingerprint: Some(fingerprint),
        created_at: data.instant("issue_time").or(data.instant("creation_time")),
        expires_at: end.at(),
        never_expires: endless,
        state: CredentialState::Active,
        ..Credential::default()
    };
    pen.credential(&subject, credential);
    policies(data, &subject, "policies of the token", pen);
    if let Some(path) = data.text("path") {
        pen.tag(&subject, "vault:path", path);
    }
    for (key, value) in data.get("meta").members() {
        if let Some(value) = value.as_text() {
            pen.tag(&subject, key, value);
        }
    }
    let period = data.number("period").unwrap_or(0.0);
    if period > 0.0 && data.number("explicit_max_ttl").unwrap_or(0.0) == 0.0 {
        let orphan = if data.flag("orphan") == Some(true) { ", and no parent's end ends it" } else { "" };
        let reason = format!("it can be renewed for ever, {period} seconds at a time{orphan}");
        pen.finding(&rules::VAULT_PERIODIC_TOKEN, &subject, name, reason);
    }
}

/// The name of a role: the answer does not hold it, so the file's name stands for it.
pub(super) fn role_name<'b>(pen: &Pen<'b>) -> &'b str {
    let file = pen.blob.path.rsplit('/').next().unwrap_or_default();
    file.split('.').next().unwrap_or(file)
}

fn app_role(data: Node<'_>, pen: &mut Pen<'_>) {
    let name = role_name(pen);
    let subject = account("vault", &format!("approle:{name}"));
    pen.identity(&subject, "vault_approle", name, None);
    pen.credential(&subject, Credential { kind: "vault_secret_id".to_owned(), ..Credential::default() });
    policies(data, &subject, "policies of the role", pen);
    pen.at("secret_id_ttl");
    let zero = |name: &'static str| data.number(name) == Some(0.0);
    if data.flag("bind_secret_id") == Some(false) {
        let reason = "no secret id is asked for: the role id alone signs in".to_owned();
        pen.finding(&rules::VAULT_APPROLE_ENDLESS, &subject, name, reason);
    } else if zero("secret_id_ttl") && zero("secret_id_num_uses") {
        let bound =
            data.texts("secret_id_bound_cidrs").is_empty() && data.texts("token_bound_cidrs").is_empty();
        let from = if bound { ", from anywhere" } else { "" };
        let reason = format!("its secret ids never end and work any number of times{from}");
        pen.finding(&rules::VAULT_APPROLE_ENDLESS, &subject, name, reason);
    }
}

fn secret_id(data: Node<'_>, pen: &mut Pen<'_>) {
    let Some(accessor) = data.text("secret_id_accessor") else { return };
    pen.at(accessor);
    let subject = account("vault", &format!("secret-id-accessor:{accessor}"));
    pen.identity(&subject, "vault_secret_id", accessor, Some(accessor));
    let value = data.text("secret_id");
    let end = data.when("expiration_time");
    let fingerprint = match value {
        Some(value) => pen.print("vault_secret_id", value),
        None => pen.print("vault_secret_id_accessor", accessor),
    };
    if value.is_some() {
        pen.same(&subject, value_subject(&fingerprint), "the answer names secret id and accessor");
    }
    let credential = Credential {
        kind: "vault_secret_id".to_owned(),
        masked: Some(mask(accessor.as_bytes(), MASK_KEEPS)),
        fingerprint: Some(fingerprint),
        created_at: data.instant("creation_time"),
        expires_at: end.at(),
        never_expires: end == When::Never,
        state: CredentialState::Active,
        ..Credential::default()
    };
    pen.credential(&subject, credential);
}

fn kubernetes_role(data: Node<'_>, pen: &mut Pen<'_>) {
    let name = role_name(pen);
    let subject = account("vault", &format!("kubernetes-role:{name}"));
    pen.identity(&subject, "vault_role", name, None);
    pen.at("bound_service_account_names");
    let (names, namespaces) =
        (data.texts("bound_service_account_names"), data.texts("bound_service_account_namespaces"));
    let who = format!("service accounts {} of namespaces {}", names.join(", "), namespaces.join(", "));
    pen.federation(&subject, format!("a pod's token signs in: {who}"));
    policies(data, &subject, "policies of the role", pen);
    if names.contains(&"*") && namespaces.contains(&"*") {
        pen.finding(
            &rules::VAULT_ROLE_UNBOUND,
            &subject,
            name,
            "every pod of the cluster may sign in".to_owned(),
        );
    } else if names.contains(&"*") && names.len() + namespaces.len() > 0 && namespaces.contains(&"default") {
        let reason = "every pod of the namespace default may sign in".to_owned();
        pen.finding(&rules::VAULT_ROLE_UNBOUND, &subject, name, reason);
    }
}

fn jwt_role(data: Node<'_>, pen: &mut Pen<'_>) {
    let name = role_name(pen);
    let subject = account("vault", &format!("jwt-role:{name}"));
    pen.identity(&subject, "vault_role", name, None);
    let bound_subject = data.text("bound_subject");
    let claims: Vec<String> = data
        .get("bound_claims")
        .members()
        .map(|(claim, values)| format!("{claim}={}", values.words().join("|")))
        .collect();
    pen.at("bound_claims");
    let who = bound_subject.map_or_else(|| claims.join(", "), str::to_owned);
    let who = if who.is_empty() { "whatever it claims".to_owned() } else { format!("where {who}") };
    pen.federation(&subject, format!("a signed token signs in {who}"));
    policies(data, &subject, "policies of the role", pen);
    let reason = match claims_bound(data) {
        _ if bound_subject.is_some() => return,
        Bound::Narrow => return,
        Bound::Open if claims.is_empty() => "neither a subject nor a claim is demanded".to_owned(),
        Bound::Open => format!("any value of the claims will do: {}", claims.join(", ")),
        Bound::Broad => {
            format!("every repository or project of an organisation will do: {}", claims.join(", "))
        }
    };
    let severity = (claims_bound(data) == Bound::Broad).then_some(Severity::Medium);
    pen.finding_as(&rules::VAULT_ROLE_UNBOUND, severity, &subject, name, reason);
}

/// How far the bound claims of a role narrow who may sign in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bound {
    Open,
    Broad,
    Narrow,
}

/// Claims that tokens of different repositories have alike: the issuer, the audience, a branch's name.
const SAYS_NOT_WHOSE: &[&str] = &[
    "iss",
    "aud",
    "exp",
    "nbf",
    "iat",
    "ref",
    "ref_type",
    "ref_protected",
    "base_ref",
    "head_ref",
    "environment",
    "event_name",
    "pipeline_source",
    "runner_environment",
];

/// The narrowest claim decides: all of them have to hold.
fn claims_bound(data: Node<'_>) -> Bound {
    // A star is a text like any other where the type says so.
    let globs = data.text("bound_claims_type") != Some("string");
    let claims = data.get("bound_claims");
    let of_value = |value: &str| match value.split_once('*').filter(|_| globs) {
        None => Bound::Narrow,
        Some((before, _)) => {
            let named = before.split([':', '/']).filter(|part| !part.is_empty() && *part != "repo");
            let ends = before.is_empty() || before.ends_with(['/', ':']);
            match named.count() {
                0 => Bound::Open,
                1 if ends => Bound::Broad,
                _ => Bound::Narrow,
            }
        }
    };
    let narrowest = |values: Node<'_>| values.words().iter().map(|value| of_value(value)).min();
    let bounds = claims.members().map(|(claim, values)| match claim {
        claim if SAYS_NOT_WHOSE.contains(&claim) => Bound::Open,
        "repository_owner" | "repository_owner_id" | "namespace_path" | "namespace_id" => {
            narrowest(values).unwrap_or(Bound::Broad).min(Bound::Broad)
        }
        // One of the values has to fit, so the widest counts.
        _ => narrowest(values).unwrap_or(Bound::Narrow),
    });
    bounds.max().unwrap_or(Bound::Open)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn claims_bind_as_narrowly_as_the_narrowest_of_them() {
        for (kind, claims, expected) in [
            ("glob", json!({}), Bound::Open),
            ("glob", json!({"repository": "*"}), Bound::Open),
            ("glob", json!({"iss": "https://issuer.test"}), Bound::Open),
            ("glob", json!({"repository": "acme/*"}), Bound::Broad),
            ("glob", json!({"sub": "repo:acme/*"}), Bound::Broad),
            ("glob", json!({"repository": ["acme/shop", "acme/*"]}), Bound::Broad),
            ("string", json!({"repository": "acme/shop", "ref": "refs/heads/main"}), Bound::Narrow),
            ("string", json!({"ref": "refs/heads/main", "environment": "prod"}), Bound::Open),
            ("string", json!({"repository_owner": "acme", "ref": "refs/heads/main"}), Bound::Broad),
            ("glob", json!({"sub": "repo:acme/shop:ref:refs/heads/release-*"}), Bound::Narrow),
            ("glob", json!({"sub": "repo:acme/shop:*"}), Bound::Narrow),
            ("string", json!({"repository": "acme/*"}), Bound::Narrow),
        ] {
            let data = json!({"bound_claims_type": kind, "bound_claims": claims});
            assert!(claims_bound(Node::of(&data)) == expected, "{kind} {claims}");
        }
    }
}
