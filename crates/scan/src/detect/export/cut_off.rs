//! JSON that ends before it tells what it is. Nothing valid ends in the middle of a value, so the file is no other
//! kind of file either: an export of which only the first bytes were saved must not pass for one without findings.

use serde::de::IgnoredAny;
use tenure_model::FingerprintKey;

use crate::detect::look::OPENING_BYTES;
use crate::detect::{Blob, Detector, Look, Reading, text};

/// Endings of names of files that hold JSON, and no dialect of it.
const ENDINGS: [&str; 7] =
    [".json", ".ndjson", ".jsonl", ".sarif", ".tfstate", ".tfstate.backup", ".json.bak"];

/// Says so of a file that no other reader claims.
pub(in super::super) struct CutOff;

impl Detector for CutOff {
    fn name(&self) -> &'static str {
        "json_cut_off"
    }

    fn describe(&self) -> &'static str {
        "JSON that ends in the middle, before it tells which export it is"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        // What a file is stands in its opening, if anywhere.
        blob.bytes.len() <= OPENING_BYTES
            && ENDINGS.iter().any(|ending| blob.path.ends_with(ending))
            && end(&text::opening(blob.bytes)).is_some()
    }

    fn read(&self, blob: &Blob<'_>, _key: &FingerprintKey) -> Reading {
        let Some(line) = end(&text::opening(blob.bytes)) else { return Reading::default() };
        let detail = format!(
            "the JSON ends in the middle, line {line}, before it tells what it is: when it is an export, make it again"
        );
        Reading::failed("json_cut_off", detail)
    }
}

/// The line in which JSON ends in the middle of a value; `None` where it is whole, or something else than JSON.
fn end(bytes: &[u8]) -> Option<usize> {
    let bytes = bytes.trim_ascii();
    if !matches!(bytes.first(), Some(b'{' | b'[')) || closes_in_its_first_column(bytes) {
        return None;
    }
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<IgnoredAny>();
    values.find_map(Result::err).filter(serde_json::Error::is_eof).map(|error| error.line())
}

/// Whether a file of several lines ends with a bracket at the start of the last: what is written so is whole.
fn closes_in_its_first_column(bytes: &[u8]) -> bool {
    matches!(bytes, [b'{', .., b'\n', b'}'] | [b'[', .., b'\n', b']'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(path: &str, text: &str) -> bool {
        let bytes = text.as_bytes();
        CutOff.claims(&Blob {
            root: "r",
            path,
            base: "",
            repository: "r",
            bytes,
            neighbours: &crate::detect::Alone,
        })
    }

    #[test]
    fn what_ends_in_the_middle_is_told_from_what_is_no_plain_json() {
        for cut in
            ["{\"a\": [1, 2", "[{\"a\": \"x", "{", "{\"a\": 1}\n{\"a\"", "[{}, {}", "{\n  \"a\": {\n  }"]
        {
            assert!(claims("x.json", cut), "{cut}");
        }
        for other in [
            "",
            " \n",
            "{}",
            "[\n]",
            "{\"a\": 1}\n{\"a\": 2}\n",
            "{\n  // a comment\n  \"a\": 1",
            "{{ if }} {",
            "{\"a\": {{ b }}",
            "{'a': 1",
            "{\"a\": 1,}",
            "{a: 1",
            "\"text",
            "{\"a\": 1} trailing {",
        ] {
            assert!(!claims("x.json", other), "{other}");
        }
        assert!(!claims("x.txt", "{\"a\": [1, 2"), "prose may begin with a bracket");
    }
}
