//! What a secret in a CI store is for, told by the variable or input that receives it, or by its name.

mod words;

use tenure_model::Quality;

pub(in crate::detect) use words::PLAIN_KIND;
use words::{CONFIGURATION_ENDINGS, NAMES, OTHER_S3, PROVIDER_WORDS};

/// The role that a value plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::detect) enum Part {
    /// Proves an identity by itself.
    Credential,
    /// Names an AWS access key; proves something only beside its secret half.
    AwsKeyId,
    /// The secret half of an AWS access key.
    AwsSecret,
    /// Goes with a temporary AWS key.
    AwsSession,
    /// A name, a region, an account: kept as a secret, but proves nothing.
    Configuration,
}

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::detect) struct Purpose {
    /// Its role.
    pub(in crate::detect) part: Part,
    /// Kind of credential, a key of the catalogue.
    pub(in crate::detect) kind: &'static str,
    /// The platform that it opens.
    pub(in crate::detect) provider: &'static str,
    /// How we know.
    pub(in crate::detect) quality: Quality,
}

/// Kinds that open a cloud account which would accept the CI system's own proof of identity instead.
const CLOUD_KINDS: &[&str] = &["aws_access_key", "gcp_service_account_key", "entra_client_secret"];

impl Purpose {
    /// A static key of a cloud that federates.
    pub(in crate::detect) fn is_cloud_key(&self) -> bool {
        self.part != Part::Configuration && CLOUD_KINDS.contains(&self.kind)
    }

    const fn new(part: Part, kind: &'static str, provider: &'static str, quality: Quality) -> Self {
        Self { part, kind, provider, quality }
    }
}

/// What a name says, be it a variable's, an input's or a secret's.
pub(in crate::detect) fn by_name(name: &str, quality: Quality) -> Option<Purpose> {
    let name = parted(name);
    let row = NAMES.iter().find(|(pattern, ..)| has_words(&name, pattern));
    if let Some(&(_, part, kind, provider)) = row {
        let other = provider == "aws" && OTHER_S3.iter().any(|word| has_words(&name, word));
        return Some(if other {
            other_s3(part, quality)
        } else {
            Purpose::new(part, kind, provider, quality)
        });
    }
    let provider =
        PROVIDER_WORDS.iter().find(|(word, _)| has_words(&name, word)).map(|(_, provider)| *provider);
    let ends_with = |ending: &str| {
        name.strip_suffix('_')
            .and_then(|name| name.strip_suffix(ending))
            .is_some_and(|rest| rest.ends_with('_'))
    };
    if CONFIGURATION_ENDINGS.split_whitespace().any(ends_with) {
        return Some(Purpose::new(Part::Configuration, "", provider.unwrap_or("github"), quality));
    }
    if ends_with("PAT") && provider.is_none() {
        return Some(Purpose::new(Part::Credential, "github_pat", "github", quality));
    }
    // A vendor's word in a receiver's name tells nothing that the secret's own name would not tell better.
    let provider = provider.filter(|_| quality == Quality::Heuristic)?;
    Some(Purpose::new(Part::Credential, PLAIN_KIND, provider, quality))
}

/// What a place that receives a secret says about it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place<'n> {
    /// What the receiving step or tool says of its input.
    pub(super) said: Option<Purpose>,
    /// The variable or input that receives the secret, where its name speaks for it.
    pub(super) slot: Option<&'n str>,
    /// The value holds other secrets too, so that its receiver does not speak for each of them.
    pub(super) shared: bool,
    /// Storage there speaks the S3 protocol and is not AWS.
    pub(super) other_s3: bool,
}

/// What a token is taken for whose name only says that a bot or a person uses it.
const PERSONAL_KIND: &str = "github_pat";

/// What a secret is for, by the place that receives it and by its name; `unknown` is the platform of last resort.
pub(super) fn of_use(name: &str, place: Place<'_>, unknown: &'static str) -> Purpose {
    let plain = Purpose::new(Part::Credential, PLAIN_KIND, unknown, Quality::Heuristic);
    let by_own_name =
        by_name(name, Quality::Heuristic).or_else(|| by_name(&spread(name)?, Quality::Heuristic));
    let by_slot = || place.slot.and_then(|slot| by_name(slot, Quality::Config));
    let own = by_own_name.filter(|_| place.shared);
    // An input called `bot-token` says less than a secret called `SLACK_BOT_TOKEN`.
    let clearer = by_own_name.filter(|own| {
        own.kind != PLAIN_KIND
            && by_slot().is_some_and(|slot| slot.kind == PERSONAL_KIND && slot.provider != own.provider)
    });
    let mut purpose = own.or(place.said).or(clearer).or_else(by_slot).or(by_own_name).unwrap_or(plain);
    // A setting of no platform's is the store's.
    if purpose.part == Part::Configuration && purpose.provider == "github" {
        purpose.provider = by_own_name.map_or(unknown, |own| own.provider);
    }
    let elsewhere = place.other_s3 || by_own_name.is_some_and(|purpose| purpose.provider == "s3_compatible");
    if purpose.kind == "aws_access_key" && elsewhere {
        return other_s3(purpose.part, purpose.quality);
    }
    purpose
}

/// Endings of names that mean a value to keep.
const SECRET_ENDINGS: &str = "TOKEN PASSWORD PASSWD PASSPHRASE PWD PASS SECRET SECRETS CREDENTIALS CREDENTIAL CREDS \
    API_KEY APIKEY ACCESS_KEY PRIVATE_KEY SECRET_KEY SIGNING_KEY AUTH_KEY DEPLOY_KEY SSH_KEY GPG_KEY ENCRYPTION_KEY \
    SERVICE_KEY MASTER_KEY LICENSE_KEY LICENCE_KEY ACCOUNT_KEY STORAGE_KEY RECORD_KEY SA_KEY ACCESS_KEY_ID WEBHOOK WEBHOOK_URL PAT AUTH_JSON AUTH_CONFIG JSON_KEY KEYFILE KUBECONFIG \
    KUBE_CONFIG DATABASE_URL AUTHORIZATION BEARER JWT_AUTH BASIC_AUTH PRIVATEKEY SECRETKEY ACCESSKEY SIGNINGKEY DEPLOYKEY SSHKEY AUTHTOKEN ACCESSTOKEN";
/// Kinds that a name means even without such an ending.
const TELLING_KINDS: &[&str] = &[
    "aws_access_key",
    "gcp_service_account_key",
    "entra_client_secret",
    "kubeconfig_token",
    "database_password",
    "ssh_private_key",
    "azure_publish_profile",
];

/// Last words of names that tell several of one kind apart.
const STAGES: &str = "PROD PRODUCTION PRD STAGING STAGE STG DEV DEVELOP DEVELOPMENT TEST TESTING QA UAT PREPROD PREVIEW \
    SANDBOX LIVE DEMO MAIN MASTER NEW OLD BASE64 B64";
/// Words that mean a value to keep also where one more word follows that tells whose it is: `NPM_TOKEN_SHOP`.
const SECRET_WORDS: [&str; 3] = ["TOKEN", "PASSWORD", "PASSWD"];
/// Words behind those that name something about the value instead.
const ABOUT: &str = "URL URI FILE FILENAME PATH NAME DIR ID TYPE TTL EXPIRY EXPIRATION EXPIRES EXPIRE LIFETIME LENGTH \
    LIMIT COUNT HASH HEADER ENDPOINT HOST PORT SERVICE SERVER PROVIDER SCOPE SCOPES AUDIENCE ISSUER STORE MANAGER ARN REGION \
    VERSION PREFIX SUFFIX FIELD USER USERNAME EMAIL BUCKET POLICY ROTATION AGE REQUIRED ENABLED ENV VAR VARIABLE OUTPUT \
    RESPONSE STATUS SOURCE FORMAT PARAM PARAMS REDACTION SKIP CHECK STDIN SUBJECT CLAIM CONTRACT ADDRESS SYMBOL DECIMALS";

/// `nugetApiKey` as `nuget_Api_Key`, `ADOToken` as `ADO_Token`; `None` when the name changes case nowhere.
fn spread(name: &str) -> Option<String> {
    let bytes = name.as_bytes();
    let turns = |at: usize| {
        let is_lower = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_lowercase);
        let word = at > 0 && bytes[at].is_ascii_uppercase();
        let capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        word && (is_lower(at - 1) || capital(bytes[at - 1]) && is_lower(at + 1))
    };
    if !(0..bytes.len()).any(turns) {
        return None;
    }
    let mut words = String::with_capacity(name.len() + 4);
    for (at, letter) in name.char_indices() {
        if turns(at) {
            words.push('_');
        }
        words.push(letter);
    }
    Some(words)
}

/// Whether a variable holds something secret, by its name alone: for systems whose files use secrets and
/// settings alike.
pub(in crate::detect) fn names_a_secret(name: &str) -> bool {
    // The shell's own name for the folder that it is in.
    if name == "PWD" {
        return false;
    }
    if let Some(spread) = spread(name) {
        return names_a_secret(&spread);
    }
    let purpose = by_name(name, Quality::Heuristic);
    if purpose.is_some_and(|purpose| purpose.part == Part::Configuration) {
        return false;
    }
    let parted = parted(name);
    let mut words: Vec<&str> = parted.split('_').filter(|word| !word.is_empty()).collect();
    let tells_apart = |word: &&str| {
        STAGES.split_whitespace().any(|stage| stage == *word)
            || word.trim_start_matches('V').bytes().all(|byte| byte.is_ascii_digit())
    };
    // Nobody writes the place of a file in base64.
    if matches!(words[..], [.., "KEYSTORE" | "P12" | "PFX" | "CERTIFICATE", "BASE64" | "B64"]) {
        return true;
    }
    while words.len() > 1 && words.last().is_some_and(tells_apart) {
        words.pop();
    }
    let whose = match words[..] {
        [.., word, last] if SECRET_WORDS.contains(&word) => {
            !ABOUT.split_whitespace().any(|about| about == last)
        }
        _ => false,
    };
    // `DEPLOY_PAT01` is one of several.
    let name = format!("_{}", words.join("_"));
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let ends = |ending: &str| name.strip_suffix(ending).is_some_and(|rest| rest.ends_with('_'));
    whose
        || SECRET_ENDINGS.split_whitespace().any(ends)
        || purpose.is_some_and(|purpose| TELLING_KINDS.contains(&purpose.kind))
}

/// A long-lived AWS access key id, written out.
pub(super) fn is_key_id(text: &str) -> bool {
    text.len() == 20
        && text.starts_with("AKIA")
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte))
}

/// The same part of a key for storage that only speaks the protocol.
fn other_s3(part: Part, quality: Quality) -> Purpose {
    Purpose::new(part, PLAIN_KIND, "s3_compatible", quality)
}

/// What remains of a name without the words that tell its purpose: two halves of one key share it.
pub(super) fn qualifier(name: &str) -> String {
    let name = parted(name);
    let row = NAMES.iter().find(|(pattern, ..)| has_words(&name, pattern));
    let parts = row.map_or("", |(pattern, ..)| pattern).split_whitespace();
    parts.fold(name.clone(), |rest, part| rest.replacen(&format!("_{part}_"), "_", 1))
}

/// What an action's input says. `registry` is where a login goes.
pub(super) fn by_input(action: &str, input: &str, registry: Option<&str>) -> Option<Purpose> {
    let known = |part, kind, provider| Some(Purpose::new(part, kind, provider, Quality::Config));
    let action = action.split('@').next().unwrap_or_default().to_ascii_lowercase();
    let input = input.to_ascii_lowercase();
    match (action.as_str(), input.as_str()) {
        (
            "google-github-actions/auth" | "google-github-actions/setup-gcloud",
            "credentials_json" | "service_account_key",
        ) => known(Part::Credential, "gcp_service_account_key", "gcp"),
        ("google-github-actions/auth", _) => known(Part::Configuration, "", "gcp"),
        ("azure/login", "creds") => known(Part::Credential, "entra_client_secret", "azure"),
        ("azure/login", _) => known(Part::Configuration, "", "azure"),
        ("pypa/gh-action-pypi-publish", "password") => known(Part::Credential, "pypi_token", "pypi"),
        ("webfactory/ssh-agent", _) | ("actions/checkout", "ssh-key") => {
            known(Part::Credential, "ssh_private_key", "ssh")
        }
        ("azure/k8s-set-context", "kubeconfig") => known(Part::Credential, "kubeconfig_token", "kubernetes"),
        ("actions/create-github-app-token" | "tibdex/github-app-token", "private-key" | "private_key") => {
            known(Part::Credential, "github_app_private_key", "github")
        }
        ("docker/login-action", "username") if is_ecr(registry) => {
            known(Part::AwsKeyId, "aws_access_key", "aws")
        }
        ("docker/login-action", "password") => registry_password(registry.unwrap_or_default()),
        ("docker/login-action", _) => known(Part::Configuration, "", "docker"),
        ("azure/docker-login" | "redhat-actions/podman-login", "password") => {
            registry_password(registry.unwrap_or("registry"))
        }
        ("redhat-actions/oc-login", "openshift_token") => {
            known(Part::Credential, "kubeconfig_token", "kubernetes")
        }
        (action, "token") if action.starts_with("actions/") => {
            known(Part::Credential, "github_pat", "github")
        }
        (_, "github-token" | "github_token" | "repo-token" | "gh-token") => {
            known(Part::Credential, "github_pat", "github")
        }
        _ => None,
    }
}

/// What an updater's login at a registry says: `kind` holds the registry's type and host.
pub(super) fn of_registry(kind: &str, slot: &str) -> Option<Purpose> {
    let known = |part, kind, provider| Some(Purpose::new(part, kind, provider, Quality::Config));
    match slot.to_ascii_lowercase().as_str() {
        "username" if is_ecr(Some(kind)) => known(Part::AwsKeyId, "aws_access_key", "aws"),
        "url" | "username" | "organization" => known(Part::Configuration, "", "registry"),
        "token" | "password" | "key" if kind.contains("npm") => known(Part::Credential, "npm_token", "npm"),
        "token" | "password" if kind.starts_with("git ") || kind.contains("github") => {
            known(Part::Credential, "github_pat", "github")
        }
        "password" => registry_password(kind),
        _ => None,
    }
}

fn is_ecr(registry: Option<&str>) -> bool {
    registry.is_some_and(|host| host.contains(".dkr.ecr.") || host.contains("public.ecr.aws"))
}

fn registry_password(registry: &str) -> Option<Purpose> {
    let known = |kind, provider| Some(Purpose::new(Part::Credential, kind, provider, Quality::Config));
    if is_ecr(Some(registry)) {
        Some(Purpose::new(Part::AwsSecret, "aws_access_key", "aws", Quality::Config))
    } else if registry.contains("gcr.io") || registry.contains("-docker.pkg.dev") {
        known("gcp_service_account_key", "gcp")
    } else if registry.contains("azurecr.io") {
        known("entra_client_secret", "azure")
    } else if registry.contains("ghcr.io") || registry.contains("docker.pkg.github.com") {
        known("github_pat", "github")
    } else if registry.is_empty() || registry.contains("docker.io") {
        known("docker_pat", "docker")
    } else {
        known("registry_password", "registry")
    }
}

/// A name in capitals, its words set off by `_` on both sides.
fn parted(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 2);
    words.push('_');
    words.extend(name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }));
    words.push('_');
    words
}

fn has_words(words: &str, pattern: &str) -> bool {
    pattern.split(' ').all(|part| {
        words
            .match_indices(part)
            .any(|(at, _)| words[..at].ends_with('_') && words[at + part.len()..].starts_with('_'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str) -> Option<(Part, &'static str)> {
        by_name(name, Quality::Heuristic).map(|purpose| (purpose.part, purpose.kind))
    }

    #[test]
    fn names_tell_what_a_secret_is_for() {
        for (name, part, expected) in [
            ("PROD_AWS_ACCESS_KEY_ID", Part::AwsKeyId, "aws_access_key"),
            ("aws-secret-access-key", Part::AwsSecret, "aws_access_key"),
            ("AWS_ACCESS_KEY_ID_STAGING", Part::AwsKeyId, "aws_access_key"),
            ("AWS_REGION", Part::Configuration, ""),
            ("AWS_ROLE_ARN", Part::Configuration, ""),
            ("RELEASE_BOT_PAT", Part::Credential, "github_pat"),
            ("ORDERS_DATABASE_URL", Part::Credential, "database_password"),
            ("R2_AWS_ACCESS_KEY_ID", Part::AwsKeyId, PLAIN_KIND),
            ("E2E_AWS_PROVIDER_SECRET_KEY", Part::AwsSecret, "aws_access_key"),
            ("SLACK_BOT_TOKEN", Part::Credential, "slack_bot_token"),
            ("AZURE_DEVOPS_PAT", Part::Credential, "azure_devops_pat"),
        ] {
            assert_eq!(kind(name), Some((part, expected)), "{name}");
        }
    }

    #[test]
    fn a_name_that_says_nothing_stays_unknown() {
        for name in ["COMPAT", "TOKEN", "SPATIAL_KEY", "LAWS_SECRETARY"] {
            assert_eq!(kind(name), None, "{name}");
        }
    }

    #[test]
    fn the_halves_of_one_key_share_what_remains() {
        assert_eq!(qualifier("STAGING_AWS_ACCESS_KEY_ID"), qualifier("STAGING_AWS_SECRET_ACCESS_KEY"));
        assert_eq!(qualifier("AWS_QA_ACCESS_KEY"), qualifier("AWS_QA_SECRET_KEY"));
        assert_ne!(qualifier("STAGING_AWS_ACCESS_KEY_ID"), qualifier("PROD_AWS_SECRET_ACCESS_KEY"));
    }

    #[test]
    fn names_of_credentials_are_known() {
        for name in [
            "GITHUB_PERSONAL_ACCESS_TOKEN",
            "X-API-Key",
            "Authorization",
            "DATABASE_URL",
            "OPENAI_API_KEY",
            "DOCKER_PASSWORD_PROD",
            "SIGNING_SECRET_V2",
            "NPM_TOKEN_SHOP",
            "ADOToken",
            "DEPLOY_PAT01",
        ] {
            assert!(names_a_secret(name), "{name}");
        }
        for name in [
            "LOG_LEVEL",
            "AWS_REGION",
            "NODE_ENV",
            "MONKEY",
            "HOST",
            "TOKEN_URL",
            "API_TOKEN_TTL_2",
            "ADOTeam",
            "V2",
        ] {
            assert!(!names_a_secret(name), "{name}");
        }
    }
}
