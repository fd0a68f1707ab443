//! Archives built by hand, honest and hostile, and what a visitor is shown of them.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

mod bombs;
mod build;
mod honest;
mod hostile;

use std::io::Read;

use super::{Budget, Input, Keystore, MemberGap, Visitor, expand};

/// Remembers what it was shown.
#[derive(Debug, Default)]
struct Seen {
    members: Vec<(String, Vec<u8>)>,
    keystores: Vec<(Option<String>, &'static str, bool)>,
    gaps: Vec<(Option<String>, String)>,
    /// Only counts bytes.
    counts_only: bool,
    bytes: u64,
}

impl Visitor for Seen {
    fn member(&mut self, member: &str, bytes: &mut dyn Read, _: &Budget) {
        let mut held = Vec::new();
        if self.counts_only {
            self.bytes += std::io::copy(bytes, &mut std::io::sink()).unwrap();
        } else {
            bytes.read_to_end(&mut held).unwrap();
        }
        self.members.push((member.to_owned(), held));
    }

    fn keystore(&mut self, member: Option<&str>, store: &Keystore) {
        self.keystores.push((member.map(str::to_owned), store.kind, store.holds_key));
    }

    fn gap(&mut self, gap: MemberGap) {
        self.gaps.push((gap.member, gap.reason));
    }
}

impl Seen {
    /// Labels and text of the members.
    fn texts(&self) -> Vec<(&str, &str)> {
        self.members
            .iter()
            .map(|(label, bytes)| (label.as_str(), std::str::from_utf8(bytes).unwrap_or("<binary>")))
            .collect()
    }

    fn labels(&self) -> Vec<&str> {
        self.members.iter().map(|(label, _)| label.as_str()).collect()
    }

    /// Members and reasons of the gaps; `-` is the outermost file.
    fn reasons(&self) -> Vec<String> {
        let line = |(member, reason): &(Option<String>, String)| {
            format!("{} {reason}", member.as_deref().unwrap_or("-"))
        };
        self.gaps.iter().map(line).collect()
    }
}

fn open(bytes: &[u8]) -> Seen {
    let mut seen = Seen::default();
    expand(&bytes, &Budget::of(Input::len(bytes)), &mut seen);
    seen
}

fn count(bytes: &[u8]) -> Seen {
    let mut seen = Seen { counts_only: true, ..Seen::default() };
    expand(&bytes, &Budget::of(Input::len(bytes)), &mut seen);
    seen
}
