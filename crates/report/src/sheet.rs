//! Text for a terminal: coloured spans that wrap at a width, with hanging indents.

use anstyle::{AnsiColor, Style as Ansi};
use unicode_width::UnicodeWidthStr as _;

use crate::Style;

/// What a span of text is, and so how it looks where colour is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Running text.
    Plain,
    /// Names and headings.
    Strong,
    /// Labels and asides.
    Faint,
    /// Critical, and an incomplete scan.
    Critical,
    /// High.
    High,
    /// Medium.
    Medium,
    /// Low, good.
    Low,
}

impl Ink {
    /// How it looks; colours are the terminal's own sixteen, so they follow its theme.
    fn ansi(self) -> Ansi {
        let color = |color: AnsiColor| Ansi::new().fg_color(Some(color.into()));
        match self {
            Ink::Plain => Ansi::new(),
            Ink::Strong => Ansi::new().bold(),
            Ink::Faint => Ansi::new().dimmed(),
            Ink::Critical => color(AnsiColor::Red).bold(),
            Ink::High => color(AnsiColor::Red),
            Ink::Medium => color(AnsiColor::Yellow),
            Ink::Low => color(AnsiColor::Cyan),
        }
    }
}

/// A page that is being written, line by line.
pub(crate) struct Sheet<'a> {
    text: String,
    style: &'a Style,
}

/// Columns that a label takes, with the space after it.
const LABEL_COLUMNS: usize = 12;

/// Narrowest page that is laid out; below it lines simply run over.
const WIDTH_MIN: usize = 40;

impl<'a> Sheet<'a> {
    /// An empty page.
    pub(crate) fn new(style: &'a Style) -> Self {
        Self { text: String::new(), style }
    }

    /// The page as text.
    pub(crate) fn finish(self) -> String {
        self.text
    }

    /// An empty line, unless the page is empty or one is there already.
    pub(crate) fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A label and its text below `indent`; the text hangs under itself when it wraps.
    pub(crate) fn field(&mut self, indent: usize, label: &str, spans: &[(Ink, &str)]) {
        let padded = format!("{label:<LABEL_COLUMNS$}");
        let mut all = vec![(Ink::Faint, padded.as_str())];
        all.extend_from_slice(spans);
        self.spans(indent, indent + LABEL_COLUMNS, &all);
    }

    /// A point of a list below `indent`.
    pub(crate) fn point(&mut self, indent: usize, spans: &[(Ink, &str)]) {
        let mut all = vec![(Ink::Faint, "- ")];
        all.extend_from_slice(spans);
        self.spans(indent, indent + 2, &all);
    }

    /// Spans as one line that never wraps: a row of a table.
    pub(crate) fn row(&mut self, spans: &[(Ink, &str)]) {
        for &(ink, span) in spans {
            self.paint(ink, span);
        }
        self.text.truncate(self.text.trim_end_matches(' ').len());
        self.text.push('\n');
    }

    /// Spans as a paragraph: the first line at `first`, further lines at `hanging`. It breaks at spaces, and
    /// leaves a word that is longer than a line whole, so that a path can be copied.
    pub(crate) fn spans(&mut self, first: usize, hanging: usize, spans: &[(Ink, &str)]) {
        let width = self.style.width.max(WIDTH_MIN);
        self.text.push_str(&" ".repeat(first));
        let mut column = first;
        for &(ink, span) in spans {
            for piece in span.split_inclusive(' ') {
                let columns = piece.trim_end_matches(' ').width();
                if column + columns > width && column > hanging {
                    self.text.truncate(self.text.trim_end_matches(' ').len());
                    self.text.push('\n');
                    self.text.push_str(&" ".repeat(hanging));
                    column = hanging;
                }
                self.paint(ink, piece);
                column += piece.width();
            }
        }
        self.text.truncate(self.text.trim_end_matches(' ').len());
        self.text.push('\n');
    }

    /// One piece in its ink; spaces stay unpainted.
    fn paint(&mut self, ink: Ink, piece: &str) {
        let body = piece.trim_end_matches(' ');
        if self.style.color && ink != Ink::Plain && !body.is_empty() {
            let ansi = ink.ansi();
            self.text.push_str(&format!("{}{body}{}", ansi.render(), ansi.render_reset()));
        } else {
            self.text.push_str(body);
        }
        self.text.push_str(&piece[body.len()..]);
    }
}

/// `text` padded with spaces to `columns` on a terminal, or cut with an ellipsis.
pub(crate) fn cell(text: &str, columns: usize) -> String {
    let width = text.width();
    if width <= columns {
        return format!("{text}{}", " ".repeat(columns - width));
    }
    let mut cut = String::new();
    for c in text.chars() {
        if cut.width() + unicode_width::UnicodeWidthChar::width(c).unwrap_or(0) + 1 > columns {
            break;
        }
        cut.push(c);
    }
    cut.push('…');
    let width = cut.width();
    format!("{cut}{}", " ".repeat(columns.saturating_sub(width)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_wraps_under_itself_and_long_words_stay_whole() {
        let style = Style { width: 40, ..Style::default() };
        let mut sheet = Sheet::new(&style);
        let path = "a/".repeat(30);
        sheet.field(
            2,
            "next",
            &[(Ink::Plain, "switch on OIDC for the deployment job, then delete the key in")],
        );
        sheet.spans(0, 2, &[(Ink::Plain, &path)]);
        let text = sheet.finish();
        assert_eq!(
            text,
            format!(
                "  next        switch on OIDC for the\n              deployment job, then\n              delete the key in\n{path}\n"
            )
        );
    }

    #[test]
    fn colour_wraps_words_and_never_spaces() {
        let style = Style { color: true, ..Style::default() };
        let mut sheet = Sheet::new(&style);
        sheet.spans(0, 0, &[(Ink::Strong, "two words")]);
        assert_eq!(sheet.finish(), "\u{1b}[1mtwo\u{1b}[0m \u{1b}[1mwords\u{1b}[0m\n");
    }

    #[test]
    fn a_cell_has_its_width_whatever_the_script() {
        for text in ["plain", "日本語のとても長い名前です", "", "éèê"] {
            assert_eq!(cell(text, 10).width(), 10, "{text:?}");
        }
    }
}
