//! Inflating whole objects into buffers that are used again.

use std::io::Read;

/// A stream does not inflate to what its header promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadStream;

/// How a packed stream fills the room that the index gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// From the first byte to the last.
    Exact,
    /// Bytes are left over behind it: the index hides something, or the pack is damaged there.
    Loose,
}

const ZLIB_HEAD: usize = 2;
const ZLIB_FOOT: usize = 4;

/// One thread's inflater.
pub(crate) struct Inflater(libdeflater::Decompressor);

impl Inflater {
    /// Makes one.
    pub(crate) fn new() -> Self {
        Self(libdeflater::Decompressor::new())
    }

    /// Inflates `stream`, a zlib stream that should end where the slice ends, into exactly `out`.
    ///
    /// The checksum is looked for at the end of the slice. Found there, it proves content and extent at once.
    pub(crate) fn inflate(&mut self, stream: &[u8], out: &mut [u8]) -> Result<Fit, BadStream> {
        if stream.len() < ZLIB_HEAD + ZLIB_FOOT {
            return Err(BadStream);
        }
        let (head, rest) = stream.split_at(ZLIB_HEAD);
        let (body, foot) = rest.split_at(rest.len() - ZLIB_FOOT);
        let plain_deflate = head[0] & 0x0f == 8 && head[1] & 0x20 == 0;
        if plain_deflate
            && self.0.deflate_decompress(body, out) == Ok(out.len())
            && libdeflater::adler32(out).to_be_bytes() == foot
        {
            return Ok(Fit::Exact);
        }
        match self.0.zlib_decompress(stream, out) {
            Ok(len) if len == out.len() => Ok(Fit::Loose),
            _ => Err(BadStream),
        }
    }
}

/// Inflates a stream of unknown length, as the start of `source`; stops at `bytes_max` or at the end of the stream.
pub(crate) fn inflate_up_to(source: impl Read, bytes_max: u64) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    flate2::read::ZlibDecoder::new(source).take(bytes_max).read_to_end(&mut out)?;
    Ok(out)
}

/// Buffers kept for the next object; a larger one is given back to the system.
const KEPT_BYTES_MAX: usize = 4 << 20;
/// Buffers kept at once.
const KEPT_MAX: usize = 32;

/// A place for an object's bytes. It is never shrunk and so never filled with zeros twice.
#[derive(Default)]
pub(crate) struct Buffer {
    room: Vec<u8>,
    len: usize,
}

impl Buffer {
    /// The object's bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.room[..self.len]
    }

    /// Room for exactly `len` bytes; what stands there is left over from an earlier use.
    pub(crate) fn reset(&mut self, len: usize) -> &mut [u8] {
        if self.room.len() < len {
            self.room.resize(len, 0);
        }
        self.len = len;
        &mut self.room[..len]
    }
}

/// Buffers of one thread that wait for the next object.
#[derive(Default)]
pub(crate) struct Buffers(Vec<Buffer>);

impl Buffers {
    /// Takes one, new or used.
    pub(crate) fn take(&mut self) -> Buffer {
        self.0.pop().unwrap_or_default()
    }

    /// Gives one back.
    pub(crate) fn give(&mut self, buffer: Buffer) {
        if buffer.room.len() <= KEPT_BYTES_MAX && self.0.len() < KEPT_MAX {
            self.0.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn a_stream_fits_its_room_or_says_so() {
        let text = b"the same words, the same words, the same words";
        let mut stream = deflated(text);
        let mut out = [0; 46];
        assert_eq!(Inflater::new().inflate(&stream, &mut out), Ok(Fit::Exact));
        assert_eq!(&out, text);
        stream.extend_from_slice(b"hidden");
        assert_eq!(Inflater::new().inflate(&stream, &mut out), Ok(Fit::Loose));
        assert_eq!(Inflater::new().inflate(&stream, &mut [0; 45]), Err(BadStream));
        assert_eq!(Inflater::new().inflate(&stream, &mut [0; 47]), Err(BadStream));
        stream[8] ^= 0xff;
        assert_eq!(Inflater::new().inflate(&stream, &mut out), Err(BadStream));
        assert_eq!(Inflater::new().inflate(&[], &mut []), Err(BadStream));
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = deflated(&vec![0; 1 << 20]);
        assert_eq!(inflate_up_to(&bomb[..], 1000).unwrap().len(), 1000);
    }
}
