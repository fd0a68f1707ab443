//! Names, paths and messages written by somebody hostile: they are shown, and do nothing.

use proptest::prelude::*;
use tenure_report::{FORMATS, Style};

use crate::{fixture, rendered};

/// A character that moves a terminal's cursor or reorders a line. Line ends are each format's own.
fn moves_a_terminal(text: &str) -> Option<char> {
    text.replace("\r\n", "\n").chars().find(|&c| c != '\n' && tenure_model::is_unsafe_to_show(c))
}

#[test]
fn a_difference_passes_on_no_escape_sequence() {
    let difference = fixture::difference(Some("\u{1b}]0;x\u{7}\u{202e}\r\n"));
    let text = tenure_report::difference_human(&difference, &Style::default());
    assert_eq!(moves_a_terminal(&text), None, "{text}");
}

#[test]
fn no_format_passes_on_an_escape_sequence() {
    for text in fixture::HOSTILE {
        let report = fixture::hostile_report(text);
        for format in FORMATS {
            let shown = rendered(format.name, &report, &Style::default());
            assert_eq!(moves_a_terminal(&shown), None, "{} with {text:?}", format.name);
        }
        let identities = tenure_report::identities_human(&report.identities, &Style::default());
        assert_eq!(moves_a_terminal(&identities), None);
    }
}

#[test]
fn html_shows_tags_as_text() {
    for text in fixture::HOSTILE {
        let page = rendered("html", &fixture::hostile_report(text), &Style::default());
        for tag in ["<script", "<img", "<svg onload", "onerror=alert(1)>"] {
            assert!(!page.contains(tag), "{tag} with {text:?}");
        }
    }
}

#[test]
fn csv_runs_no_formula() {
    for text in fixture::HOSTILE {
        let table = rendered("csv", &fixture::hostile_report(text), &Style::default());
        let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(table.as_bytes());
        for row in rows.records() {
            for cell in row.expect("every row has the same width").iter() {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?} with {text:?}");
            }
        }
    }
}

#[test]
fn markdown_neither_formats_nor_links_nor_fetches_what_was_scanned() {
    for text in fixture::HOSTILE {
        let report = fixture::hostile_report(text);
        let page = rendered("markdown", &report, &Style::default());
        let plan = tenure_report::plan_markdown(&fixture::plan_called(text));
        for page in [page, plan] {
            assert_eq!(markdown_that_acts(&page), None, "with {text:?} in\n{page}");
        }
    }
}

/// The first thing in a page that is more than text, code, a list or one of our own tables and headings.
fn markdown_that_acts(page: &str) -> Option<String> {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    // A bar in scanned text would make a cell of its own, and ours would fall off the end of the row.
    let mut bars_of_table = None;
    for line in page.lines() {
        let bars = line.starts_with("| ").then(|| bars(line));
        if bars.is_some() && bars_of_table.is_some() && bars != bars_of_table {
            return Some(line.to_owned());
        }
        if bars.is_some() || !line.starts_with('|') {
            bars_of_table = bars;
        }
    }
    for event in Parser::new_ext(page, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match &event {
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::Emphasis | Tag::Strikethrough)
            | Event::Html(_)
            | Event::InlineHtml(_) => return Some(format!("{event:?}")),
            Event::Start(Tag::Heading { level, .. }) if *level > pulldown_cmark::HeadingLevel::H3 => {
                return Some(format!("{event:?}"));
            }
            _ => {}
        }
    }
    None
}

/// Bars of a row that end a cell: those that no backslash escapes.
fn bars(row: &str) -> usize {
    let mut escaped = false;
    row.chars()
        .filter(|&c| {
            let ends = c == '|' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        })
        .count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a name is, no format panics, and none passes on a control character.
    #[test]
    fn any_text_is_shown_safely(text in any::<String>()) {
        let report = fixture::hostile_report(&text);
        for format in FORMATS {
            let shown = rendered(format.name, &report, &Style::default());
            prop_assert_eq!(moves_a_terminal(&shown), None, "{}", format.name);
        }
        let page = rendered("markdown", &report, &Style::default());
        prop_assert_eq!(markdown_that_acts(&page), None, "{}", page);
    }

    /// A page is laid out at any width.
    #[test]
    fn any_width_is_laid_out(width in 0usize..300) {
        let style = Style { width, ..Style::default() };
        let text = rendered("human", &fixture::incomplete_report(), &style);
        prop_assert!(text.contains("shop-deploy"));
    }
}
