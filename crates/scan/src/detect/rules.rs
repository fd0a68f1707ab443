//! The rules behind the findings of structured readers: one table for reports, help and `tenure rules list`.

use std::sync::LazyLock;

use tenure_model::{Category, Confidence, Severity};

/// One rule of a structured reader.
#[derive(Debug, Clone, Copy)]
pub struct ReaderRule {
    /// Stable id.
    pub id: &'static str,
    /// What it finds, in words.
    pub title: &'static str,
    /// What kind of statement its findings make.
    pub category: Category,
    /// The usual severity; a finding may differ and then says why.
    pub severity: Severity,
    /// How sure its findings are.
    pub confidence: Confidence,
    /// Framework controls that it speaks to.
    pub controls: &'static [&'static str],
    /// Why it matters and what to do.
    pub help: &'static str,
}

/// Every rule of every structured reader.
pub fn rules() -> &'static [&'static ReaderRule] {
    static ALL: LazyLock<Vec<&'static ReaderRule>> =
        LazyLock::new(|| [ci::RULES, export::RULES, workload::RULES, import::RULES].concat());
    &ALL
}

macro_rules! rules {
    ($($(#[doc = $doc:literal])* $name:ident = $rule:expr;)*) => {
        $($(#[doc = $doc])* pub(crate) static $name: ReaderRule = $rule;)*
        pub(super) static RULES: &[&ReaderRule] = &[$(&$name),*];
    };
}

const OFFBOARDING: &str = "OWASP-NHI1:2025";
const OVERPRIVILEGED: &str = "OWASP-NHI5:2025";
const INSECURE_DEPLOYMENT: &str = "OWASP-NHI6:2025";
const LONG_LIVED: &str = "OWASP-NHI7:2025";
const LEAKAGE: &str = "OWASP-NHI2:2025";
const THIRD_PARTY: &str = "OWASP-NHI3:2025";
const INSECURE_AUTHENTICATION: &str = "OWASP-NHI4:2025";
const HUMAN_USE: &str = "OWASP-NHI10:2025";

// The macro must stand before them.
mod ci;
mod export;
mod import;
mod workload;

pub(crate) use ci::*;
pub(crate) use export::*;
pub(crate) use import::*;
pub(crate) use workload::*;
