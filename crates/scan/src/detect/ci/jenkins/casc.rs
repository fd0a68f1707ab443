//! Jenkins' Configuration as Code: the credentials that a controller starts with.

use std::borrow::Cow;

use tenure_model::{Federation, FingerprintKey, Quality};

use super::SYSTEM;
use crate::detect::ci::job::{Deed, DeedKind, Job, Pipeline};
use crate::detect::ci::purpose::{PLAIN_KIND, Part, Purpose};
use crate::detect::ci::reading;
use crate::detect::ci::secret_use::{Exposure, SecretUse, Store};
use crate::detect::ci::system::Proof;
use crate::detect::witness::Spot;
use crate::detect::yaml::{Tree, Yaml};
use crate::detect::{Blob, Detector, Look, Reading};

/// Credentials of one file that are read.
const CREDENTIALS_MAX: usize = 2_000;
/// Keys that hold the value of a credential.
const VALUES: [&str; 7] =
    ["password", "secret", "secretKey", "privateKey", "secretBytes", "clientSecret", "passphrase"];

/// The reader.
pub(in crate::detect::ci) struct JenkinsConfiguration;

impl Detector for JenkinsConfiguration {
    fn name(&self) -> &'static str {
        "jenkins_configuration"
    }

    fn describe(&self) -> &'static str {
        "Jenkins Configuration as Code: credentials of the controller, and values that are written out"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        let file = blob.path.rsplit('/').next().unwrap_or_default();
        let yaml = file.ends_with(".yml") || file.ends_with(".yaml");
        yaml && !reading::is_specimen(blob)
            && memchr::memmem::find(blob.bytes, b"domainCredentials:").is_some()
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        reading::of_yaml(blob, self.name(), key, |tree| pipeline(tree).into_iter().collect())
    }
}

fn pipeline<'t>(tree: &'t Tree<'t>) -> Option<Pipeline<'t>> {
    let system = tree.all().find_map(|root| root.get("credentials")?.get("system"))?;
    let domains = system.get("domainCredentials")?;
    let mut job = Job {
        runner: Some("self_hosted"),
        defined_elsewhere: true,
        ..Job::new(
            "controller",
            system.line(),
            Proof::new(Federation::PluginOnly, "the plug-in must be installed and its keys published"),
        )
    };
    let listed = domains.items().filter_map(|domain| domain.get("credentials")).flat_map(Yaml::items);
    for (index, entry) in listed.take(CREDENTIALS_MAX).enumerate() {
        let Some((kind, settings)) = entry.pairs().next() else { continue };
        let (Some(kind), Some(id)) = (kind.text(), settings.get("id").and_then(Yaml::text)) else { continue };
        for value in VALUES.iter().filter_map(|key| value(settings, key)) {
            if value.text().is_some_and(is_written_out) {
                let deed = Deed { what: DeedKind::InlineCredential, spot: Spot::line(value.line()) };
                job.deeds.push(deed);
            }
        }
        job.uses.push(SecretUse {
            written: None,
            started: None,
            name: Cow::Borrowed(id),
            store: Store::repository("credentials"),
            purpose: purpose(kind),
            spot: Spot::line(entry.line()),
            exposure: exposure(settings),
            slot: None,
            receiver: None,
            block: index,
        });
    }
    Some(Pipeline::new(&SYSTEM, None, vec![job]))
}

/// A value at the credential itself, or in the source of its private key.
fn value<'t>(settings: Yaml<'t>, key: &str) -> Option<Yaml<'t>> {
    settings.get(key).or_else(|| settings.get("privateKeySource")?.get("directEntry")?.get(key))
}

/// Neither a variable nor a cipher text.
fn is_written_out(value: &str) -> bool {
    let value = value.trim();
    !(value.is_empty() || value.contains("${") || (value.starts_with('{') && value.ends_with('}')))
}

/// A credential of scope GLOBAL reaches every job; one of scope SYSTEM only the controller.
fn exposure(settings: Yaml<'_>) -> Exposure {
    match settings.get("scope").and_then(Yaml::text) {
        Some("SYSTEM") => Exposure::Job,
        _ => Exposure::Workflow,
    }
}

fn purpose(kind: &str) -> Purpose {
    let (kind, provider) = match kind {
        "aws" => ("aws_access_key", "aws"),
        "basicSSHUserPrivateKey" => ("ssh_private_key", "ssh"),
        "azure" | "azureServicePrincipal" => ("entra_client_secret", "azure"),
        "gitLabApiTokenImpl" | "gitlabPersonalAccessToken" => ("gitlab_pat", "gitlab"),
        "gitHubApp" => ("github_app_private_key", "github"),
        "vaultAppRoleCredential" => ("vault_secret_id", "vault"),
        "kubeconfig" => ("kubeconfig_token", "kubernetes"),
        _ => (PLAIN_KIND, "jenkins"),
    };
    Purpose { part: Part::Credential, kind, provider, quality: Quality::Config }
}
