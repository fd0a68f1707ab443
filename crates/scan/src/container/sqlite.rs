//! SQLite: the rows of every table as text, so that a value which the file keeps in several pages is one again.
//!
//! A row becomes one line a column: `column = value`. What the pages still hold of deleted rows is in the file's own
//! bytes, which are searched anyway.

mod record;

use std::collections::BTreeSet;
use std::io::{self, Read};

use super::gap::Gap;
use super::input::{Input, fill_at};
use super::spot::Spot;
use super::walk::Walk;
use super::{Access, Format};
use record::{Table, Value};

const MAGIC: &[u8] = b"SQLite format 3\0";
const HEADER_BYTES: usize = 100;
/// Kinds of pages that hold tables.
const INTERIOR_TABLE: u8 = 5;
const LEAF_TABLE: u8 = 13;
/// Bytes of one row; a larger one is cut.
const ROW_BYTES_MAX: u64 = 16 << 20;
/// Tables of one database.
const TABLES_MAX: usize = 10_000;
/// Pages between a table's root and its rows: real trees have six.
const TREE_DEPTH_MAX: usize = 32;
/// Work of reading a page.
const PAGE_WORK: u64 = 2_000;

/// SQLite.
pub(super) struct Sqlite;

impl Format for Sqlite {
    fn claims(&self, head: &[u8]) -> bool {
        head.len() >= HEADER_BYTES && head.starts_with(MAGIC)
    }

    fn nests(&self) -> bool {
        false
    }

    fn access(&self) -> Access {
        Access::Random
    }

    fn random(&self, walk: &mut Walk<'_>, at: &Spot, bytes: &dyn Input) -> Result<(), Gap> {
        let database = Database::open(bytes)?;
        let budget = walk.budget();
        let mut tables = Vec::new();
        let mut schema = Rows::new(&database, 1, budget);
        while let Some(row) = schema.next_row() {
            if tables.len() < TABLES_MAX {
                tables.extend(Table::of_schema_row(&record::values(&row)));
            }
        }
        let mut damaged = schema.damaged;
        for table in &tables {
            if budget.is_spent() {
                return Ok(());
            }
            let mut text = Text::new(Rows::new(&database, table.root, budget), table);
            walk.member(at, table.name.as_bytes(), &mut text);
            damaged |= text.rows.damaged;
        }
        if damaged { Err(Gap::Damaged) } else { Ok(()) }
    }
}

/// A database file.
struct Database<'a> {
    bytes: &'a dyn Input,
    page_bytes: u64,
    /// Bytes of a page that are used: some keep a checksum at the end.
    usable: u64,
}

impl<'a> Database<'a> {
    fn open(bytes: &'a dyn Input) -> Result<Self, Gap> {
        let mut header = [0; HEADER_BYTES];
        fill_at(bytes, 0, &mut header).map_err(|_| Gap::Disk)?;
        let page_bytes = match u64::from(u16::from_be_bytes([header[16], header[17]])) {
            1 => 65_536,
            size => size,
        };
        if !page_bytes.is_power_of_two() || page_bytes < 512 || u64::from(header[20]) > page_bytes - 480 {
            return Err(Gap::Damaged);
        }
        Ok(Self { bytes, page_bytes, usable: page_bytes - u64::from(header[20]) })
    }

    /// The used bytes of a page, from 1; `None` when the file ends before its end.
    fn page(&self, number: u32) -> Option<Vec<u8>> {
        let at = u64::from(number.checked_sub(1)?) * self.page_bytes;
        let mut page = vec![0; usize::try_from(self.usable).ok()?];
        (fill_at(self.bytes, at, &mut page).ok()? == page.len()).then_some(page)
    }

    /// Bytes of a row of this length that stand in the page itself.
    fn local(&self, len: u64) -> u64 {
        let most = self.usable - 35;
        if len <= most {
            return len;
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let kept = least + (len - least) % (self.usable - 4);
        if kept <= most { kept } else { least }
    }
}

/// The rows of one table, in the order of its tree.
struct Rows<'a> {
    database: &'a Database<'a>,
    budget: &'a super::Budget,
    /// Pages on the way to the next row, each with the next cell in it.
    path: Vec<(Vec<u8>, usize, usize)>,
    /// Pages seen: a tree that leads back into itself has no end.
    seen: BTreeSet<u32>,
    damaged: bool,
}

impl<'a> Rows<'a> {
    fn new(database: &'a Database<'a>, root: u32, budget: &'a super::Budget) -> Self {
        let mut rows = Self { database, budget, path: Vec::new(), seen: BTreeSet::new(), damaged: false };
        rows.descend(root);
        rows
    }

    /// Goes into a page.
    fn descend(&mut self, number: u32) {
        let fresh = self.seen.insert(number) && self.path.len() < TREE_DEPTH_MAX;
        let page = if fresh && self.budget.work(PAGE_WORK) { self.database.page(number) } else { None };
        match page {
            // The first page begins with the file's header.
            Some(page) => self.path.push((page, if number == 1 { HEADER_BYTES } else { 0 }, 0)),
            None => self.damaged = true,
        }
    }

    /// The bytes of the next row.
    fn next_row(&mut self) -> Option<Vec<u8>> {
        loop {
            let (page, start, cell) = self.path.last_mut()?;
            let kind = page[*start];
            let cells = usize::from(u16::from_be_bytes([page[*start + 3], page[*start + 4]]));
            let at = *cell;
            *cell += 1;
            match kind {
                LEAF_TABLE if at < cells => {
                    let row = cell_at(page, *start + 8, at).and_then(|cell| row(self.database, page, cell));
                    match row {
                        Some(row) => return Some(row),
                        None => self.damaged = true,
                    }
                }
                INTERIOR_TABLE if at < cells => {
                    let child = cell_at(page, *start + 12, at).and_then(|cell| page_number(page, cell));
                    match child {
                        Some(child) => self.descend(child),
                        None => self.damaged = true,
                    }
                }
                INTERIOR_TABLE if at == cells => match page_number(page, *start + 8) {
                    Some(child) => self.descend(child),
                    None => self.damaged = true,
                },
                LEAF_TABLE | INTERIOR_TABLE => drop(self.path.pop()),
                // A table without row ids is an index; its values stand in the pages as they are.
                _ => drop(self.path.pop()),
            }
        }
    }
}

/// Where the cell of this index begins in its page.
fn cell_at(page: &[u8], pointers: usize, index: usize) -> Option<usize> {
    let pointer = page.get(pointers + index * 2..)?.first_chunk::<2>()?;
    Some(usize::from(u16::from_be_bytes(*pointer)))
}

fn page_number(page: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*page.get(at..)?.first_chunk::<4>()?))
}

/// The row in the cell at `at`, with the pages that it flows over into.
fn row(database: &Database<'_>, page: &[u8], at: usize) -> Option<Vec<u8>> {
    let mut cell = page.get(at..)?;
    let len = record::varint(&mut cell)?;
    record::varint(&mut cell)?; // the row's id
    let local = usize::try_from(database.local(len)).ok()?;
    let mut row = cell.get(..local)?.to_vec();
    let wanted = len.min(ROW_BYTES_MAX);
    let mut next = if len > local as u64 { page_number(cell, local)? } else { 0 };
    // The chain is as long as the row: a loop in it ends there.
    while (row.len() as u64) < wanted && next != 0 {
        let page = database.page(next)?;
        let want = usize::try_from(wanted).ok()? - row.len();
        row.extend_from_slice(&page[4..][..want.min(page.len() - 4)]);
        next = page_number(&page, 0)?;
    }
    Some(row)
}

/// The rows of a table as text.
struct Text<'a> {
    rows: Rows<'a>,
    table: &'a Table,
    line: Vec<u8>,
    at: usize,
}

impl<'a> Text<'a> {
    fn new(rows: Rows<'a>, table: &'a Table) -> Self {
        Self { rows, table, line: Vec::new(), at: 0 }
    }
}

impl Read for Text<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.line.len() {
            let next = if self.rows.budget.is_spent() { None } else { self.rows.next_row() };
            let Some(row) = next else { return Ok(0) };
            self.rows.budget.work(row.len() as u64);
            self.line.clear();
            self.at = 0;
            for (index, value) in record::values(&row).iter().enumerate() {
                if let Value::Text(bytes) | Value::Blob(bytes) = value {
                    self.line.extend_from_slice(self.table.column(index).as_bytes());
                    self.line.extend_from_slice(b" = ");
                    self.line.extend_from_slice(bytes);
                    self.line.push(b'\n');
                }
            }
        }
        let got = (self.line.len() - self.at).min(into.len());
        into[..got].copy_from_slice(&self.line[self.at..self.at + got]);
        self.at += got;
        Ok(got)
    }
}
