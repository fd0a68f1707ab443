//! The whole report as one JSON document: the contract that scripts rely on.

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};

use serde::Serialize;
use tenure_model::{Report, is_unsafe_to_show};

use crate::Format;

pub(super) const FORMAT: Format = Format {
    name: "json",
    describe: "the whole report as one JSON document",
    extension: "json",
    render: crate::Render::Piecewise(write),
    streams: false,
};

fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    write_document(report, out)
}

/// A value as an indented JSON document that ends with a line end.
pub(crate) fn document(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_document(value, &mut bytes).expect("writing to memory does not fail");
    bytes
}

fn write_document(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut out = TerminalSafe(BufWriter::new(out));
    serde_json::to_writer_pretty(&mut out, value)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Passes JSON on as [`terminal_safe`] makes it. Each piece that is written must be whole text, as it is what the
/// serializer writes.
struct TerminalSafe<W>(W);

impl<W: Write> Write for TerminalSafe<W> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.write_all(piece)?;
        Ok(piece.len())
    }

    fn write_all(&mut self, piece: &[u8]) -> io::Result<()> {
        // Nearly everything is plain, and told so at a glance.
        if piece.iter().all(|byte| matches!(byte, b'\n' | b' '..=b'~')) {
            return self.0.write_all(piece);
        }
        let text = std::str::from_utf8(piece).map_err(io::Error::other)?;
        self.0.write_all(terminal_safe(Cow::Borrowed(text)).as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The same JSON with every character escaped that could move a terminal's cursor or reorder a line. Outside
/// its strings JSON has none of them but the line end.
pub(crate) fn terminal_safe(json: Cow<'_, str>) -> Cow<'_, str> {
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
    Cow::Owned(safe)
}
