//! Values whose own shape tells what they are, wherever an export holds them: so a value in a cluster and the same
//! one in a repository share a fingerprint.

use tenure_model::{Fingerprint, FingerprintKey};

use crate::findings::AWS_ACCESS_KEY;

/// Beginnings that vendors give to their credentials, with the kind under which the detection rules know them.
const PREFIXES: &[(&str, &str)] = &[
    ("AKIA", AWS_ACCESS_KEY),
    ("ghp_", "github_pat"),
    ("github_pat_", "github_fine_grained_pat"),
    ("glpat-", "gitlab_pat"),
    ("gldt-", "gitlab_deploy_token"),
    ("glrt-", "gitlab_runner_token"),
    ("hvs.", "vault_token"),
    ("dapi", "databricks_token"),
    ("AIza", "gcp_api_key"),
];
/// Shorter values are no credentials, whatever they begin with.
const BYTES_MIN: usize = 16;

/// What a value is and its fingerprint, where its shape tells.
pub(super) fn known_value(value: &str, key: &FingerprintKey) -> Option<(&'static str, Fingerprint)> {
    let value = value.trim();
    let (_, kind) = PREFIXES.iter().find(|(prefix, _)| value.starts_with(prefix))?;
    let plain = value.len() >= BYTES_MIN && value.bytes().all(|byte| byte.is_ascii_graphic());
    plain.then(|| (*kind, key.fingerprint(kind, value.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_begins_like_a_credential_is_known() {
        let key = FingerprintKey::new([1; 32]);
        let id = ["AKIA", "QYLPMN5HABCDEFGH"].concat();
        assert_eq!(known_value(&id, &key).map(|(kind, _)| kind), Some("aws_access_key"));
        assert_eq!(known_value("plain words that are long enough", &key), None);
        assert_eq!(known_value("glpat-x", &key), None);
    }
}
