//! The whole report as one JSON document: the contract that scripts rely on.

use serde::Serialize;
use tenure_model::{Report, is_unsafe_to_show};

use crate::{Format, Style};

pub(super) const FORMAT: Format = Format {
    name: "json",
    describe: "the whole report as one JSON document",
    extension: "json",
    render,
    streams: false,
};

fn render(report: &Report, _style: &Style) -> Vec<u8> {
    document(report)
}

/// A value as an indented JSON document that ends with a line end.
pub(crate) fn document(value: &impl Serialize) -> Vec<u8> {
    let mut text = serde_json::to_string_pretty(value).expect("what is written holds only JSON values");
    text.push('\n');
    terminal_safe(text).into_bytes()
}

/// The same JSON with every character escaped that could move a terminal's cursor or reorder a line. Outside
/// its strings JSON has none of them but the line end.
pub(crate) fn terminal_safe(json: String) -> String {
    let unsafe_here = |c: char| c != '\n' && is_unsafe_to_show(c);
    if !json.contains(unsafe_here) {
        return json;
    }
    let mut safe = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if unsafe_here(c) {
            // All of them lie in the basic plane, so one escape is enough.
            safe.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            safe.push(c);
        }
    }
    safe
}
