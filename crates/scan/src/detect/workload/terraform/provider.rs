//! Providers: as whom the code's runs sign in.

use tenure_model::{Fact, Federation, Quality, Subject, SubjectKind};

use super::Names;
use super::hcl::{Attribute, Block};
use crate::detect::ci::purpose::{Purpose, by_name, names_a_secret};
use crate::detect::witness::Witness;
use crate::detect::workload::held::{Account, Held, Literal, Workload};

/// Attributes of providers that take a credential whose names do not say so.
const ATTRIBUTES: [&str; 3] = ["credentials", "client_certificate", "kubeconfig"];

/// Takes what a provider signs in with.
pub(super) fn read<'t>(
    block: &Block<'t>,
    names: &Names<'_>,
    account: &mut Account,
    literals: &mut Vec<Literal<'t>>,
    witness: &mut Witness<'_>,
) {
    let index = account.workloads.len();
    let name = match block.text("alias") {
        Some(alias) => format!("provider {}.{alias}", block.label(0)),
        None => format!("provider {}", block.label(0)),
    };
    let workload = Workload { kind: "terraform", name, line: block.line, ..Workload::default() };
    account.workloads.push(workload.clone());
    for attribute in &block.attributes {
        if !names_a_secret(attribute.name) && !ATTRIBUTES.contains(&attribute.name) {
            continue;
        }
        match attribute.text() {
            Some(value) => {
                literals.push(Literal {
                    name: attribute.name,
                    value,
                    line: attribute.line,
                    workload: Some(index),
                });
            }
            None => account.held.extend(held(block, attribute, names, index)),
        }
    }
    for inner in &block.blocks {
        if !matches!(inner.kind, "assume_role" | "assume_role_with_web_identity") {
            continue;
        }
        let Some(role) = inner.text("role_arn").filter(|role| role.starts_with("arn:")) else { continue };
        let (subject, line) = (Subject::new(SubjectKind::AwsPrincipal, role), inner.line);
        let consumer = workload.consumer(names.blob, line);
        witness.fact(&subject, line, Quality::Config, Fact::Consumer { consumer });
        if inner.kind == "assume_role_with_web_identity" {
            let how = format!("{} becomes the role with a token of its platform", workload.name);
            witness.fact(&subject, line, Quality::Config, Fact::Federation { state: Federation::Used, how });
        }
    }
}

/// A variable or data source that holds the credential.
fn held(block: &Block<'_>, attribute: &Attribute<'_>, names: &Names<'_>, workload: usize) -> Option<Held> {
    let written = attribute.written.trim_matches(['"', '$', '{', '}', ' ']);
    let end = written
        .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '_' | '-'))
        .unwrap_or(written.len());
    let source = &written[..end];
    let known =
        ["var.", "data.", "local.", "module.", "ephemeral."].iter().any(|start| source.starts_with(start));
    if !known {
        return None;
    }
    let name = source.strip_prefix("var.").unwrap_or(source);
    let qualified = format!("{}_{}", block.label(0), attribute.name);
    Some(Held {
        subject: names.of_module(source),
        kind: "terraform_variable",
        store: "terraform",
        name: name.to_owned(),
        received_as: Some(attribute.name.to_owned()),
        exposure: "provider",
        line: attribute.line,
        workload: Some(workload),
        purpose: purpose(block.label(0), attribute.name).or_else(|| by_name(&qualified, Quality::Config)),
    })
}

/// What an attribute of a provider is.
fn purpose(provider: &str, attribute: &str) -> Option<Purpose> {
    use crate::detect::ci::purpose::Part;
    let (part, kind, provider) = match (provider, attribute) {
        ("aws", "access_key") => (Part::AwsKeyId, "aws_access_key", "aws"),
        ("aws", "secret_key") => (Part::AwsSecret, "aws_access_key", "aws"),
        ("aws", "token") => (Part::AwsSession, "aws_access_key", "aws"),
        ("google" | "google-beta", "credentials") => (Part::Credential, "gcp_service_account_key", "gcp"),
        ("azurerm" | "azuread", "client_secret") => (Part::Credential, "entra_client_secret", "azure"),
        ("vault", "token") => (Part::Credential, "vault_token", "vault"),
        ("github", "token") => (Part::Credential, "github_pat", "github"),
        ("gitlab", "token") => (Part::Credential, "gitlab_pat", "gitlab"),
        ("kubernetes" | "helm", "token") => (Part::Credential, "kubeconfig_token", "kubernetes"),
        ("cloudflare", "api_token" | "api_key") => (Part::Credential, "cloudflare_token", "cloudflare"),
        ("digitalocean", "token") => (Part::Credential, "digitalocean_token", "digitalocean"),
        ("postgresql" | "mysql", "password") => (Part::Credential, "database_password", "database"),
        _ => return None,
    };
    Some(Purpose { part, kind, provider, quality: Quality::Config })
}
