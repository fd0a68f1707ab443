//! Every rule of every room on one list, for `tenure rules` and the documents.

use serde::Serialize;
use tenure_model::{Category, Confidence, Severity};
use tenure_scan::engine::generic;

use crate::Rulebook;

/// A rule as people read about it.
#[derive(Debug, Clone, Serialize)]
pub struct RuleCard {
    /// Stable id.
    pub id: String,
    /// What it finds, in words.
    pub title: String,
    /// What kind of statement its findings make.
    pub category: Category,
    /// Usual severity.
    pub severity: Severity,
    /// Usual confidence.
    pub confidence: Confidence,
    /// Which part of Tenure applies it.
    pub made_by: String,
    /// Kind of credential, for secrets.
    pub credential: String,
    /// Pattern, for secrets.
    pub pattern: String,
    /// Checksum or structure that a real value satisfies.
    pub checksum: String,
    /// Lifetime in a short phrase.
    pub lifetime: String,
    /// The vendor's document.
    pub source: String,
    /// Why it matters and what to do.
    pub help: String,
    /// What counts for and against, where a rule weighs more than a shape.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<generic::Evidence>,
}

/// All rules that a scan with this book applies, by id.
pub fn rule_cards(book: &Rulebook) -> Vec<RuleCard> {
    let set = book.rules();
    let mut cards: Vec<RuleCard> = set
        .rules()
        .iter()
        .map(|rule| RuleCard {
            id: rule.spec.id.clone(),
            title: rule.spec.title.clone(),
            category: Category::Secret,
            severity: rule.severity,
            confidence: rule.confidence,
            made_by: format!("secret rule of {}", rule.vendor),
            credential: rule.spec.credential.clone(),
            pattern: rule.spec.pattern.clone(),
            checksum: rule.spec.checksum.clone().unwrap_or_default(),
            lifetime: rule.spec.lifetime.clone().unwrap_or_default(),
            source: rule.spec.source.clone().unwrap_or_default(),
            help: String::new(),
            evidence: Vec::new(),
        })
        .collect();
    let plain = |id: &str, title: &str, category, severity, confidence, made_by: &str, help: &str| RuleCard {
        id: id.to_owned(),
        title: title.to_owned(),
        category,
        severity,
        confidence,
        made_by: made_by.to_owned(),
        credential: String::new(),
        pattern: String::new(),
        checksum: String::new(),
        lifetime: String::new(),
        source: String::new(),
        help: help.to_owned(),
        evidence: Vec::new(),
    };
    let on = |id: &str| !book.disabled().iter().any(|off| off == id);
    cards.extend(generic::RULES.iter().filter(|(id, _, _)| on(id)).map(|(id, title, credential)| {
        let mut card = plain(
            id,
            title,
            Category::Secret,
            Severity::High,
            Confidence::Medium,
            "generic assignments",
            "Name and value are judged together; each finding says what spoke for it.",
        );
        card.credential = (*credential).to_owned();
        card.evidence = generic::evidence(id);
        card
    }));
    cards.extend(tenure_scan::detect::rules().iter().map(|rule| {
        plain(
            rule.id,
            rule.title,
            rule.category,
            rule.severity,
            rule.confidence,
            "structured readers",
            rule.help,
        )
    }));
    cards.extend(tenure_assess::Rules::embedded().findings().map(|(id, title, category, severity)| {
        // How sure one is depends on what it was read from.
        plain(id, title, category, severity, Confidence::Medium, "assessment", "")
    }));
    cards.sort_by(|a, b| a.id.cmp(&b.id));
    cards
}
