//! What a look at the bytes around an anchor tells before a pattern is tried there: most words stand in text without a value.

use crate::rules::Known;

/// Letters and figures in a row that look like a part of a drawn value, bytes.
const FIGURED_BYTES_MIN: usize = 8;
/// Bytes of such a row, from where it must begin, among which the figure stands.
pub(super) const FIGURED_REACH: u32 = 40;

/// Whether eight letters and figures, some of both, begin on the line of `at` and within `reach` bytes.
pub(super) fn has_figures(bytes: &[u8], at: u32, reach: u32) -> bool {
    let window = &bytes[at as usize..bytes.len().min((at + reach + FIGURED_REACH) as usize)];
    let mut from = 0;
    // Figures are rarer than letters, and than the ends of words: one is looked for first.
    while let Some(figure) = figure_from(window, from) {
        let start = from + behind_other(&window[from..figure]);
        // Only what begins on the line counts; where it ends before the figure, so does everything that follows.
        if start > reach as usize || memchr::memchr(b'\n', &window[from..start]).is_some() {
            return false;
        }
        let rest = &window[figure..];
        let end = figure + rest.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(rest.len());
        if end - start >= FIGURED_BYTES_MIN && window[start..end].iter().any(u8::is_ascii_alphabetic) {
            return true;
        }
        from = end;
    }
    false
}

/// The first figure at `from` or later.
fn figure_from(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = &bytes[from..];
    let (words, tail) = rest.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        if holds_figure(*word) {
            let inside = word.iter().position(u8::is_ascii_digit)?;
            return Some(from + 8 * number + inside);
        }
    }
    let inside = tail.iter().position(u8::is_ascii_digit)?;
    Some(from + 8 * words.len() + inside)
}

/// Whether one of eight bytes is a figure, looked at all at once: without their highest bits, added to what lifts a `0`
/// there and what lifts the byte behind `9`, only figures differ.
fn holds_figure(word: [u8; 8]) -> bool {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const FROM_ZERO: u64 = 0x5050_5050_5050_5050; // 0x80 - b'0'
    const BEHIND_NINE: u64 = 0x4646_4646_4646_4646; // 0x80 - (b'9' + 1)
    let word = u64::from_ne_bytes(word);
    let low = word & !HIGH;
    (low + FROM_ZERO) & !(low + BEHIND_NINE) & !word & HIGH != 0
}

/// Where the letters and figures begin with which the text ends.
fn behind_other(text: &[u8]) -> usize {
    text.iter().rposition(|byte| !byte.is_ascii_alphanumeric()).map_or(0, |other| other + 1)
}

/// Whether the run that is known of a rule's values stands in the window around `at`.
pub(crate) fn has_run(bytes: &[u8], at: u32, (before, after): (u32, u32), known: &Known) -> bool {
    let (least, class) = (known.run as usize, known.class);
    let holds = |byte: &u8| byte.is_ascii() && class[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1;
    // One byte more than the window on both sides, as where the pattern is tried.
    let low = (at as usize).saturating_sub(before as usize + 1);
    let window = &bytes[low..bytes.len().min(at as usize + after as usize + 1)];
    let mut run = 0;
    // The last byte that a run from `run` on would need is looked at first: most often it says no, and all before it with it.
    while let Some(needed) = window.get(run..run + least) {
        match needed.iter().rposition(|byte| !holds(byte)) {
            Some(other) => run += other + 1,
            None => return true,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The plain way: one byte after the other.
    fn counted(bytes: &[u8], at: usize, reach: usize) -> bool {
        let (mut run, mut figures) = (0, 0);
        for (index, &byte) in bytes[at..].iter().enumerate().take(reach + FIGURED_REACH as usize) {
            match byte {
                b'0'..=b'9' => (run, figures) = (run + 1, figures + 1),
                b'a'..=b'z' | b'A'..=b'Z' => run += 1,
                b'\n' => return false,
                _ if index >= reach => return false,
                _ => (run, figures) = (0, 0),
            }
            if run >= FIGURED_BYTES_MIN && figures > 0 && figures < run {
                return true;
            }
        }
        false
    }

    #[test]
    fn a_figure_is_told_from_every_other_byte() {
        for byte in 0..=u8::MAX {
            for place in 0..8 {
                let mut word = *b"Az/:\xb5 \xff\0";
                word[place] = byte;
                assert_eq!(holds_figure(word), byte.is_ascii_digit(), "{byte:#x} at {place}");
            }
        }
    }

    proptest! {
        #[test]
        fn figures_are_seen_where_counting_sees_them(
            text in "([a-zA-Z]{1,9}|[0-9]{1,9}|[ =._-]|[a-z0-9]{6,12}|\n){0,20}",
            at in any::<prop::sample::Index>(),
            reach in 0u32..60,
        ) {
            let at = at.index(text.len() + 1);
            let expected = counted(text.as_bytes(), at, reach as usize);
            #[allow(clippy::cast_possible_truncation)] // a short text
            let seen = has_figures(text.as_bytes(), at as u32, reach);
            prop_assert_eq!(seen, expected);
        }
    }
}
