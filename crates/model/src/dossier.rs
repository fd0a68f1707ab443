//! A dossier: one identity with all evidence and findings about it. What `assess` reads.

use crate::{Evidence, Exception, Finding, Identity};

/// Everything known about one identity, before or after it is judged.
#[derive(Debug, Clone, Default)]
pub struct Dossier {
    /// The identity; its risk, readiness and privilege are defaults until `assess` fills them.
    pub identity: Identity,
    /// Evidence about any of its subjects, in a stable order.
    pub evidence: Vec<Evidence>,
    /// Findings about any of its subjects, in a stable order.
    pub findings: Vec<Finding>,
    /// Exceptions that were made for it, in the order in which they were accepted; their state is not worked out.
    pub exceptions: Vec<Exception>,
}
