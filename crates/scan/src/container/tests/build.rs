//! Archives made byte by byte, so that a test can make a wrong one.

use std::io::Write;

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// A header of tar with a right sum.
pub(super) fn tar_header(name: &[u8], kind: u8, size: u64) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..name.len()].copy_from_slice(name);
    header[100..108].copy_from_slice(b"0000644\0");
    header[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    header[148..156].fill(b' ');
    header[156] = kind;
    header[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

/// A member of tar: its header, its bytes, its padding.
pub(super) fn tar_member(name: &[u8], kind: u8, bytes: &[u8]) -> Vec<u8> {
    let mut member = tar_header(name, kind, bytes.len() as u64);
    member.extend_from_slice(bytes);
    member.resize(member.len().next_multiple_of(512), 0);
    member
}

pub(super) fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive: Vec<u8> =
        members.iter().flat_map(|(name, bytes)| tar_member(name.as_bytes(), b'0', bytes)).collect();
    archive.extend_from_slice(&[0; 1024]);
    archive
}

/// A member of a zip archive, and what its headers claim.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    pub(super) method: u16,
    pub(super) flags: u16,
    pub(super) packed: Vec<u8>,
    pub(super) sum: u32,
    pub(super) size: u32,
    /// Claims another number of packed bytes.
    pub(super) packed_size: Option<u32>,
    /// Begins where another member does.
    pub(super) at: Option<u32>,
}

impl Entry {
    pub(super) fn deflated(name: &str, bytes: &[u8]) -> Entry {
        Entry {
            name: name.as_bytes().to_vec(),
            method: 8,
            flags: 0,
            packed: deflate(bytes),
            sum: crc32fast::hash(bytes),
            size: bytes.len() as u32,
            packed_size: None,
            at: None,
        }
    }

    pub(super) fn stored(name: &str, bytes: &[u8]) -> Entry {
        Entry { method: 0, packed: bytes.to_vec(), ..Entry::deflated(name, bytes) }
    }

    fn fields(&self) -> Vec<u8> {
        let packed = self.packed_size.unwrap_or(self.packed.len() as u32);
        let mut fields = Vec::new();
        fields.extend_from_slice(&20u16.to_le_bytes());
        fields.extend_from_slice(&self.flags.to_le_bytes());
        fields.extend_from_slice(&self.method.to_le_bytes());
        fields.extend_from_slice(&[0; 4]);
        for number in [self.sum, packed, self.size] {
            fields.extend_from_slice(&number.to_le_bytes());
        }
        fields.extend_from_slice(&(self.name.len() as u16).to_le_bytes());
        fields.extend_from_slice(&[0; 2]);
        fields
    }

    /// Header, name and bytes.
    pub(super) fn local(&self) -> Vec<u8> {
        [b"PK\x03\x04", &self.fields()[..], &self.name, &self.packed].concat()
    }
}

pub(super) fn zip(entries: &[Entry]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let at = entry.at.unwrap_or(archive.len() as u32);
        directory.extend_from_slice(b"PK\x01\x02\x14\0");
        directory.extend_from_slice(&entry.fields());
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&at.to_le_bytes());
        directory.extend_from_slice(&entry.name);
        if entry.at.is_none() {
            archive.extend_from_slice(&entry.local());
        }
    }
    let (at, len, count) = (archive.len() as u32, directory.len() as u32, entries.len() as u16);
    archive.extend_from_slice(&directory);
    archive.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    archive.extend_from_slice(&[count.to_le_bytes(), count.to_le_bytes()].concat());
    archive.extend_from_slice(&[len.to_le_bytes(), at.to_le_bytes()].concat());
    archive.extend_from_slice(&[0; 2]);
    archive
}

pub(super) fn ar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = b"!<arch>\n".to_vec();
    for (name, bytes) in members {
        archive.extend_from_slice(
            format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, "100644", bytes.len()).as_bytes(),
        );
        archive.extend_from_slice(bytes);
        archive.resize(archive.len().next_multiple_of(2), b'\n');
    }
    archive
}

pub(super) fn cpio(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, bytes) in members.iter().chain(&[("TRAILER!!!", &[][..])]) {
        let mut header = format!("070701{:08x}{:08x}", 1, 0o100_644);
        header.push_str(&"00000000".repeat(4));
        header.push_str(&format!(
            "{:08x}{}{:08x}00000000",
            bytes.len(),
            "00000000".repeat(4),
            name.len() + 1
        ));
        archive.extend_from_slice(header.as_bytes());
        archive.extend_from_slice(name.as_bytes());
        archive.push(0);
        archive.resize(archive.len().next_multiple_of(4), 0);
        archive.extend_from_slice(bytes);
        archive.resize(archive.len().next_multiple_of(4), 0);
    }
    archive
}

pub(super) fn rpm(payload: &[u8]) -> Vec<u8> {
    let table = |rows: u32, store: &[u8]| {
        let mut table = b"\x8e\xad\xe8\x01\0\0\0\0".to_vec();
        table.extend_from_slice(&rows.to_be_bytes());
        table.extend_from_slice(&(store.len() as u32).to_be_bytes());
        table.resize(table.len() + rows as usize * 16, 0);
        table.extend_from_slice(store);
        table
    };
    let mut package = b"\xed\xab\xee\xdb".to_vec();
    package.resize(96, 0);
    package.extend_from_slice(&table(1, b"signed"));
    package.resize(package.len().next_multiple_of(8), 0);
    package.extend_from_slice(&table(2, b"echo installed"));
    package.extend_from_slice(payload);
    package
}
