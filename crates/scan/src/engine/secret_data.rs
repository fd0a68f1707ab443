//! Values below `data:` in manifests of Kubernetes Secrets: base64 as the format wants it, which hides nothing.
//!
//! Each value is judged as the text that it stands for, under the key that names it, so that a password in a manifest and
//! the same password in a `.env` file are one credential. What is found is told at the value in the file.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};

use crate::engine::{Candidate, Engine, generic, settle};

mod json;

/// Bytes at the start of a file among which a manifest says that it is one.
const OPENING_BYTES: usize = 1024;
/// Longest value that is decoded, characters.
const VALUE_BYTES_MAX: usize = 1 << 20;

/// Shortest value that may be encoded twice, bytes.
const TWICE_BYTES_MIN: usize = 24;

/// Padding may be missing, and the bits behind the last byte may be anything: values are written by hand, too.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What a value below `data:` stands for, where it is one line of text.
pub(crate) fn plain(encoded: &str) -> Option<String> {
    let encoded: Vec<u8> =
        encoded.bytes().filter(|byte| !byte.is_ascii_whitespace()).take(VALUE_BYTES_MAX).collect();
    let text = LENIENT.decode(encoded).ok().filter(|text| is_text(text))?;
    let text = String::from_utf8(text).ok()?;
    let text = text.trim_ascii_end();
    (!text.contains('\n')).then(|| text.to_owned())
}

/// One value of a Secret.
struct Value {
    /// Where it stands in the file.
    start: usize,
    end: usize,
    /// Where what it stands for begins in the view, its key included.
    view: usize,
}

/// Adds to the `candidates` of `bytes` what its Secrets' values show when they are decoded.
pub(crate) fn add(
    engine: &Engine,
    bytes: &[u8],
    candidates: Vec<Candidate>,
    work: &mut u64,
) -> Vec<Candidate> {
    if !is_manifest(bytes) {
        return candidates;
    }
    let mut view = Vec::new();
    let mut values: Vec<Value> = Vec::new();
    let mut unnamed = Vec::new();
    each_value(bytes, |key, (start, end), plain| {
        if plain {
            return unnamed.extend(drawn(engine, key, &bytes[start..end], (start, end)));
        }
        let Some(text) = decoded(&bytes[start..end]) else { return };
        unnamed.extend(drawn(engine, key, text.trim_ascii_end(), (start, end)));
        let text = decoded(&text).filter(|_| text.len() >= TWICE_BYTES_MIN).unwrap_or(text);
        values.push(Value { start, end, view: view.len() });
        // `echo` leaves a line end behind the one line.
        let text = text.trim_ascii_end();
        if !text.contains(&b'\n') {
            view.extend_from_slice(key);
            view.extend_from_slice(b": ");
        }
        view.extend_from_slice(text);
        view.extend_from_slice(b"\n\n");
    });
    if values.is_empty() && unnamed.is_empty() {
        return candidates;
    }
    let mut all = candidates;
    // What these characters look like by themselves says nothing.
    all.retain(|old| {
        let (start, end) = (old.start as usize, old.end as usize);
        let after = values.partition_point(|value| value.end <= start);
        old.found.specific || values.get(after).is_none_or(|value| value.start >= end)
    });
    for mut fresh in engine.scan_within(&view, work) {
        let index = values.partition_point(|value| value.view <= fresh.start as usize).saturating_sub(1);
        #[allow(clippy::cast_possible_truncation)] // blobs and windows are far below 4 GiB
        {
            (fresh.start, fresh.end) = (values[index].start as u32, values[index].end as u32);
        }
        let mut found = (*fresh.found).clone();
        found.reasons.push("written in base64, as data of a Kubernetes Secret".to_owned());
        fresh.found = std::sync::Arc::new(found);
        all.push(fresh);
    }
    all.extend(unnamed);
    settle(&mut all);
    all
}

/// What a value in base64 stands for, where it is text.
fn decoded(encoded: &[u8]) -> Option<Vec<u8>> {
    let encoded: Vec<u8> = encoded.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    LENIENT.decode(encoded).ok().filter(|text| is_text(text))
}

/// A value that looks drawn, under a name that says nothing: what a Secret holds is one, but for what goes with it.
fn drawn(engine: &Engine, key: &[u8], text: &[u8], (start, end): (usize, usize)) -> Option<Candidate> {
    if generic::is_telling(key) || generic::is_about_a_member(key) {
        return None;
    }
    let mut found = Vec::new();
    generic::evaluate_cell(engine, text, b"secret", (0, text.len()), &mut found);
    let mut candidate = found.pop().filter(|candidate| candidate.found.drawn)?;
    #[allow(clippy::cast_possible_truncation)] // blobs and windows are far below 4 GiB
    {
        (candidate.start, candidate.end) = (start as u32, end as u32);
        candidate.anchor.at = start as u32;
    }
    let key = String::from_utf8_lossy(key).into_owned();
    let mut told = (*candidate.found).clone();
    told.reasons[0] = format!("`{key}` is a value of a Kubernetes Secret");
    told.name = Some(key);
    candidate.found = std::sync::Arc::new(told);
    Some(candidate)
}

fn is_manifest(bytes: &[u8]) -> bool {
    let opening = &bytes[..bytes.len().min(OPENING_BYTES)];
    memchr::memmem::find(opening, b"apiVersion:").is_some()
        && memchr::memmem::find(bytes, b"kind: Secret").is_some()
        && memchr::memmem::find(bytes, b"ata:").is_some()
        || json::is_one(opening, bytes)
}

fn is_text(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && std::str::from_utf8(bytes)
            .is_ok_and(|text| !text.chars().any(|c| c.is_control() && !c.is_whitespace()))
}

/// Calls `each` with key and place of every value below a `data:` or `stringData:` of a Secret, and whether it is written as
/// it is.
fn each_value<'b>(bytes: &'b [u8], mut each: impl FnMut(&'b [u8], (usize, usize), bool)) {
    if bytes.trim_ascii_start().starts_with(b"{") {
        return json::each_value(bytes, &mut each);
    }
    let mut document = 0;
    for (start, line) in Lines::of(bytes, 0, bytes.len()) {
        if line.starts_with(b"---") {
            values_of_document(bytes, document, start, &mut each);
            document = start;
        }
    }
    values_of_document(bytes, document, bytes.len(), &mut each);
}

fn values_of_document<'b>(
    bytes: &'b [u8],
    from: usize,
    to: usize,
    each: &mut impl FnMut(&'b [u8], (usize, usize), bool),
) {
    if memchr::memmem::find(&bytes[from..to], b"kind: Secret").is_none() {
        return;
    }
    let mut lines = Lines::of(bytes, from, to).peekable();
    while let Some((_, line)) = lines.next() {
        let plain = line.trim_ascii() == b"stringData:";
        if !plain && line.trim_ascii() != b"data:" {
            continue;
        }
        let outer = indent(line);
        while let Some((start, line)) = lines.next_if(|(_, line)| is_below(line, outer)) {
            let Some(colon) = memchr::memchr(b':', line) else { continue };
            let key = line[..colon].trim_ascii();
            let rest = line[colon + 1..].trim_ascii();
            let (from, to) = if matches!(rest.first(), None | Some(b'|' | b'>')) {
                block(&mut lines, indent(line))
            } else {
                let value = unquoted(rest);
                let from = start + offset(line, value);
                (from, from + value.len())
            };
            if from < to && to - from <= VALUE_BYTES_MAX {
                each(key, (from, to), plain);
            }
        }
    }
}

/// The lines of a block scalar below a key that is indented so far.
fn block(lines: &mut std::iter::Peekable<Lines<'_>>, outer: usize) -> (usize, usize) {
    let (mut from, mut to) = (usize::MAX, 0);
    while let Some((start, line)) = lines.next_if(|(_, line)| is_below(line, outer)) {
        if !line.trim_ascii().is_empty() {
            from = from.min(start + indent(line));
            to = start + line.trim_ascii_end().len();
        }
    }
    (from, to)
}

fn unquoted(text: &[u8]) -> &[u8] {
    match text.first() {
        Some(&quote @ (b'"' | b'\'')) => text[1..].split(|&byte| byte == quote).next().unwrap_or_default(),
        _ => text,
    }
}

/// Whether a line belongs to what a key that is indented so far holds.
fn is_below(line: &[u8], outer: usize) -> bool {
    indent(line) > outer || line.trim_ascii().is_empty()
}

/// Where `part` begins in `whole`, of which it is a part.
fn offset(whole: &[u8], part: &[u8]) -> usize {
    part.as_ptr() as usize - whole.as_ptr() as usize
}

fn indent(line: &[u8]) -> usize {
    line.iter().take_while(|&&byte| byte == b' ').count()
}

/// Lines with the place where each begins, without their ends.
struct Lines<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Lines<'b> {
    fn of(bytes: &'b [u8], from: usize, to: usize) -> Self {
        Self { bytes: &bytes[..to], at: from }
    }
}

impl<'b> Iterator for Lines<'b> {
    type Item = (usize, &'b [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let start = self.at;
        let len = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.at += len + 1;
        Some((start, rest[..len].strip_suffix(b"\r").unwrap_or(&rest[..len])))
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD as PLAIN;
    use tenure_model::FingerprintKey;

    use super::*;
    use crate::rules::RuleSet;

    fn found(text: &str) -> Vec<(String, String, String)> {
        let engine = Engine::new(RuleSet::embedded(), FingerprintKey::new([3; 32]));
        let mut work = u64::MAX;
        let plain = engine.scan_within(text.as_bytes(), &mut work);
        let all = add(&engine, text.as_bytes(), plain, &mut work);
        all.iter()
            .map(|c| {
                let value = text[c.start as usize..c.end as usize].to_owned();
                (c.found.rule_id.clone(), c.found.fingerprint.0.clone(), value)
            })
            .collect()
    }

    fn secret(data: &str) -> String {
        format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ntype: Opaque\ndata:\n{data}")
    }

    #[test]
    fn a_password_in_a_manifest_is_the_password_that_it_stands_for() {
        let password = ["v8Jq2LzR", "0tYw5Nc1"].concat();
        let plain = found(&format!("password: {password}\n"));
        let encoded = PLAIN.encode(&password);
        for data in [
            format!("  password: {encoded}\n"),
            format!("  password: \"{encoded}\"\n"),
            format!("  password: {}\n", encoded.trim_end_matches('=')),
            format!("  password: |\n    {encoded}\n"),
            format!("  other: YWJj\n  password: {}\n", PLAIN.encode(format!("{password}\n"))),
        ] {
            let seen = found(&secret(&data));
            assert_eq!(seen.len(), 1, "{data}: {seen:?}");
            assert_eq!(seen[0].0, "generic-password");
            if !data.contains("other") {
                assert_eq!(
                    (&seen[0].1, seen[0].2.trim_end_matches('=')),
                    (&plain[0].1, encoded.trim_end_matches('='))
                );
            }
        }
    }

    #[test]
    fn a_password_in_an_export_is_the_password_that_it_stands_for() {
        let password = ["v8Jq2LzR", "0tYw5Nc1"].concat();
        let encoded = PLAIN.encode(&password);
        let export = format!(
            r#"{{"apiVersion": "v1", "items": [{{"apiVersion": "v1", "data": {{"password": "{encoded}"}}, "kind": "Secret"}}]}}"#
        );
        let (plain, seen) = (found(&format!("password: {password}\n")), found(&export));
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert_eq!((&seen[0].0, &seen[0].1, &seen[0].2), (&plain[0].0, &plain[0].1, &encoded));
    }

    #[test]
    fn a_placeholder_stays_one_when_it_is_encoded() {
        assert_eq!(found(&secret(&format!("  password: {}\n", PLAIN.encode("changeme")))), []);
        assert_eq!(found(&secret(&format!("  password: {}\n", PLAIN.encode("${DB_PASSWORD}")))), []);
    }

    #[test]
    fn a_drawn_value_needs_no_telling_name() {
        let value = ["v8Jq2LzR", "0tYw5Nc1"].concat();
        let encoded = PLAIN.encode(&value);
        let seen = found(&secret(&format!("  blob: {encoded}\n  username: {encoded}\n")));
        assert_eq!(seen.iter().filter(|(rule, ..)| rule == "generic-secret").count(), 1, "{seen:?}");
        let text = format!("apiVersion: v1\nkind: Secret\nstringData:\n  blob: {value}\n  region: eu\n");
        assert_eq!(found(&text).len(), 1);
        let twice = PLAIN.encode(PLAIN.encode(format!("db_password={value}\n")));
        assert_eq!(found(&secret(&format!("  conf: {twice}\n"))).len(), 1);
    }

    #[test]
    fn a_file_in_a_secret_is_read_as_a_file() {
        let file = format!("[db]\nuser = app\npassword = {}\n", ["v8Jq2LzR", "0tYw5Nc1"].concat());
        let seen = found(&secret(&format!("  app.ini: {}\n", PLAIN.encode(file))));
        assert_eq!(seen.len(), 1, "{seen:?}");
    }

    #[test]
    fn other_documents_and_other_keys_are_left_alone() {
        let text = format!(
            "apiVersion: v1\nkind: ConfigMap\ndata:\n  note: {}\n---\nkind: Secret\nstringData:\n  a: b\n",
            PLAIN.encode("password: v8Jq2LzR0tYw5Nc1")
        );
        let mut seen = 0;
        each_value(text.as_bytes(), |_, _, plain| seen += usize::from(!plain));
        assert_eq!(seen, 0);
    }
}
