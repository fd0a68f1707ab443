//! Rules that speak for another scanner's findings.

use super::*;

rules! {
    IMPORT_GITLEAKS = ReaderRule {
        id: "import-gitleaks",
        title: "A secret that gitleaks reported",
        category: Category::Secret,
        severity: Severity::High,
        confidence: Confidence::Medium,
        controls: &[LEAKAGE, LONG_LIVED],
        help: "Revoke the secret at its target, then remove it from where it lies.",
    };
    IMPORT_TRUFFLEHOG = ReaderRule {
        id: "import-trufflehog",
        title: "A secret that TruffleHog reported",
        category: Category::Secret,
        severity: Severity::High,
        confidence: Confidence::Medium,
        controls: &[LEAKAGE, LONG_LIVED],
        help: "Revoke the secret at its target, then remove it from where it lies.",
    };
    IMPORT_KINGFISHER = ReaderRule {
        id: "import-kingfisher",
        title: "A secret that Kingfisher reported",
        category: Category::Secret,
        severity: Severity::High,
        confidence: Confidence::Medium,
        controls: &[LEAKAGE, LONG_LIVED],
        help: "Revoke the secret at its target, then remove it from where it lies.",
    };
    IMPORT_DETECT_SECRETS = ReaderRule {
        id: "import-detect-secrets",
        title: "A secret that detect-secrets reported",
        category: Category::Secret,
        severity: Severity::Medium,
        confidence: Confidence::Low,
        controls: &[LEAKAGE, LONG_LIVED],
        help: "A baseline holds hashes only; the value is joined with others where its file still holds it. Revoke the secret at its target, then remove it from where it lies.",
    };
    IMPORT_NOSEY_PARKER = ReaderRule {
        id: "import-nosey-parker",
        title: "A secret that Nosey Parker reported",
        category: Category::Secret,
        severity: Severity::High,
        confidence: Confidence::Medium,
        controls: &[LEAKAGE, LONG_LIVED],
        help: "Revoke the secret at its target, then remove it from where it lies.",
    };
    IMPORT_SARIF = ReaderRule {
        id: "import-sarif",
        title: "A secret that another scanner reported in SARIF",
        category: Category::Secret,
        severity: Severity::High,
        confidence: Confidence::Medium,
        controls: &[LEAKAGE, LONG_LIVED],
        help: "Revoke the secret at its target, then remove it from where it lies.",
    };
    IMPORT_ZIZMOR = ReaderRule {
        id: "import-zizmor",
        title: "A weakness of a workflow that zizmor reported",
        category: Category::Ci,
        severity: Severity::Medium,
        confidence: Confidence::Medium,
        controls: &[INSECURE_DEPLOYMENT],
        help: "The audit's name is in the title; zizmor's documentation explains each and says what to do.",
    };
    IMPORT_LEFT_OUT = ReaderRule {
        id: "import-left-out",
        title: "Results of a report that are not about credentials",
        category: Category::Lifecycle,
        severity: Severity::Info,
        confidence: Confidence::High,
        controls: &[],
        help: "The report of another scanner holds more than what concerns machine identities. The rest is left to that scanner.",
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_texts_are_whole_sentences() {
        let mut ids: Vec<_> = rules().iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), rules().len());
        assert!(rules().iter().all(|rule| rule.help.ends_with('.') && !rule.title.ends_with('.')));
    }
}
