//! Deltas: an object told as copies from its base and new bytes.

/// One step of a delta, in the order of the result. The steps of a delta tile the result exactly: neighbours of
/// one kind that continue each other are one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    /// These bytes stand in the base.
    Copy {
        /// Where in the base.
        from: u32,
        /// How many.
        len: u32,
    },
    /// These bytes are new.
    Insert {
        /// How many.
        len: u32,
    },
}

impl Op {
    /// How many bytes of the result it makes.
    pub(crate) fn len(self) -> u32 {
        match self {
            Op::Copy { len, .. } | Op::Insert { len } => len,
        }
    }
}

/// A delta contradicts itself or its base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadDelta;

/// The two sizes at the head of a delta, and its instructions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delta<'a> {
    /// Bytes that the base must have.
    pub(crate) base_len: u64,
    /// Bytes that the result will have.
    pub(crate) result_len: u64,
    instructions: &'a [u8],
}

impl<'a> Delta<'a> {
    /// Reads the head.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, BadDelta> {
        let mut rest = bytes;
        let base_len = varint(&mut rest)?;
        let result_len = varint(&mut rest)?;
        Ok(Self { base_len, result_len, instructions: rest })
    }

    /// Writes the result into `out`, which has exactly `result_len` bytes, and its steps into `ops`.
    pub(crate) fn apply(&self, base: &[u8], out: &mut [u8], ops: &mut Vec<Op>) -> Result<(), BadDelta> {
        ops.clear();
        if self.base_len != base.len() as u64 || self.result_len != out.len() as u64 {
            return Err(BadDelta);
        }
        let mut rest = self.instructions;
        let mut at = 0;
        while let Some((&code, tail)) = rest.split_first() {
            rest = tail;
            if code & 0x80 != 0 {
                let (from, len) = copy_arguments(code, &mut rest)?;
                let source = base.get(from..from + len).ok_or(BadDelta)?;
                out.get_mut(at..at + len).ok_or(BadDelta)?.copy_from_slice(source);
                push_copy(ops, from, len)?;
                at += len;
            } else {
                let len = usize::from(code);
                if len == 0 || len > rest.len() {
                    return Err(BadDelta);
                }
                let (new, tail) = rest.split_at(len);
                out.get_mut(at..at + len).ok_or(BadDelta)?.copy_from_slice(new);
                rest = tail;
                push_insert(ops, u32::from(code));
                at += len;
            }
        }
        if at == out.len() { Ok(()) } else { Err(BadDelta) }
    }
}

/// A copy takes up to four bytes of offset and three of length, each only if its bit is set.
fn copy_arguments(code: u8, rest: &mut &[u8]) -> Result<(usize, usize), BadDelta> {
    let mut take = |bit: u8, shift: u32| -> Result<usize, BadDelta> {
        if code & bit == 0 {
            return Ok(0);
        }
        let (&byte, tail) = rest.split_first().ok_or(BadDelta)?;
        *rest = tail;
        Ok(usize::from(byte) << shift)
    };
    let from = take(1, 0)? | take(2, 8)? | take(4, 16)? | take(8, 24)?;
    let len = take(16, 0)? | take(32, 8)? | take(64, 16)?;
    Ok((from, if len == 0 { 0x1_0000 } else { len }))
}

fn push_copy(ops: &mut Vec<Op>, from: usize, len: usize) -> Result<(), BadDelta> {
    let (from, len) = (u32::try_from(from).map_err(|_| BadDelta)?, u32::try_from(len).map_err(|_| BadDelta)?);
    if let Some(Op::Copy { from: before, len: length }) = ops.last_mut()
        && u64::from(*before) + u64::from(*length) == u64::from(from)
    {
        *length = length.checked_add(len).ok_or(BadDelta)?;
    } else {
        ops.push(Op::Copy { from, len });
    }
    Ok(())
}

fn push_insert(ops: &mut Vec<Op>, len: u32) {
    match ops.last_mut() {
        Some(Op::Insert { len: length }) if length.checked_add(len).is_some() => *length += len,
        _ => ops.push(Op::Insert { len }),
    }
}

fn varint(rest: &mut &[u8]) -> Result<u64, BadDelta> {
    let mut value = 0u64;
    for shift in (0..63).step_by(7) {
        let (&byte, tail) = rest.split_first().ok_or(BadDelta)?;
        *rest = tail;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(BadDelta)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(delta: &[u8], base: &[u8]) -> Result<(Vec<u8>, Vec<Op>), BadDelta> {
        let delta = Delta::parse(delta)?;
        let mut out = vec![0; usize::try_from(delta.result_len.min(1 << 20)).unwrap()];
        let mut ops = Vec::new();
        delta.apply(base, &mut out, &mut ops)?;
        Ok((out, ops))
    }

    #[test]
    fn steps_that_continue_each_other_are_one() {
        let delta = [10, 9, 0x90, 3, 0x91, 3, 2, 2, b'x', b'y', 2, b'z', b'!'];
        let (out, ops) = apply(&delta, b"0123456789").unwrap();
        assert_eq!(out, b"01234xyz!");
        assert_eq!(ops, [Op::Copy { from: 0, len: 5 }, Op::Insert { len: 4 }]);
    }

    #[test]
    fn a_delta_that_lies_is_refused() {
        let base = b"0123456789";
        for (why, delta) in [
            ("no head", &[][..]),
            ("endless size", &[0xff; 12]),
            ("another base", &[9, 1, 0x90, 1]),
            ("copy outside of the base", &[10, 5, 0x91, 8, 5]),
            ("copy beyond the result", &[10, 1, 0x90, 3]),
            ("insert beyond the delta", &[10, 5, 5, b'x']),
            ("reserved instruction", &[10, 1, 0]),
            ("too short a result", &[10, 5, 0x90, 3]),
            ("cut arguments", &[10, 5, 0xff, 1]),
        ] {
            assert_eq!(apply(delta, base), Err(BadDelta), "{why}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic_and_what_passes_tiles(delta in proptest::collection::vec(proptest::num::u8::ANY, 0..64), base in proptest::collection::vec(proptest::num::u8::ANY, 0..64)) {
            if let Ok((out, ops)) = apply(&delta, &base) {
                proptest::prop_assert_eq!(ops.iter().map(|op| op.len() as usize).sum::<usize>(), out.len());
            }
        }
    }
}
