//! Progress on stderr, only where somebody watches.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use tenure_model::{Counts, visible};

use crate::args::ProgressChoice;

/// A line that tells how far the scan is.
pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    /// Shows nothing unless stderr is a terminal and the user wants it.
    pub(crate) fn new(choice: ProgressChoice) -> Self {
        let shown = choice == ProgressChoice::Auto && std::io::stderr().is_terminal();
        Self(shown.then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        }))
    }

    /// Tells how far it is.
    pub(crate) fn update(&self, counts: &Counts, current: &str) {
        if let Some(bar) = &self.0 {
            bar.set_message(format!(
                "{} files, {} blobs, {}, {} findings  {}",
                HumanCount(counts.files),
                HumanCount(counts.blobs),
                HumanBytes(counts.bytes),
                HumanCount(counts.findings),
                visible(current)
            ));
        }
    }

    /// Takes the line away.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
