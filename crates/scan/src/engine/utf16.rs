//! UTF-16 text, found by its byte-order mark or by its zeros, as UTF-8.

/// Decodes `bytes` when they are UTF-16; `None` when they are anything else.
pub fn decode(bytes: &[u8]) -> Option<Vec<u8>> {
    let little = match bytes {
        [0xff, 0xfe, 0, 0, ..] => return None, // UTF-32
        [0xff, 0xfe, ..] => true,
        [0xfe, 0xff, ..] => false,
        _ => guess(bytes)?,
    };
    let units = bytes.chunks_exact(2).map(|pair| {
        if little { u16::from_le_bytes([pair[0], pair[1]]) } else { u16::from_be_bytes([pair[0], pair[1]]) }
    });
    Some(
        char::decode_utf16(units)
            .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
            .filter(|&c| c != '\u{feff}')
            .collect::<String>()
            .into_bytes(),
    )
}

/// Without a mark: ASCII text has a zero in every other byte. Little-endian or not, if so.
fn guess(bytes: &[u8]) -> Option<bool> {
    let sample = &bytes[..bytes.len().min(256)];
    if sample.len() < 16 {
        return None;
    }
    let zeros = |odd: usize| sample.iter().skip(odd).step_by(2).filter(|&&b| b == 0).count();
    let half = sample.len() / 2;
    match (zeros(0), zeros(1)) {
        (even, odd) if even * 10 < half && odd * 10 > half * 9 => Some(true),
        (even, odd) if odd * 10 < half && even * 10 > half * 9 => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_byte_orders_with_and_without_a_mark() {
        let text = "password=abc def ghi";
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&le).unwrap(), text.as_bytes());
        assert_eq!(decode(&be).unwrap(), text.as_bytes());
        assert_eq!(decode(&[&[0xff, 0xfe][..], &le].concat()).unwrap(), text.as_bytes());
        assert_eq!(decode(text.as_bytes()), None);
    }
}
