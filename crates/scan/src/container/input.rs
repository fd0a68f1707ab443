//! Bytes that can be read here and there: a slice in memory, or an open file.

use std::fs::File;
use std::io::{self, Read};

use super::gap::Gap;

/// Something with a length whose bytes can be read from any place.
pub(crate) trait Input {
    /// Bytes in it.
    fn len(&self) -> u64;
    /// Reads some bytes from `offset` on; 0 at the end.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize>;
}

impl Input for [u8] {
    fn len(&self) -> u64 {
        <[u8]>::len(self) as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(<[u8]>::len(self));
        let got = into.len().min(<[u8]>::len(self) - from);
        into[..got].copy_from_slice(&self[from..from + got]);
        Ok(got)
    }
}

impl Input for &[u8] {
    fn len(&self) -> u64 {
        Input::len(*self)
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        Input::read_at(*self, offset, into)
    }
}

/// An open file and its size when it was opened.
#[derive(Debug)]
pub(crate) struct FileInput<'a> {
    /// The file.
    pub(crate) file: &'a File,
    /// Its size.
    pub(crate) len: u64,
}

impl Input for FileInput<'_> {
    fn len(&self) -> u64 {
        self.len
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self.file, into, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(self.file, into, offset)
    }
}

/// Reads until `into` is full or the input ends; how much it got.
pub(super) fn fill_at(input: &dyn Input, offset: u64, into: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < into.len() {
        match input.read_at(offset + got as u64, &mut into[got..]) {
            Ok(0) => break,
            Ok(more) => got += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

/// Reads until `into` is full or the stream ends; how much it got.
pub(super) fn fill(stream: &mut dyn Read, into: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < into.len() {
        match stream.read(&mut into[got..]) {
            Ok(0) => break,
            Ok(more) => got += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

/// Goes over bytes that are not looked at.
pub(super) fn skip(stream: &mut dyn Read, count: u64) -> Result<(), Gap> {
    let skipped = io::copy(&mut stream.take(count), &mut io::sink()).unwrap_or(0);
    if skipped == count { Ok(()) } else { Err(Gap::Truncated) }
}

/// A run of an input's bytes as a stream.
pub(crate) struct Section<'a> {
    input: &'a dyn Input,
    at: u64,
    end: u64,
}

impl<'a> Section<'a> {
    /// From `at` to `end`, or to where the input ends.
    pub(crate) fn new(input: &'a dyn Input, at: u64, end: u64) -> Self {
        let end = end.min(input.len());
        Self { input, at: at.min(end), end }
    }
}

impl Read for Section<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(into.len());
        let got = self.input.read_at(self.at, &mut into[..room])?;
        self.at += got as u64;
        Ok(got)
    }
}
