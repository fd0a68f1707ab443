//! What can go wrong for a user, by what they can do about it.

use tenure_inventory::InventoryError;
use tenure_scan::rules::RuleSet;
use tenure_scan::{Engine, Veil};

/// A failure with a stable code; front ends branch on the code, never on the text.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The request makes no sense as it is: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// The inventory refuses or is damaged: exit code 2, because the user decides what to do.
    #[error(transparent)]
    Inventory(#[from] InventoryError),
    /// The broker refuses, cannot be reached, or holds something unexpected: exit code 2.
    #[error("{message}")]
    Broker {
        /// Stable code of the broker's answer.
        code: &'static str,
        /// What happened, what is unaffected, what to do.
        message: String,
    },
    /// A broken promise of ours: exit code 1.
    #[error("{0:#}")]
    Internal(#[from] anyhow::Error),
}

impl Failure {
    /// A stable word in snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Failure::Usage(_) => "usage",
            Failure::Inventory(error) => error.code(),
            Failure::Broker { code, .. } => code,
            Failure::Internal(_) => "internal",
        }
    }

    /// What happened, for people: no value of a secret is in it, whatever the things are called that it speaks about.
    pub fn told(&self) -> String {
        covered(&self.to_string())
    }

    /// The exit code of the command line.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Internal(_) => 1,
            _ => 2,
        }
    }
}

/// Says of a part of the program that stops only where it did so: what it says about itself may hold what was searched.
pub fn tell_panics_by_place() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        tracing::error!(
            place,
            "a part of Tenure stopped, which is a mistake in it: please report this place"
        );
    }));
}

/// The text with every value of a secret covered, by the embedded rules: for what a front end says before or beside a scan,
/// where a path or an argument may hold one.
pub fn covered(text: &str) -> String {
    match crate::throwaway_key() {
        Ok(key) => Veil::new(&Engine::new(RuleSet::embedded(), key)).covered(text),
        Err(_) => "something failed, and this system gives no random bytes to say safely what".to_owned(),
    }
}
