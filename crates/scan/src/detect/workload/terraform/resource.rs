//! Resources that make or hold credentials, and the accounts that these belong to.

use tenure_model::{Credential, Fact, Federation, Quality, Subject, SubjectKind};

use super::hcl::Block;
use super::{Names, address};
use crate::detect::rules;
use crate::detect::template::is_computed;
use crate::detect::witness::{Spot, Statement, Witness};

/// A resource that makes a credential: its type, the kind of credential, the platform, and the attribute that names whose
/// it is.
struct Minting {
    resource: &'static str,
    credential: &'static str,
    provider: &'static str,
    /// Attribute, and type of the resource that it refers to.
    of: Option<(&'static str, &'static str)>,
    /// Attributes that give it an end.
    ends: &'static [&'static str],
}

const fn minting(
    resource: &'static str,
    credential: &'static str,
    provider: &'static str,
    of: Option<(&'static str, &'static str)>,
    ends: &'static [&'static str],
) -> Minting {
    Minting { resource, credential, provider, of, ends }
}

/// Resources that make a credential which ends only when somebody ends it.
const MINTINGS: [Minting; 15] = [
    minting("aws_iam_access_key", "aws_access_key", "aws", Some(("user", "aws_iam_user")), &[]),
    minting("aws_iam_user_login_profile", "aws_console_password", "aws", Some(("user", "aws_iam_user")), &[]),
    minting(
        "aws_iam_service_specific_credential",
        "aws_codecommit_password",
        "aws",
        Some(("user_name", "aws_iam_user")),
        &[],
    ),
    minting(
        "google_service_account_key",
        "gcp_service_account_key",
        "gcp",
        Some(("service_account_id", "google_service_account")),
        &[],
    ),
    minting("google_apikeys_key", "gcp_api_key", "gcp", None, &[]),
    minting(
        "azuread_application_password",
        "entra_client_secret",
        "azure",
        Some(("application_id", "azuread_application")),
        &["end_date", "end_date_relative"],
    ),
    minting(
        "azuread_service_principal_password",
        "entra_client_secret",
        "azure",
        Some(("service_principal_id", "azuread_service_principal")),
        &["end_date", "end_date_relative"],
    ),
    minting("tls_private_key", "tls_private_key", "tls", None, &[]),
    minting("vault_token", "vault_token", "vault", None, &["ttl", "explicit_max_ttl"]),
    minting("vault_approle_auth_backend_role_secret_id", "vault_secret_id", "vault", None, &["ttl"]),
    minting("cloudflare_api_token", "cloudflare_token", "cloudflare", None, &["expires_on"]),
    minting("gitlab_project_access_token", "gitlab_pat", "gitlab", None, &["expires_at"]),
    minting("gitlab_group_access_token", "gitlab_pat", "gitlab", None, &["expires_at"]),
    minting("gitlab_personal_access_token", "gitlab_pat", "gitlab", None, &["expires_at"]),
    minting("gitlab_deploy_token", "gitlab_deploy_token", "gitlab", None, &["expires_at"]),
];
/// Resources that put a credential into a store of a CI system or cluster: type, and the attribute that names it.
const STORES: [(&str, &str); 7] = [
    ("github_actions_secret", "secret_name"),
    ("github_actions_organization_secret", "secret_name"),
    ("github_actions_environment_secret", "secret_name"),
    ("github_dependabot_secret", "secret_name"),
    ("gitlab_project_variable", "key"),
    ("gitlab_group_variable", "key"),
    ("vault_generic_secret", "path"),
];
/// Resources that let a workload prove who it is.
const FEDERATIONS: [(&str, &str); 5] = [
    ("aws_iam_openid_connect_provider", "AWS trusts this issuer's tokens"),
    ("google_iam_workload_identity_pool_provider", "Google Cloud trusts this issuer's tokens"),
    ("azuread_application_federated_identity_credential", "Entra trusts this issuer's tokens"),
    ("azurerm_federated_identity_credential", "Azure trusts this issuer's tokens for a managed identity"),
    ("vault_jwt_auth_backend_role", "Vault accepts this issuer's tokens"),
];

/// Takes a resource, when it is one of those.
pub(super) fn read(block: &Block<'_>, names: &Names<'_>, witness: &mut Witness<'_>) {
    let kind = block.label(0);
    if let Some(minting) = MINTINGS.iter().find(|minting| minting.resource == kind) {
        mint(block, minting, names, witness);
    } else if let Some((_, attribute)) = STORES.iter().find(|(store, _)| *store == kind) {
        store(block, attribute, names, witness);
    } else if let Some((_, how)) = FEDERATIONS.iter().find(|(federation, _)| *federation == kind) {
        let of = block
            .get("application_id")
            .and_then(|application| names.referred(application.written, "azuread_application"));
        let subject = of.unwrap_or_else(|| names.resource(block));
        let how = format!("{how} ({})", address(block));
        witness.fact(
            &subject,
            block.line,
            Quality::Config,
            Fact::Federation { state: Federation::Available, how },
        );
    } else {
        account(block, names, witness);
    }
}

fn mint(block: &Block<'_>, minting: &Minting, names: &Names<'_>, witness: &mut Witness<'_>) {
    let Minting { credential, provider, of, ends, .. } = *minting;
    let (own, line) = (names.resource(block), block.line);
    let owner = of.and_then(|(attribute, kind)| {
        let attribute = block.get(attribute)?;
        names.referred(attribute.written, kind)
    });
    let subject = owner.unwrap_or(own);
    let ends_at = ends.iter().find_map(|end| block.get(end));
    let fact = Fact::Identity {
        kind: kind_of(credential).to_owned(),
        name: address(block),
        native_id: None,
        provider: provider.to_owned(),
    };
    // The account that holds it knows better what it is called.
    witness.fact(&subject, line, Quality::Heuristic, fact);
    let held = Credential {
        kind: credential.to_owned(),
        never_expires: ends_at.is_none() && ends.is_empty(),
        ..Credential::default()
    };
    witness.fact(&subject, line, Quality::Config, Fact::Credential { credential: held });
    if ends_at.is_some() {
        return;
    }
    let mut reasons = vec!["its value lies in the state of Terraform".to_owned()];
    reasons.push(if ends.is_empty() {
        "it has no end of its own".to_owned()
    } else {
        format!("no end is written ({}), so the platform's default holds", ends.join(" or "))
    });
    witness.finding(Statement {
        rule: &rules::IAC_LONG_LIVED_KEY,
        severity: None,
        subject,
        about: format!("{}#{}", names.blob.repository, address(block)),
        title: format!("{} makes a long-lived credential", address(block)),
        spots: vec![Spot::line(line)],
        reasons,
    });
}

/// The kind of identity that a credential alone makes.
fn kind_of(credential: &str) -> &str {
    match credential {
        "aws_access_key" | "aws_console_password" | "aws_codecommit_password" => "aws_iam_user",
        "gcp_service_account_key" => "gcp_service_account",
        "entra_client_secret" => "entra_application",
        other => other,
    }
}

/// A secret that the code puts into a store.
fn store(block: &Block<'_>, attribute: &str, names: &Names<'_>, witness: &mut Witness<'_>) {
    let Some(name) = block.text(attribute) else { return };
    let line = block.line;
    let own = names.resource(block);
    let (kind, provider) = match block.label(0) {
        kind if kind.starts_with("github") => ("github_actions_secret", "github"),
        kind if kind.starts_with("gitlab") => ("ci_secret", "gitlab"),
        _ => ("vault_secret", "vault"),
    };
    let fact = Fact::Identity {
        kind: kind.to_owned(),
        name: name.to_owned(),
        native_id: None,
        provider: provider.to_owned(),
    };
    witness.fact(&own, line, Quality::Config, fact);
    let tag =
        Fact::Tag { key: "tenure:filled_from".to_owned(), value: format!("Terraform, {}", address(block)) };
    witness.fact(&own, line, Quality::Config, tag);
    // A repository is named without its owner: taken for the owner of this one.
    let owner = names.blob.repository.split_once('/').map(|(owner, _)| owner);
    if block.label(0) == "github_actions_secret"
        && let (Some(owner), Some(repository)) = (owner, block.text("repository"))
    {
        let key = format!("github:{owner}/{repository}:repo:{}", name.to_ascii_uppercase());
        let other = Subject::new(SubjectKind::CiSecret, key);
        let because = "the code sets this secret of the repository".to_owned();
        witness.fact(&own, line, Quality::Heuristic, Fact::SameAs { other, because });
    }
}

/// Users and service accounts, under the names that the cloud gives them.
fn account(block: &Block<'_>, names: &Names<'_>, witness: &mut Witness<'_>) {
    let plain = |attribute: &str| block.text(attribute).filter(|text| !is_computed(text));
    let (kind, provider, name, other) = match block.label(0) {
        "aws_iam_user" => {
            let name = plain("name");
            let path = plain("path").unwrap_or("/");
            let arn = names
                .aws_account
                .as_ref()
                .and_then(|id| Some(format!("arn:aws:iam::{id}:user{path}{}", name?)));
            ("aws_iam_user", "aws", name, arn.map(|arn| Subject::new(SubjectKind::AwsPrincipal, arn)))
        }
        "google_service_account" => {
            let name = plain("account_id");
            let mail =
                name.and_then(|id| Some(format!("gcp:{id}@{}.iam.gserviceaccount.com", plain("project")?)));
            ("gcp_service_account", "gcp", name, mail.map(|mail| Subject::new(SubjectKind::Account, mail)))
        }
        "azuread_application" => ("entra_application", "azure", plain("display_name"), None),
        "kubernetes_service_account" | "kubernetes_service_account_v1" => {
            let metadata = block.blocks.iter().find(|inner| inner.kind == "metadata");
            (
                "kubernetes_service_account",
                "kubernetes",
                metadata.and_then(|metadata| metadata.text("name")),
                None,
            )
        }
        "kubernetes_secret" | "kubernetes_secret_v1" => {
            let metadata = block.blocks.iter().find(|inner| inner.kind == "metadata");
            let name = metadata.and_then(|metadata| metadata.text("name"));
            let space = metadata.and_then(|metadata| metadata.text("namespace")).unwrap_or("-");
            let key = name.map(|name| format!("kubernetes:{}:secret:{space}/{name}", names.blob.repository));
            ("kubernetes_secret", "kubernetes", name, key.map(|key| Subject::new(SubjectKind::Account, key)))
        }
        _ => return,
    };
    let (own, line) = (names.resource(block), block.line);
    let fact = Fact::Identity {
        kind: kind.to_owned(),
        name: name.map_or_else(|| address(block), str::to_owned),
        native_id: None,
        provider: provider.to_owned(),
    };
    witness.fact(&own, line, Quality::Config, fact);
    if let Some(other) = other {
        let because = format!("{} is made under this name", address(block));
        witness.fact(&own, line, Quality::Config, Fact::SameAs { other, because });
    }
}
