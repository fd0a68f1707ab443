//! Which crates a step is about, in Cargo's words.
//!
//! Every step of one run names the same crates and features: Cargo then builds each dependency once. Naming the
//! desktop alone would give shared crates other features, and build half of the tree a second time.

use crate::options::Part;

/// The crates of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All but the desktop's, which needs WebKit.
    WithoutDesktop,
    /// All of them, the web view built into the desktop.
    Everything,
    /// The desktop's alone.
    DesktopAlone,
}

impl Scope {
    /// The crates that the chosen parts are about.
    pub(crate) fn of(parts: &[Part]) -> Self {
        match (parts.contains(&Part::Rust), parts.contains(&Part::Desktop)) {
            (true, true) => Scope::Everything,
            (false, true) => Scope::DesktopAlone,
            (_, false) => Scope::WithoutDesktop,
        }
    }

    /// The words for Cargo.
    pub(crate) fn words(self) -> &'static [&'static str] {
        match self {
            Scope::WithoutDesktop => &["--workspace", "--exclude", "tenure-desktop"],
            Scope::Everything => &["--workspace", "--features", "tenure-desktop/custom-protocol"],
            Scope::DesktopAlone => &["--package", "tenure-desktop", "--features", "custom-protocol"],
        }
    }
}
