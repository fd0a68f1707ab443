//! Whether the reader takes colour, and how wide the page is.

use std::io::IsTerminal as _;

use tenure_report::Style;

use crate::args::ColorChoice;

/// Widest page: longer lines are hard to read.
const COLUMNS_MAX: usize = 110;

/// The style of text on standard output, or in a file.
pub(crate) fn style(choice: ColorChoice, to_file: bool, quiet: bool) -> Style {
    let terminal = !to_file && std::io::stdout().is_terminal();
    let color = match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            terminal && anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
        }
    };
    let width = if terminal { terminal_columns().unwrap_or(80).min(COLUMNS_MAX) } else { 80 };
    Style { color, width, quiet }
}

fn terminal_columns() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok().filter(|columns| *columns >= 40)
}
