//! Anchors in text that was encoded once more: in base64 of either alphabet, or as hex digits.
//!
//! The encoded forms of an anchor are literals like any other: base64 has three, one for each place in a group of three
//! bytes. Where one stands, its surroundings are decoded and the anchor's rules judge what comes out. As with every
//! anchor, what it gives depends on nothing but the bytes of its window.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Shortest anchor that is looked for encoded: a shorter one has forms that stand in anything.
pub(super) const ANCHOR_BYTES_MIN: usize = 4;
/// A line of at least so many characters may go on in the next one; a shorter one ends what is encoded.
const WRAPPED_LINE_MIN: usize = 60;
/// Deepest indentation of a line that goes on, characters.
const INDENT_MAX: usize = 16;

/// How a text is encoded, and how one of its characters stands to the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Coding {
    /// Base64; the literal's first character is this one of its group of four.
    Base64 { place: u8 },
    /// Two digits a byte; the literal's first character is the upper one.
    Hex,
}

impl Coding {
    /// For people.
    pub(super) fn words(self) -> &'static str {
        match self {
            Coding::Base64 { .. } => "base64",
            Coding::Hex => "hex digits",
        }
    }
}

/// One way in which an anchor looks when it is encoded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Form {
    pub(super) text: String,
    /// Case matters.
    pub(super) exact: bool,
    pub(super) coding: Coding,
}

/// What stands around an encoded anchor, decoded.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) text: Vec<u8>,
    /// Where in the blob each character stood.
    characters: Vec<u32>,
    coding: Option<Coding>,
    /// First byte of `text` that the literal takes part in.
    pub(super) anchor: usize,
}

/// Every form of an anchor.
pub(super) fn forms(anchor: &str) -> Vec<Form> {
    let mut forms = Vec::new();
    if anchor.len() < ANCHOR_BYTES_MIN {
        return forms;
    }
    for lead in 0..3usize {
        let padded = [vec![0; lead], anchor.as_bytes().to_vec()].concat();
        // Only characters that the anchor's bits alone decide.
        let (from, to) = ((8 * lead).div_ceil(6), 8 * padded.len() / 6);
        for alphabet in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let text = alphabet.encode(&padded)[from..to].to_owned();
            #[allow(clippy::cast_possible_truncation)] // below four
            let coding = Coding::Base64 { place: (from % 4) as u8 };
            forms.push(Form { text, exact: true, coding });
        }
    }
    forms.push(Form { text: tenure_model::hex(anchor.as_bytes()), exact: false, coding: Coding::Hex });
    forms.sort();
    forms.dedup();
    forms
}

/// The window of an encoded anchor, given that of the anchor itself: enough for its characters and for line ends.
pub(super) fn window(coding: Coding, (before, after): (u32, u32)) -> (u32, u32) {
    match coding {
        Coding::Base64 { .. } => (before * 3 / 2 + 8, after * 3 / 2 + 8),
        Coding::Hex => (before * 2 + 2, after * 2 + 2),
    }
}

/// Decodes what stands around the literal at `at`, as far as `low..high` reaches.
pub(super) fn decode(bytes: &[u8], at: usize, coding: Coding, low: usize, high: usize) -> Decoded {
    let is_character = |byte: u8| match coding {
        Coding::Base64 { .. } => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_'),
        Coding::Hex => byte.is_ascii_hexdigit(),
    };
    let mut characters = backward(bytes, at, low, is_character);
    let lead = characters.len();
    forward(bytes, at, high, is_character, &mut characters);
    let group = match coding {
        Coding::Base64 { .. } => 4,
        Coding::Hex => 2,
    };
    let place = match coding {
        Coding::Base64 { place } => usize::from(place),
        Coding::Hex => 0,
    };
    // Whole groups only before the literal; what is cut there belongs to something else.
    let skip = if lead >= place { (lead - place) % group } else { return Decoded::default() };
    characters.drain(..skip);
    let text: Vec<u8> = characters.iter().map(|&at| bytes[at as usize]).collect();
    let text = match coding {
        Coding::Base64 { .. } => decode_base64(&text),
        Coding::Hex => decode_hex(&text),
    };
    let anchor = match coding {
        Coding::Base64 { .. } => (lead - skip) * 6 / 8,
        Coding::Hex => (lead - skip) / 2,
    };
    Decoded { text, characters, coding: Some(coding), anchor }
}

impl Decoded {
    /// Where in the blob the bytes from `start` up to `end` stand.
    pub(super) fn origin(&self, start: usize, end: usize) -> (u32, u32) {
        let end = end.max(start + 1);
        let (first, last) = match self.coding {
            Some(Coding::Base64 { .. }) => (8 * start / 6, (8 * end - 1) / 6),
            _ => (2 * start, 2 * end - 1),
        };
        let at = |index: usize| self.characters.get(index).or(self.characters.last()).copied().unwrap_or(0);
        (at(first), at(last) + 1)
    }
}

/// Places of the characters before `at`, in order.
fn backward(bytes: &[u8], at: usize, low: usize, is_character: impl Fn(u8) -> bool) -> Vec<u32> {
    let mut places = Vec::new();
    let mut here = at;
    while here > low {
        let byte = bytes[here - 1];
        if is_character(byte) {
            here -= 1;
            places.push(place(here));
            continue;
        }
        // The line before goes on here when it is long.
        let mut end = here;
        while end > low && here - end < INDENT_MAX && matches!(bytes[end - 1], b' ' | b'\t') {
            end -= 1;
        }
        let line_end = end;
        while end > low && line_end - end < 2 && matches!(bytes[end - 1], b'\n' | b'\r') {
            end -= 1;
        }
        let long = end >= low + WRAPPED_LINE_MIN
            && bytes[end - WRAPPED_LINE_MIN..end].iter().all(|&byte| is_character(byte));
        if end == line_end || !long {
            break;
        }
        here = end;
    }
    places.reverse();
    places
}

/// Adds the places of the characters from `at` on.
fn forward(bytes: &[u8], at: usize, high: usize, is_character: impl Fn(u8) -> bool, places: &mut Vec<u32>) {
    let mut here = at;
    loop {
        let start = here;
        while here < high && is_character(bytes[here]) {
            places.push(place(here));
            here += 1;
        }
        // The first line may have begun before the literal.
        let began = bytes[..start]
            .iter()
            .rev()
            .take(WRAPPED_LINE_MIN)
            .take_while(|&&byte| is_character(byte))
            .count();
        let goes_on = here < high && matches!(bytes[here], b'\n' | b'\r');
        if here - start + began < WRAPPED_LINE_MIN || !goes_on {
            return;
        }
        while here < high && matches!(bytes[here], b'\n' | b'\r') {
            here += 1;
        }
        let indent = here;
        while here < high && here - indent < INDENT_MAX && matches!(bytes[here], b' ' | b'\t') {
            here += 1;
        }
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Six bits a character; the bits of a last group that make no byte are left out.
fn decode_base64(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0u32, 0u32);
    for &byte in text {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            _ => 63,
        };
        bits = bits << 6 | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            #[allow(clippy::cast_possible_truncation)] // the lowest eight bits are meant
            out.push((bits >> count) as u8);
        }
    }
    out
}

fn decode_hex(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| (byte as char).to_digit(16).unwrap_or(0);
    #[allow(clippy::cast_possible_truncation)] // two digits are eight bits
    text.chunks_exact(2).map(|pair| (digit(pair[0]) << 4 | digit(pair[1])) as u8).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn window_of(text: &str, form: &Form) -> Option<Decoded> {
        let at = if form.exact { text.find(&form.text) } else { text.to_lowercase().find(&form.text) }?;
        Some(decode(text.as_bytes(), at, form.coding, 0, text.len()))
    }

    proptest! {
        /// Wherever the anchor stands in what is encoded, one form finds it, and what comes out is what went in.
        #[test]
        fn what_was_encoded_comes_out(before in "[ -~]{0,40}", after in "[ -~]{0,120}", kind in 0..3) {
            let anchor = "ghp_";
            let plain = format!("{before}{anchor}{after}");
            let text = match kind {
                0 => STANDARD_NO_PAD.encode(&plain),
                1 => URL_SAFE_NO_PAD.encode(&plain),
                _ => tenure_model::hex(plain.as_bytes()),
            };
            let found = forms(anchor).iter().filter_map(|form| window_of(&text, form)).any(|decoded| {
                decoded.text == plain.as_bytes() && decoded.text[decoded.anchor..].starts_with(anchor.as_bytes())
            });
            prop_assert!(found, "{plain} as {text}");
        }
    }

    #[test]
    fn long_lines_go_on_and_short_ones_do_not() {
        let plain = format!("token: {}{}", "ghp_", "x".repeat(120));
        let text = STANDARD_NO_PAD.encode(&plain);
        let wrapped: Vec<String> =
            text.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        let wrapped = format!("data: >\n    {}\n", wrapped.join("\r\n    "));
        let form = forms("ghp_").into_iter().find(|form| wrapped.contains(&form.text)).unwrap();
        assert_eq!(window_of(&wrapped, &form).unwrap().text, plain.as_bytes());
        let short = format!("{}\nYWJj\n", STANDARD_NO_PAD.encode("ghp_abc"));
        let form = forms("ghp_").into_iter().find(|form| short.contains(&form.text)).unwrap();
        assert_eq!(window_of(&short, &form).unwrap().text, b"ghp_abc");
    }

    #[test]
    fn a_window_may_end_where_a_long_line_does() {
        let plain = format!("token: {}{}", "ghp_", "x".repeat(120));
        let text = format!("{}\n", STANDARD_NO_PAD.encode(&plain));
        let form = forms("ghp_").into_iter().find(|form| text.contains(&form.text)).unwrap();
        let at = text.find(&form.text).unwrap();
        for high in [text.len() - 1, text.len()] {
            assert_eq!(decode(text.as_bytes(), at, form.coding, 0, high).text, plain.as_bytes());
        }
    }

    #[test]
    fn places_are_those_of_the_characters() {
        let text = format!("x: {}", STANDARD_NO_PAD.encode("abcghp_123"));
        let form = forms("ghp_").into_iter().find(|form| text.contains(&form.text)).unwrap();
        let decoded = window_of(&text, &form).unwrap();
        assert_eq!(decoded.origin(0, 10), (3, u32::try_from(text.len()).unwrap()));
        assert_eq!(decoded.origin(3, 6), (7, 11));
    }
}
