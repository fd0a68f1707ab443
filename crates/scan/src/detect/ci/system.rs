//! A CI system in words: what its things are called, and whether it can prove who a job is.

use tenure_model::Federation;

use super::purpose::{PLAIN_KIND, Purpose};

/// One CI system. Everything that differs from system to system and is not the file's grammar stands here.
#[derive(Debug)]
pub(super) struct System {
    /// First word of the keys of subjects.
    pub(super) key: &'static str,
    /// Name for people.
    pub(super) name: &'static str,
    /// Kind of identity of a kept secret.
    pub(super) secret_kind: &'static str,
    /// Kind of identity of a job that proves who it is.
    pub(super) job_kind: &'static str,
    /// Kind of credential where nothing more is known: a key of the catalogue.
    pub(super) plain_kind: &'static str,
    /// What a job proves its identity with; `None` when the system has nothing of the kind.
    pub(super) token: Option<&'static str>,
    /// The key that bounds a job's time, and how long a job may run without it.
    pub(super) timeout: Option<(&'static str, &'static str)>,
    /// Names of secrets are the same whatever their case.
    pub(super) folds_case: bool,
    /// Deployment environments can ask a person before a job receives their secrets.
    pub(super) guards_environments: bool,
    /// Where packages are published with the job's own proof.
    pub(super) trusted_publishing: &'static [&'static str],
}

/// Whether a platform can prove who a job is, and what is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proof {
    pub(super) state: Federation,
    /// Ends a sentence: "this job may request one (id-token: write)".
    pub(super) why: String,
}

impl Proof {
    pub(super) fn new(state: Federation, why: impl Into<String>) -> Self {
        Self { state, why: why.into() }
    }
}

impl System {
    /// Whether the platform could prove the identity of a job to what a secret opens, in words.
    pub(super) fn federation(&self, proof: &Proof, purpose: &Purpose) -> (Federation, String) {
        // A Secret of a cluster about which nothing more is known opens anything, not the cluster.
        let unknown = purpose.kind == PLAIN_KIND && purpose.provider == self.key;
        let provider = if unknown { "" } else { purpose.provider };
        let Some(token) = self.token else {
            let how = format!("{} proves no job's identity: only a kept secret works here", self.name);
            return (proof.state, how);
        };
        let accepts = match provider {
            "aws" => format!("AWS accepts {token} through an IAM role"),
            "gcp" => format!("Google Cloud accepts {token} through workload identity federation"),
            "azure" => format!("Azure accepts {token} through a federated credential"),
            "vault" => format!("Vault and OpenBao accept {token} at a JWT login"),
            "kubernetes" => format!("a cluster or its cloud can accept {token}"),
            "database" => format!("a broker can accept {token} and make database logins on demand"),
            "s3_compatible" => format!("a broker can accept {token}; this storage itself accepts none"),
            _ => match publisher(provider).filter(|_| self.trusted_publishing.contains(&provider)) {
                Some(name) => format!("{name} accepts {token} as a trusted publisher"),
                None => format!("a broker can accept {token}; whether the target does is not known"),
            },
        };
        (proof.state, format!("{accepts}; {}", proof.why))
    }
}

/// The name of a registry of packages that takes a job's own proof.
pub(super) fn publisher(provider: &str) -> Option<&'static str> {
    match provider {
        "npm" => Some("npm"),
        "pypi" => Some("PyPI"),
        "crates_io" => Some("crates.io"),
        "rubygems" => Some("RubyGems"),
        "nuget" => Some("NuGet"),
        _ => None,
    }
}
